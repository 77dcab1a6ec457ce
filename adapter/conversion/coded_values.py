"""Coded values that name their own coding system (CE, CWE) as FHIR CodeableConcepts."""

from __future__ import annotations

from collections.abc import Callable

from adapter.conversion.draft import Draft, Resource
from adapter.conversion.text_values import coding_of, local_coding
from adapter.er7 import NO_VALUE, NULL, Composite
from mappings import CodeMap

_CODINGS = ((1, 7), (4, 8), (10, 13))
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
        components = value.components
        size = len(components)
        codings: list[Resource] = []
        for first, version in _CODINGS:
            if first > size:
                break
            code = components[first - 1] and value.text(first).strip()
            if code and code != NULL:
                named = value.text(first + 2) if size > first + 1 else ""
                edition = value.text(version) if size >= version else ""
                codings.append(_coding(code, named, edition, systems, draft, field))
        concept: Resource = {"coding": codings} if codings else {}
        words = (value.text(9, 0) if size > 8 else "") or (value.text(2, 0) if size > 1 else "")
        if words not in NO_VALUE and (cleaned := words.strip()):
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
    code: str, named: str, version: str, systems: CodeMap, draft: Draft, where: str
) -> Resource:
    """Takes a code, its system as the message names it, and the version of that."""
    system = systems.find(named)
    if system is None:
        if where:
            draft.note("code-unknown", where)
        return local_coding(draft, named or "local", code)
    if version in NO_VALUE:
        return {"system": system.code, "code": code}
    return {"system": system.code, "code": code, "version": version}
