"""Coded values that name their own coding system (CE, CWE) as FHIR CodeableConcepts."""

from __future__ import annotations

from collections.abc import Callable

from adapter.conversion.draft import Draft, Resource
from adapter.conversion.text_values import local_coding, text
from adapter.er7 import NULL, Composite
from mappings import CodeMap


def cwe(systems: CodeMap) -> Callable[[Composite, Draft, str], Resource | None]:
    """Takes the map of coding systems; returns what reads a CWE (v2-to-FHIR CWE[CodeableConcept]).

    Components 1 to 3 and 4 to 6 are codings; 9, else 2, is the text.
    """

    def read(value: Composite, draft: Draft, where: str) -> Resource | None:
        codings = [_coding(value, first, systems, draft) for first in (1, 4)]
        concept: Resource = {}
        if kept := [coding for coding in codings if coding]:
            concept["coding"] = kept
        words = value.text(9, 0) or value.text(2, 0)
        if words not in {"", NULL} and (cleaned := text(words, draft, where)):
            concept["text"] = cleaned
        return concept or None

    return read


def _coding(value: Composite, first: int, systems: CodeMap, draft: Draft) -> Resource | None:
    code = text(value.text(first), draft, "")
    if code is None or code == NULL:
        return None
    named = value.text(first + 2)
    system = systems.find(named)
    if system is None:
        return local_coding(draft, named or "local", code)
    return {"system": system.code, "code": code}
