"""Reads one text of a message as a FHIR primitive or a code; what says nothing gives None."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from adapter.conversion.draft import Draft, Resource
from adapter.conversion.hl7_time import read_time
from conformance import canonical
from mappings import CodeMap, Target, Unmapped

ReadText = Callable[[str, Draft, str], Any]
"""Takes a text that is neither empty nor null, the draft, and the field for issues."""

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,9}")
_TRUE, _FALSE = {"Y", "YES", "TRUE", "1"}, {"N", "NO", "FALSE", "0"}


def text(written: str, _draft: Draft, _where: str) -> str | None:
    """FHIR string."""
    return written.strip() or None


def boolean(written: str, draft: Draft, where: str) -> bool | None:
    """HL7 table 0136 as FHIR boolean."""
    upper = written.upper()
    if upper not in _TRUE | _FALSE:
        draft.note("code-unknown", where)
        return None
    return upper in _TRUE


def integer(written: str, _draft: Draft, _where: str) -> int | None:
    """NM as FHIR integer, where it is a whole number that fits."""
    return int(written) if re.fullmatch(r"\d{1,9}", written, re.ASCII) else None


def date(written: str, draft: Draft, where: str) -> str | None:
    """TS or DTM as FHIR date: its date part, as precise as it is known."""
    time = read_time(written, draft.site.time_zone)
    if time.issue == "date-unreadable":
        draft.note(time.issue, where)
    return time.date or None


def date_time(written: str, draft: Draft, where: str) -> str | None:
    """TS or DTM as FHIR dateTime."""
    time = read_time(written, draft.site.time_zone)
    if time.issue:
        draft.note(time.issue, where)
    return time.text or None


def code(codes: CodeMap) -> ReadText:
    """Takes a code map; returns what reads a text as a FHIR code."""

    targets = codes.targets

    def read(written: str, draft: Draft, where: str) -> str | None:
        target = targets.get(written) or targets.get(written.upper())
        if target is None:
            draft.note("code-unknown", where)
            target = codes.fixed
        return target.code if target else None

    return read


def coding(codes: CodeMap) -> ReadText:
    """Takes a code map; returns what reads a text as a FHIR Coding."""

    def read(written: str, draft: Draft, where: str) -> Resource | None:
        target = _find(codes, written, draft, where)
        if target is not None:
            return coding_of(target)
        if codes.unmapped is Unmapped.PROVIDED and is_code(written):
            return local_coding(draft, codes.name, written)
        return None

    return read


def codeable_concept(codes: CodeMap) -> ReadText:
    """Takes a code map; returns what reads a text as a FHIR CodeableConcept."""

    def read(written: str, draft: Draft, where: str) -> Resource | None:
        target = _find(codes, written, draft, where)
        if target is not None:
            return concept_of(target)
        if codes.unmapped is not Unmapped.PROVIDED:
            return None
        return unknown_concept(draft, codes.name, written)

    return read


def _find(codes: CodeMap, written: str, draft: Draft, where: str) -> Target | None:
    target = codes.find(written)
    if target is None or not target.is_exact:
        draft.note("code-unknown", where)
    return target


def coding_of(target: Target) -> Resource:
    """Takes what a code stands for; returns it as FHIR Coding."""
    if target.display:
        return {"system": target.system, "code": target.code, "display": target.display}
    return {"system": target.system, "code": target.code}


def concept_of(target: Target) -> Resource:
    """Takes what a code stands for; returns it as FHIR CodeableConcept."""
    if target.text:
        return {"coding": [coding_of(target)], "text": target.text}
    return {"coding": [coding_of(target)]}


def unknown_concept(draft: Draft, table: str, written: str) -> Resource | None:
    """Takes what no table knows; returns it in a system of the sender, or as bare text."""
    if is_code(written):
        return {"coding": [local_coding(draft, table, written)], "text": written}
    return {"text": written} if written.strip() else None


def is_code(written: str) -> bool:
    """True for what looks like a code; longer or spaced texts may be words about a person."""
    return _CODE.fullmatch(written) is not None


def local_coding(draft: Draft, table: str, written: str) -> Resource:
    """Takes a code that no table knows; returns it in a code system of the sender's own."""
    return {"system": _own_system(draft.sender.key, table), "code": written}


@lru_cache(maxsize=4096)
def _own_system(organisation: str, table: str) -> str:
    own = canonical.local_identifier(organisation, table).removeprefix(canonical.IDENTIFIER)
    return canonical.CODE_SYSTEM + own
