"""Data types that only the less common segments need, read by rules rather than by rows."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from adapter.conversion.coded_values import cwe
from adapter.conversion.draft import Draft, Resource
from adapter.conversion.hl7_time import read_time
from adapter.conversion.text_values import ReadText, concept_of, local_coding, text
from adapter.er7 import NO_VALUE, NULL, Composite
from conformance import canonical
from mappings import CodeMap, Mappings

ReadComposite = Callable[[Composite, Draft, str], Any]
SECONDARY = "secondary"
"""FHIR Identifier.use of what else a thing is known by; such identifiers never leave the trust."""
_LOCAL_NUMBER = 7
UCUM = "http://unitsofmeasure.org"
_CLOCK = re.compile(r"(?P<hour>[01]\d|2[0-3])(?P<minute>[0-5]\d)(?P<second>[0-5]\d)?(?:\.\d+)?")


def composites(mappings: Mappings) -> dict[str, ReadComposite]:
    """Takes the mappings; returns what reads these types, by the guide's names."""
    own = cwe(mappings.codes["coding-system"], is_own=True)
    return {
        "CWE[CodeableConcept-Own]": own,
        "CWE[Coding]": _first_coding(own),
        "CX[Identifier]": identifier,
        "CX[Identifier-Secondary]": _secondary,
        "EI[Identifier]": entity_identifier,
        "ST[Annotation]": _annotation,
        "XTN[Number]": _number,
    }


def mapped_cwe(codes: CodeMap, systems: CodeMap) -> ReadComposite:
    """Takes a code map and that of coding systems; returns what reads a CWE through the code map.

    The sender's words are kept, and what the map does not know is read as any other CWE.
    """
    read_any = cwe(systems, is_own=True)

    def read(value: Composite, draft: Draft, where: str) -> Resource | None:
        written = value.text(1)
        target = codes.find(written) if written and written != NULL else None
        plain = read_any(value, draft, where)
        if target is None:
            return plain
        known = concept_of(target)
        return known | ({"text": plain["text"]} if plain and "text" in plain else {})

    return read


def identifier(cx: Composite, draft: Draft, _where: str) -> Resource | None:
    """CX as FHIR Identifier, in a system of the sender and the authority CX.4."""
    return _identifier(cx.text(1), cx.text(4) or cx.text(4, 2), draft)


def entity_identifier(ei: Composite, draft: Draft, _where: str) -> Resource | None:
    """EI as FHIR Identifier, in a system of the sender and the namespace EI.2, else EI.3."""
    return _identifier(ei.text(1), ei.text(2) or ei.text(3), draft)


def _identifier(value: str, authority: str, draft: Draft) -> Resource | None:
    if value in NO_VALUE:
        return None
    named = authority.upper() if authority != NULL else ""
    system = canonical.local_identifier(draft.sender.key, named or "local")
    return {"system": system, "value": value}


def _secondary(cx: Composite, draft: Draft, where: str) -> Resource | None:
    found = identifier(cx, draft, where)
    return {"use": SECONDARY} | found if found else None


def _number(xtn: Composite, _draft: Draft, _where: str) -> str | None:
    """A telephone number in its parts XTN.5 to XTN.8, where it stands nowhere as a whole."""
    if len(xtn.components) < _LOCAL_NUMBER:
        return None
    country, area, local, extension = (_plain(xtn.text(n)) for n in (5, 6, 7, 8))
    if not local or any(_plain(xtn.text(n)) for n in (1, 4, 12)):
        return None
    parts = (f"+{country.lstrip('+')}" if country else "", area, local)
    whole = " ".join(part for part in parts if part)
    return f"{whole} X{extension}" if extension else whole


def _plain(written: str) -> str:
    return "" if written == NULL else written


def _annotation(value: Composite, draft: Draft, where: str) -> Resource | None:
    words = value.text(1, 0)
    cleaned = text(words, draft, where) if words != NULL else None
    return {"text": cleaned} if cleaned else None


def _first_coding(read: ReadComposite) -> ReadComposite:
    def read_coding(value: Composite, draft: Draft, where: str) -> Resource | None:
        concept: Resource = read(value, draft, where) or {}
        words = concept.get("text")
        own = concept.get("coding") or ([local_coding(draft, "local", words)] if words else [])
        return own[0] if own else None

    return read_coding


def days(written: str, _draft: Draft, _where: str) -> Resource | None:
    """NM as FHIR Duration in days."""
    if not re.fullmatch(r"\d{1,6}", written, re.ASCII):
        return None
    return {"value": int(written), "unit": "days", "system": UCUM, "code": "d"}


def clock_time(written: str, _draft: Draft, _where: str) -> str | None:
    """TM as FHIR time; None where no minutes are known."""
    match = _CLOCK.match(written.strip())
    return f"{match['hour']}:{match['minute']}:{match['second'] or '00'}" if match else None


def moment(written: str, draft: Draft, _where: str) -> str | None:
    """TS or DTM as FHIR dateTime where it is a full time. Midnight is how senders write a day."""
    time = read_time(written, draft.site.time_zone)
    return time.text if time.is_full and time.text[11:19] != "00:00:00" else None


TEXTS: dict[str, ReadText] = {"days": days, "time": clock_time, "moment": moment}
