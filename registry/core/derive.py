"""`state = f(facts, decisions)`: one pure function from what was stated to what follows.

It looks only at the set of statements and decisions, never at the order in which they arrived or
how often.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from nhs.partial_date import PartialDate
from registry.core import leads
from registry.core.deaths import Claims, Death, claims, death
from registry.core.flags import Flag, flags
from registry.core.identity import Person
from registry.core.reviews import (
    Decision,
    Necessity,
    Review,
    Route,
    State,
    criteria,
    decide,
    needs_leder,
)
from registry.core.scope import Finding, findings
from registry.core.spells import Spell, spells
from registry.core.statement import Demographics, Statement
from registry.directory.organisation import Directory

DEATH_TAKEN_BACK = "The death was taken back by its source."
OUT_OF_SCOPE = "The facts changed: the death is no longer in scope by the 30-day rule."


class Involvement:
    """Why an organisation is party to a death."""

    IN_SCOPE = "in-scope-provider"
    REPORTED = "reported-the-death"
    PRACTICE = "registered-practice"
    ICB = "area-icb"
    LEAD = "lead"


@dataclass(frozen=True, slots=True)
class PersonState:
    """All that follows from the facts and decisions about one person."""

    person: Person
    demographics: Demographics
    practice: str | None
    spells: tuple[Spell, ...]
    claims: Claims
    death: Death | None
    findings: tuple[Finding, ...]
    flags: tuple[Flag, ...]
    reviews: tuple[Review, ...]
    involvement: dict[str, tuple[str, ...]]

    @property
    def is_in_scope(self) -> bool:
        """True when the death is in at least one provider's scope: there is a case."""
        return any(finding.is_in_scope for finding in self.findings)

    @property
    def ended_because(self) -> str:
        """Why a review that no longer follows from the facts has ended."""
        return OUT_OF_SCOPE if self.death else DEATH_TAKEN_BACK


def derive(person: Person, decisions: Iterable[Decision], directory: Directory) -> PersonState:
    """Takes a person with their statements, the decisions on their reviews and the directory of
    organisations; returns the person's state."""
    stated = person.statements
    stays = spells(stated)
    claimed = claims(stated)
    died = death(claimed, stays)
    found = findings(died, stays) if died else []
    flagged = flags(stated)
    practice = _practice(stated)
    who = _demographics(stated)
    taken = list(decisions)
    reviews = _reviews(died, found, flagged, who, practice, taken, directory)
    return PersonState(
        person=person,
        demographics=who,
        practice=practice,
        spells=tuple(stays),
        claims=claimed,
        death=died,
        findings=tuple(found),
        flags=tuple(flagged),
        reviews=tuple(reviews),
        involvement=_involvement(claimed, found, reviews, practice, directory),
    )


def _practice(statements: Iterable[Statement]) -> str | None:
    stated = [s.practice for s in statements if s.practice]
    return stated[-1] if stated else None


def _demographics(statements: Iterable[Statement]) -> Demographics:
    who = Demographics()
    for statement in statements:
        new = statement.demographics
        who = Demographics(
            family=new.family or who.family,
            given=new.given or who.given,
            gender=new.gender or who.gender,
            birth_date=new.birth_date or who.birth_date,
        )
    return who


def _reviews(
    died: Death | None,
    found: list[Finding],
    flagged: list[Flag],
    who: Demographics,
    practice: str | None,
    decisions: list[Decision],
    directory: Directory,
) -> list[Review]:
    needed: list[Review] = []
    if died and any(f.is_in_scope for f in found):
        needed.append(_case_record_review(found, flagged, practice, directory))
        if needs_leder(flagged, _birth(who), died):
            needed.append(_leder(found, flagged, practice, directory))
    decided = [decide(review, decisions) for review in needed]
    return decided + _no_longer_needed(needed, decisions, died)


def _case_record_review(
    found: list[Finding], flagged: list[Flag], practice: str | None, directory: Directory
) -> Review:
    holding = criteria(flagged)
    return Review(
        route=Route.CASE_RECORD_REVIEW,
        state=State.PROPOSED,
        necessity=Necessity.REQUIRED if holding else Necessity.TO_BE_SCREENED,
        criteria=holding,
        candidates=tuple(leads.for_case_record_review(found, practice, directory)),
    )


def _leder(
    found: list[Finding], flagged: list[Flag], practice: str | None, directory: Directory
) -> Review:
    return Review(
        route=Route.LEDER,
        state=State.PROPOSED,
        necessity=Necessity.REQUIRED,
        criteria=criteria(flagged),
        candidates=tuple(leads.for_leder(found, practice, directory)),
    )


def _no_longer_needed(
    needed: list[Review], decisions: list[Decision], died: Death | None
) -> list[Review]:
    """Reviews somebody accepted that the facts no longer call for: the decision is not erased.

    After a retracted death the review has ended; after a mere loss of scope it is the lead's to
    close.
    """
    routes = {d.route for d in decisions} - {review.route for review in needed}
    blank = [
        Review(
            route=route,
            state=State.OUT_OF_SCOPE if died else State.ENDED,
            necessity=Necessity.TO_BE_SCREENED,
            criteria=(),
            candidates=(),
            ended_because=OUT_OF_SCOPE if died else DEATH_TAKEN_BACK,
        )
        for route in sorted(routes)
    ]
    return [decide(review, decisions) for review in blank]


def _birth(who: Demographics) -> date | None:
    return PartialDate.parse(who.birth_date).earliest if who.birth_date else None


def _involvement(
    claimed: Claims,
    found: list[Finding],
    reviews: list[Review],
    practice: str | None,
    directory: Directory,
) -> dict[str, tuple[str, ...]]:
    reasons: dict[str, set[str]] = defaultdict(set)
    for finding in found:
        if finding.is_in_scope:
            reasons[finding.spell.provider].add(Involvement.IN_SCOPE)
    for claim in claimed.standing:
        reasons[claim.source].add(Involvement.REPORTED)
    for review in reviews:
        if review.owner:
            reasons[review.owner].add(Involvement.LEAD)
    if practice:
        reasons[practice].add(Involvement.PRACTICE)
    icb = directory.parent_icb(practice) if practice else None
    if icb:
        reasons[icb].add(Involvement.ICB)
    return {ods: tuple(sorted(why)) for ods, why in sorted(reasons.items())}
