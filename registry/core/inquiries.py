"""Inquiries: what the registry asks people because it will not guess.

A data-quality inquiry asks the sender's people to correct what contradicts itself or others; a
confirmation asks whoever reviews whether a possible flag holds. Both follow from facts like
reviews do, and end when the facts no longer raise them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from nhs import addresses
from nhs.london_time import london_date, spoken_date
from nhs.partial_date import PartialDate
from registry.core import alarms
from registry.core.alarms import Bearing
from registry.core.contested import (
    contradicts_itself,
    fingerprint,
    raises,
    removes_the_death,
    since,
)
from registry.core.deaths import Claims, Death, is_newborn
from registry.core.decision import Decision, Step
from registry.core.flags import CONFIRMATION, Flag
from registry.core.identity import Person
from registry.core.spells import Spell
from registry.core.statement import Demographics, Statement
from registry.directory.organisation import Directory


class Asked(StrEnum):
    """What kind of question an inquiry is."""

    DATA_QUALITY = "data-quality"
    CONFIRM_FLAG = "confirm-flag"
    CONFIRM_ALARM = "confirm-alarm"


@dataclass(frozen=True, slots=True)
class Inquiry:
    """One question to one organisation: `route` keys it and the decisions on it; `subject` is the
    code of the data-quality issue, or of the flag.

    `source` is the organisation whose messages a data-quality question is about, and `owner` the
    one asked: the same, or its successor. `facts` are what the question is about; an answer counts
    for them and not for others. `alarm` is the number of the alarm that one is about.
    """

    asked: Asked
    subject: str
    owner: str
    sentence: str
    evidence: tuple[str, ...] = ()
    answered: Decision | None = None
    source: str | None = None
    facts: tuple[str, ...] = ()
    alarm: str | None = None

    @property
    def route(self) -> str:
        """What a decision on this inquiry names."""
        if self.asked is Asked.CONFIRM_FLAG:
            return f"{CONFIRMATION}{self.subject}"
        if self.asked is Asked.CONFIRM_ALARM:
            return f"{alarms.ROUTE}{self.alarm}"
        return f"data-quality {self.subject} {self.source or self.owner}"

    @property
    def about(self) -> str | None:
        """The fingerprint of the facts it is about; None for a question about a flag, which asks
        again by newer evidence."""
        if self.asked is Asked.CONFIRM_FLAG:
            return None
        subject = alarms.SUBJECT if self.asked is Asked.CONFIRM_ALARM else self.subject
        return fingerprint(subject, self.facts)


# Issues of single messages (CodeSystem data-quality) that a person must look into once the death
# matters; others are for the sender's monitoring.
_MATTERING = {
    "death-suspected": "A message may mean that the person died, in words or an unexpected code.",
    "death-date-implausible": "The date of death is before birth or after the message.",
    "nhs-number-invalid": "The NHS number fails its check and identifies nobody.",
    "discharge-fields-swapped": "Discharge method and destination stand in each other's field.",
    "code-unknown": "A code is not in the sender's tables.",
    "period-reversed": "A stay begins after it ends.",
}


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a person; `case_owner` leads the case's first review, or is asked to."""

    person: Person
    who: Demographics
    claims: Claims
    death: Death | None
    spells: tuple[Spell, ...]
    flags: tuple[Flag, ...]
    case_owner: str | None
    alarms: tuple[Bearing, ...] = ()


def inquiries(
    known: Known, decisions: Iterable[Decision], directory: Directory, on: date
) -> tuple[Inquiry, ...]:
    """Takes what is known of a person, the decisions taken, the organisations and today's date in
    London; returns what is asked of whom, and what was answered. Where another organisation stands
    for the one whose messages raise a question, that one is asked."""
    decisions = sorted(decisions, key=lambda d: d.number)
    found = [
        *_conflicts(known, directory),
        *_national(known, directory),
        *_numbers(known.person),
        *_stillbirths(known.who, known.spells),
        *_issues(known.person, known.death),
        *_confirmations(known.flags, known.case_owner, directory),
        *_confirmed(known, decisions),
        *_alarms(known.alarms, directory),
    ]
    answers = [d for d in decisions if _answers(d)]
    unique: dict[str, Inquiry] = {}
    for inquiry in found:
        same = unique.get(inquiry.route)
        facts = (*same.facts, *inquiry.facts) if same else inquiry.facts
        unique[inquiry.route] = replace(inquiry, facts=facts)
    return tuple(
        _answered(replace(inquiry, owner=directory.current(inquiry.owner, on)), answers)
        for inquiry in unique.values()
    )


def _answers(decision: Decision) -> bool:
    return decision.step is Step.COMPLETE


def _answered(inquiry: Inquiry, answers: list[Decision]) -> Inquiry:
    given = [a for a in answers if a.route == inquiry.route]
    if not given or inquiry.asked is Asked.CONFIRM_FLAG:
        return inquiry
    for answer in reversed(given):
        # One without facts was given before questions said what they were about.
        if answer.about in (None, inquiry.about):
            return replace(inquiry, answered=answer)
    when = spoken_date(london_date(given[-1].at))
    again = f"It was answered on {when}; the facts have changed since."
    return replace(inquiry, evidence=(*inquiry.evidence, again))


def _ask(subject: str, source: str, sentence: str, *facts: str) -> Inquiry:
    return Inquiry(Asked.DATA_QUALITY, subject, source, sentence, source=source, facts=tuple(facts))


def _of(source: str, person: Person) -> list[Statement]:
    return [statement for statement in person.statements if statement.source == source]


def _conflicts(known: Known, directory: Directory) -> Iterator[Inquiry]:
    for source in known.claims.conflicting:
        begun = since(_of(source, known.person), contradicts_itself)
        sentence = (
            f"{directory.name(source)} says both that the person died and that they did not: "
            "nothing follows from it until a message says which."
        )
        yield _ask("death-statement-conflict", source, sentence, begun)


def _national(known: Known, directory: Directory) -> Iterator[Inquiry]:
    claimed, died = known.claims, known.death
    removals = [since(_of(by, known.person), removes_the_death) for by in claimed.removed_by]
    local = [claim for claim in claimed.standing if claim.status is None]
    for claim in local:
        if claimed.removed_by:
            sentence = (
                "The national record of the death was removed, while "
                f"{directory.name(claim.source)} still says that the person died."
            )
            said = claim.at.text if claim.at else ""
            yield _ask("death-removed-nationally", claim.source, sentence, said, *removals)
        if died is None or not died.claim.is_formal or not died.claim.at or not claim.at:
            continue
        formal = died.claim.at
        if claim.at.latest < formal.earliest or formal.latest < claim.at.earliest:
            sentence = (
                f"The death was registered for {formal.spoken}; "
                f"{directory.name(claim.source)} says {claim.at.spoken}."
            )
            dates = (f"registered {formal.text}", f"said {claim.at.text}")
            yield _ask("death-date-differs", claim.source, sentence, *dates)


def _numbers(person: Person) -> Iterator[Inquiry]:
    if not person.conflicting_numbers:
        return
    held = set(person.conflicting_numbers)
    for source in sorted({s.source for s in person.statements if _states(s, held)}):
        sentence = "The record was given several NHS numbers; the newest counts until corrected."
        yield _ask("nhs-numbers-conflict", source, sentence, *person.conflicting_numbers)


def _states(statement: Statement, numbers: set[str]) -> bool:
    return any(i.system == addresses.NHS_NUMBER and i.value in numbers for i in statement.named)


def _stillbirths(who: Demographics, stays: Iterable[Spell]) -> Iterator[Inquiry]:
    born = PartialDate.parse(who.birth_date) if who.birth_date else None
    for spell in stays:
        if spell.says_stillborn and not is_newborn(born, spell):
            sentence = (
                "A discharge says stillbirth on the record of somebody who was not just born: "
                "is it the mother's?"
            )
            yield _ask("stillbirth-on-older-record", spell.provider, sentence, spell.number)


def _issues(person: Person, died: Death | None) -> Iterator[Inquiry]:
    """Issues of the newest message of each source about each stay, once a death is at stake."""
    by_stay: defaultdict[tuple[str, str], list[Statement]] = defaultdict(list)
    for statement in person.statements:
        number = statement.stay.number if statement.stay else ""
        by_stay[statement.source, number].append(statement)
    for (source, number), stated in by_stay.items():
        for issue in stated[-1].issues:
            if issue in _MATTERING and (died or issue == "death-suspected"):
                begun = f"{number} {since(stated, raises(issue))}"
                yield _ask(issue, source, _MATTERING[issue], begun)


def _confirmations(
    flagged: Iterable[Flag], case_owner: str | None, directory: Directory
) -> Iterator[Inquiry]:
    if case_owner is None:
        return
    for flag in flagged:
        if not flag.is_confirmed:
            evidence = tuple(e.sentence(directory.name(e.source)) for e in flag.evidence)
            sentence = f"{flag.name}: please find out, and say whether it is confirmed."
            yield Inquiry(Asked.CONFIRM_FLAG, flag.code, case_owner, sentence, evidence)


def _alarms(bearing: Iterable[Bearing], directory: Directory) -> Iterator[Inquiry]:
    for one in bearing:
        if one.is_asked:
            alarm = one.alarm
            groups = ", ".join(alarm.diagnosis_groups)
            sentence = (
                f"An alarm of {directory.name(alarm.organisation)} stands on {groups}: please find "
                "out, and say whether it is confirmed that this death falls under it."
            )
            yield Inquiry(
                Asked.CONFIRM_ALARM,
                alarm.kind,
                alarm.organisation,
                sentence,
                source=alarm.organisation,
                facts=alarms.facts(alarm),
                alarm=alarm.number,
            )


def _confirmed(known: Known, decisions: Iterable[Decision]) -> Iterator[Inquiry]:
    """What people found of flags that are possible no more, while the death stands."""
    asked_again = {flag.code for flag in known.flags if not flag.is_confirmed}
    if known.death is None or known.case_owner is None:
        return
    for decision in decisions:
        code = decision.route.removeprefix(CONFIRMATION)
        if _answers(decision) and code != decision.route and code not in asked_again:
            name = Flag(code, is_confirmed=False, evidence=()).name
            sentence = f"{name}: looked into."
            yield Inquiry(
                Asked.CONFIRM_FLAG, code, decision.organisation, sentence, answered=decision
            )
