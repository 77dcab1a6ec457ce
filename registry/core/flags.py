"""Flags: learning disability, autism, severe mental illness, always with their evidence.

There is no flag for "no": without evidence nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from nhs.partial_date import PartialDate
from registry.core.statement import EvidenceStated, Statement

LEARNING_DISABILITY = "learning-disability"
SEVERE_MENTAL_ILLNESS = "severe-mental-illness"
AUTISM = "autism"
_POSSIBLE = "possible-"

NAMES = {
    LEARNING_DISABILITY: "Learning disability",
    SEVERE_MENTAL_ILLNESS: "Severe mental illness",
    AUTISM: "Autism",
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """One code that one source sent, with the message that carried it."""

    source: str
    stated: EvidenceStated
    statement: Statement

    def sentence(self, source: str) -> str:
        """Takes the source's name; returns the evidence in one line for people: code, source,
        date, message."""
        what = f"{self.stated.code} {self.stated.display or ''}".strip()
        by = source if source == self.source else f"{source} ({self.source})"
        recorded = self._recorded()
        on = f", recorded {recorded.spoken}" if recorded else ""
        message = self.statement.control_id or "without control id"
        return f"{what} from {by}{on}, in message {message} ({self.statement.trigger})"

    def _recorded(self) -> PartialDate | None:
        if self.stated.recorded:
            return PartialDate.parse(self.stated.recorded)
        told = self.statement.recorded
        return PartialDate.parse(told.isoformat()) if told else None


@dataclass(frozen=True, slots=True)
class Flag:
    """A flag on a person; `is_confirmed` is False where the evidence asks a person to confirm."""

    code: str
    is_confirmed: bool
    evidence: tuple[Evidence, ...]

    @property
    def name(self) -> str:
        """The flag as people read it."""
        name = NAMES.get(self.code, self.code)
        return name if self.is_confirmed else f"Possible {name[0].lower()}{name[1:]}"


def flags(statements: Iterable[Statement]) -> list[Flag]:
    """Takes one person's statements, oldest first; returns the flags whose evidence stands.

    The newest word of one source on one code wins, so a withdrawal takes its evidence away. A
    confirmed flag leaves no "possible" one beside it.
    """
    newest: dict[tuple[str, str, str, str], Evidence] = {}
    for statement in statements:
        for stated in statement.evidence:
            key = (statement.source, stated.flag, stated.system, stated.code)
            newest[key] = Evidence(statement.source, stated, statement)
    standing = [evidence for evidence in newest.values() if not evidence.stated.withdrawn]
    codes = {evidence.stated.flag for evidence in standing}
    shown = sorted(c for c in codes if c.removeprefix(_POSSIBLE) == c or _base(c) not in codes)
    return [_flag(code, standing) for code in shown]


def _base(code: str) -> str:
    return code.removeprefix(_POSSIBLE)


def _flag(code: str, standing: list[Evidence]) -> Flag:
    evidence = [e for e in standing if e.stated.flag == code]
    evidence.sort(key=lambda e: (e.statement.order, e.source, e.stated.code))
    return Flag(_base(code), code == _base(code), tuple(evidence))
