"""Narrative that is safe to show: the XHTML that FHIR R4 allows (txt-1), and nothing that acts."""

from __future__ import annotations

import re
from xml.etree import ElementTree

_XHTML = "{http://www.w3.org/1999/xhtml}"
_TAG_NAMES = """
    a abbr acronym address b bdo big blockquote br caption cite code col colgroup dd dfn div dl dt
    em h1 h2 h3 h4 h5 h6 hr i img kbd li ol p pre q samp small span strong sub sup table tbody td
    tfoot th thead tr tt ul var
"""
_ATTRIBUTE_NAMES = """
    abbr align alt axis bgcolor border cellhalign cellpadding cellspacing cellvalign char charoff
    charset cite class color colspan compact coords dir frame headers height href hreflang hspace
    id lang longdesc name nowrap rel rev rowspan rules scope shape span src start style summary
    tabindex title type valign value vspace width
"""
_TAGS = frozenset(_TAG_NAMES.split())
_ATTRIBUTES = frozenset(_ATTRIBUTE_NAMES.split())
_SAFE_ADDRESS = re.compile(r"(?:https?:|mailto:|#|data:image/(?:png|gif|jpeg);|[^:]*$)", re.I)
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def unsafe(div: str) -> str | None:
    """Takes the text of a narrative's div; returns what is wrong with it, None where it is safe."""
    # Declarations and entities are how a small document grows large.
    if "<!" in div or "<?" in div:
        return "holds a declaration or comment, which FHIR narrative may not"
    try:
        root = ElementTree.fromstring(div)  # noqa: S314 - there is no declaration in it
    except ElementTree.ParseError:
        return "is not XHTML"
    if root.tag != f"{_XHTML}div":
        return "is not a div of the XHTML namespace"
    for element in root.iter():
        if element.tag.removeprefix(_XHTML) not in _TAGS:
            return "holds an element that FHIR narrative may not"
        for name, value in element.attrib.items():
            if name not in _ATTRIBUTES and name != _XML_LANG:
                return "holds an attribute that FHIR narrative may not"
            if name in ("href", "src") and not _SAFE_ADDRESS.match(value.strip()):
                return "holds an address that acts"
            if name == "style" and re.search(r"url\s*\(|expression|javascript", value, re.I):
                return "holds a style that acts"
    if not "".join(root.itertext()).strip() and root.find(f".//{_XHTML}img") is None:
        return "is empty"
    return None
