"""Inquiries: what the registry asks people because it will not guess.

A data-quality inquiry asks the sender's people to correct what contradicts itself or others; a
confirmation asks whoever reviews whether a possible flag holds. Both follow from facts like
reviews do, and end when the facts no longer raise them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from nhs import addresses
from nhs.partial_date import PartialDate
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


@dataclass(frozen=True, slots=True)
class Inquiry:
    """One question to one organisation: `route` keys it and the decisions on it; `subject` is the
    code of the data-quality issue, or of the flag."""

    asked: Asked
    subject: str
    owner: str
    sentence: str
    evidence: tuple[str, ...] = ()
    answered: Decision | None = None

    @property
    def route(self) -> str:
        """What a decision on this inquiry names."""
        if self.asked is Asked.CONFIRM_FLAG:
            return f"{CONFIRMATION}{self.subject}"
        return f"data-quality {self.subject} {self.owner}"


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


def inquiries(
    known: Known, decisions: Iterable[Decision], directory: Directory
) -> tuple[Inquiry, ...]:
    """Takes what is known of a person and the decisions taken; returns what is asked of whom, and
    what was answered."""
    decisions = sorted(decisions, key=lambda d: d.number)
    found = [
        *_conflicts(known.claims, directory),
        *_national(known.claims, known.death, directory),
        *_numbers(known.person),
        *_stillbirths(known.who, known.spells),
        *_issues(known.person, known.death),
        *_confirmations(known.flags, known.case_owner, directory),
        *_confirmed(known, decisions),
    ]
    answers = {d.route: d for d in decisions if _answers(d)}
    unique = {inquiry.route: inquiry for inquiry in found}
    return tuple(_answered(inquiry, answers) for inquiry in unique.values())


def _answers(decision: Decision) -> bool:
    return decision.step is Step.COMPLETE


def _answered(inquiry: Inquiry, answers: dict[str, Decision]) -> Inquiry:
    answer = answers.get(inquiry.route)
    if answer is None or inquiry.asked is Asked.CONFIRM_FLAG:
        return inquiry
    return replace(inquiry, answered=answer)


def _ask(subject: str, owner: str, sentence: str) -> Inquiry:
    return Inquiry(Asked.DATA_QUALITY, subject, owner, sentence)


def _conflicts(claimed: Claims, directory: Directory) -> Iterator[Inquiry]:
    for source in claimed.conflicting:
        sentence = (
            f"{directory.name(source)} says both that the person died and that they did not: "
            "nothing follows from it until a message says which."
        )
        yield _ask("death-statement-conflict", source, sentence)


def _national(claimed: Claims, died: Death | None, directory: Directory) -> Iterator[Inquiry]:
    local = [claim for claim in claimed.standing if claim.status is None]
    for claim in local:
        if claimed.removed_by:
            sentence = (
                "The national record of the death was removed, while "
                f"{directory.name(claim.source)} still says that the person died."
            )
            yield _ask("death-removed-nationally", claim.source, sentence)
        if died is None or not died.claim.is_formal or not died.claim.at or not claim.at:
            continue
        formal = died.claim.at
        if claim.at.latest < formal.earliest or formal.latest < claim.at.earliest:
            sentence = (
                f"The death was registered for {formal.spoken}; "
                f"{directory.name(claim.source)} says {claim.at.spoken}."
            )
            yield _ask("death-date-differs", claim.source, sentence)


def _numbers(person: Person) -> Iterator[Inquiry]:
    if not person.conflicting_numbers:
        return
    held = set(person.conflicting_numbers)
    for source in sorted({s.source for s in person.statements if _states(s, held)}):
        sentence = "The record was given several NHS numbers; the newest counts until corrected."
        yield _ask("nhs-numbers-conflict", source, sentence)


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
            yield _ask("stillbirth-on-older-record", spell.provider, sentence)


def _issues(person: Person, died: Death | None) -> Iterator[Inquiry]:
    """Issues of the newest message of each source about each stay, once a death is at stake."""
    newest: dict[tuple[str, str | None], Statement] = {}
    for statement in person.statements:
        number = statement.stay.number if statement.stay else None
        newest[statement.source, number] = statement
    for statement in newest.values():
        for issue in statement.issues:
            if issue in _MATTERING and (died or issue == "death-suspected"):
                yield _ask(issue, statement.source, _MATTERING[issue])


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
