"""Flags: learning disability, autism, severe mental illness, always with their evidence.

There is no flag for "no": without evidence nothing is said. A possible flag asks a person; what
they find is a decision, and confirms the flag or sets it aside.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from nhs import addresses
from nhs.partial_date import PartialDate
from registry.core.decision import Decision, Step
from registry.core.spells import Spell
from registry.core.statement import EvidenceStated, Statement, StayStated

LEARNING_DISABILITY = "learning-disability"
SEVERE_MENTAL_ILLNESS = "severe-mental-illness"
AUTISM = "autism"
_POSSIBLE = "possible-"

# NHS Data Dictionary, MAIN SPECIALTY CODE: care in one of these may mean the condition.
_SPECIALTIES = {
    "700": (LEARNING_DISABILITY, "Learning disability (specialty)"),
    "710": (SEVERE_MENTAL_ILLNESS, "Adult mental illness (specialty)"),
    "712": (SEVERE_MENTAL_ILLNESS, "Forensic psychiatry (specialty)"),
    "715": (SEVERE_MENTAL_ILLNESS, "Old age psychiatry (specialty)"),
}

# What a person found who looked into a possible flag.
CONFIRMATION = "confirm-"
FINDING = "flag-finding"
CONFIRMED = "confirmed"
NOT_CONFIRMED = "not-confirmed"

NAMES = {
    LEARNING_DISABILITY: "Learning disability",
    SEVERE_MENTAL_ILLNESS: "Severe mental illness",
    AUTISM: "Autism",
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """One code that one source sent, with the newest message that carried it; `since` is the time
    of the first one since which it stands, None where that gave none."""

    source: str
    stated: EvidenceStated
    statement: Statement
    since: datetime | None

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
    confirmed_by: Decision | None = None

    @property
    def name(self) -> str:
        """The flag as people read it."""
        name = NAMES.get(self.code, self.code)
        return name if self.is_confirmed else f"Possible {name[0].lower()}{name[1:]}"


def flags(
    statements: Iterable[Statement],
    decisions: Iterable[Decision] = (),
    spells: Iterable[Spell] = (),
) -> list[Flag]:
    """Takes one person's statements, oldest first, the decisions taken, and the stays that the
    statements add up to; returns the flags whose evidence stands.

    The newest word of one source on one code wins, so a withdrawal takes its evidence away. A
    flag has one word: on a code list first, else confirmed by people, else possible. Where people
    found a possible flag not to hold, that counts until newer evidence comes; a message that
    repeats what was known is none. A specialty is evidence while its stay is not cancelled.
    """
    standing = standing_evidence(statements, spells)
    found = _found(decisions)
    flagged: dict[str, Flag] = {}
    codes = sorted({e.stated.flag for e in standing}, key=lambda c: (c.startswith(_POSSIBLE), c))
    for code in codes:
        flag = _flag(code, standing, found)
        if flag is not None:
            flagged.setdefault(flag.code, flag)
    return [flagged[code] for code in sorted(flagged)]


def standing_evidence(
    statements: Iterable[Statement], spells: Iterable[Spell] = ()
) -> list[Evidence]:
    """Takes one person's statements, oldest first, and their stays; returns the evidence for flags
    that was not withdrawn, whatever people found of it."""
    cancelled = {(spell.provider, spell.number) for spell in spells if spell.is_cancelled}
    newest: dict[tuple[str, ...], Evidence] = {}
    for statement in statements:
        for key, stated in _stated(statement, cancelled):
            place = (statement.source, *key)
            newest[place] = _evidence(newest.get(place), stated, statement)
    return [evidence for evidence in newest.values() if not evidence.stated.withdrawn]


def _evidence(before: Evidence | None, stated: EvidenceStated, statement: Statement) -> Evidence:
    since = statement.recorded
    if before is not None and not before.stated.withdrawn:
        since = before.since
    return Evidence(statement.source, stated, statement, since)


def _stated(
    statement: Statement, cancelled: set[tuple[str, str]]
) -> Iterable[tuple[tuple[str, ...], EvidenceStated]]:
    for stated in statement.evidence:
        yield (stated.flag, stated.system, stated.code), stated
    stay = statement.stay
    if stay is None or (statement.source, stay.number) in cancelled:
        return
    evidence = from_specialty(stay)
    if evidence is not None:
        yield (evidence.flag, "specialty", evidence.code, stay.number), evidence


def from_specialty(stay: StayStated) -> EvidenceStated | None:
    """Takes a stay; returns the evidence that its specialty is, None where it is none."""
    flag, display = _SPECIALTIES.get(stay.specialty or "", ("", ""))
    if not flag:
        return None
    return EvidenceStated(
        flag=f"{_POSSIBLE}{flag}",
        system=addresses.MAIN_SPECIALTY,
        code=stay.specialty or "",
        display=display,
    )


def _found(decisions: Iterable[Decision]) -> dict[str, Decision]:
    """The newest finding on each possible flag."""
    taken = [d for d in decisions if d.step is Step.COMPLETE and d.route.startswith(CONFIRMATION)]
    taken.sort(key=lambda d: (d.number, d.at))
    return {d.route.removeprefix(CONFIRMATION): d for d in taken}


def _flag(code: str, standing: list[Evidence], found: dict[str, Decision]) -> Flag | None:
    """The flag, confirmed where people found it so; None where they found it not to hold."""
    evidence = [e for e in standing if e.stated.flag == code]
    evidence.sort(key=lambda e: (e.statement.order, e.source, e.stated.code))
    base = code.removeprefix(_POSSIBLE)
    if code == base:
        return Flag(base, is_confirmed=True, evidence=tuple(evidence))
    looked = found.get(base)
    if looked and any(o.kind == FINDING and o.code == CONFIRMED for o in looked.outcomes):
        return Flag(base, is_confirmed=True, evidence=tuple(evidence), confirmed_by=looked)
    if looked and not _is_newer(evidence, looked):
        return None
    return Flag(base, is_confirmed=False, evidence=tuple(evidence))


def _is_newer(evidence: list[Evidence], looked: Decision) -> bool:
    """True when some of the evidence came after the finding."""
    return any(e.since is not None and e.since > looked.at for e in evidence)
