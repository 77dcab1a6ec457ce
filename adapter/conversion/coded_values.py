"""Coded values that name their own coding system (CE, CWE) as FHIR CodeableConcepts."""

from __future__ import annotations

from collections.abc import Callable

from adapter.conversion.draft import Draft, Resource
from adapter.conversion.text_values import coding_of, local_coding, text
from adapter.er7 import NULL, Composite
from mappings import CodeMap

_VERSIONS = {1: 7, 4: 8, 10: 13}
"""Where a coding begins in a CWE, and where its version stands."""


def cwe(
    systems: CodeMap, *, is_own: bool = False
) -> Callable[[Composite, Draft, str], Resource | None]:
    """Takes the map of coding systems; returns what reads a CWE (v2-to-FHIR CWE[CodeableConcept]).

    Components 1 to 3, 4 to 6 and 10 to 12 are codings, 7, 8 and 13 their versions; 9, else 2, is
    the text. `is_own` says that nobody expects more of these codes than the sender's own, so that
    such a code is no issue.
    """

    def read(value: Composite, draft: Draft, where: str) -> Resource | None:
        field = "" if is_own else where
        written = value.components
        codings = [
            _coding(value, first, systems, draft, field)
            for first in _VERSIONS
            if first <= len(written) and written[first - 1]
        ]
        concept: Resource = {}
        if kept := [coding for coding in codings if coding]:
            concept["coding"] = kept
        words = value.text(9, 0) or value.text(2, 0)
        if words not in {"", NULL} and (cleaned := text(words, draft, where)):
            concept["text"] = cleaned
        return concept or None

    return read


def language(languages: CodeMap) -> Callable[[Composite, Draft, str], Resource | None]:
    """Takes the map of languages; returns what reads a CWE as a person's language.

    FHIR allows no code of the sender's own here, so what the map does not know is kept as text.
    """

    def read(value: Composite, draft: Draft, where: str) -> Resource | None:
        written = [value.text(n, 0) for n in (1, 4, 2, 5, 9)]
        said = [word.strip() for word in written if word != NULL and word.strip()]
        if not said or not languages.fixed:
            return None
        found = next((target for word in said if (target := languages.find(word))), None)
        if found is None:
            draft.note("code-unknown", where)
        words = next((w for w in (value.text(9, 0), value.text(2, 0)) if w in said), "")
        name = found.text if found else said[0]
        return {"coding": [coding_of(found or languages.fixed)], "text": words or name}

    return read


def _coding(
    value: Composite, first: int, systems: CodeMap, draft: Draft, where: str
) -> Resource | None:
    code = text(value.text(first), draft, "")
    if code is None or code == NULL:
        return None
    named = value.text(first + 2)
    system = systems.find(named)
    if system is None:
        if where:
            draft.note("code-unknown", where)
        return local_coding(draft, named or "local", code)
    version = value.text(_VERSIONS[first])
    known = {"version": version} if version not in {"", NULL} else {}
    return {"system": system.code, "code": code} | known
