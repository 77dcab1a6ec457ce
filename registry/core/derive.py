"""`state = f(facts, decisions)`: one pure function from what was stated to what follows.

It looks only at the set of statements, concerns and decisions, never at the order in which they
arrived or how often.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from nhs.partial_date import PartialDate
from registry.core import needs
from registry.core.alarms import Bearing, bearings
from registry.core.concern import Concern
from registry.core.conditions import Subject
from registry.core.deaths import Claims, Death, claims, death
from registry.core.decision import Decision
from registry.core.flags import Flag, flags, standing_evidence
from registry.core.identity import Person
from registry.core.inquiries import Inquiry, Known, inquiries
from registry.core.knowledge import Knowledge
from registry.core.leads import Around
from registry.core.maternity import is_maternity
from registry.core.needs import Needing
from registry.core.reviews import Review
from registry.core.scope import Finding, Relation, findings
from registry.core.spells import Spell, spells
from registry.core.statement import Demographics, Statement
from registry.directory.organisation import Directory


class Involvement:
    """Why an organisation is party to a death."""

    IN_SCOPE = "in-scope-provider"
    REPORTED = "reported-the-death"
    CONCERNED = "raised-a-concern"
    PRACTICE = "registered-practice"
    ICB = "area-icb"
    LEAD = "lead"
    OFFERED = "offered-the-lead"
    ASKED = "asked-a-question"
    CONTRIBUTOR = "contributor"


class Place(StrEnum):
    """Where the person died, as far as the stays tell."""

    IN_SPELL = "in-spell"
    AFTER_DISCHARGE = "after-discharge"
    UNKNOWN = "unknown"


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
    concerns: tuple[Concern, ...]
    reviews: tuple[Review, ...]
    inquiries: tuple[Inquiry, ...]
    decisions: tuple[Decision, ...]
    involvement: dict[str, tuple[str, ...]]

    @property
    def is_in_scope(self) -> bool:
        """True when the death is in at least one provider's scope: it is a death in care."""
        return any(finding.is_in_scope for finding in self.findings)

    @property
    def has_case(self) -> bool:
        """True when the death is one to look at: in care, or after maternity care."""
        return any(finding.makes_case for finding in self.findings)

    @property
    def is_shown(self) -> bool:
        """True when there is something to show or ask; of the living there is not."""
        return self.death is not None or bool(self.inquiries) or bool(self.concerns)

    @property
    def place(self) -> Place:
        """Where the person died."""
        if any(finding.relation is Relation.DIED_IN_SPELL for finding in self.findings):
            return Place.IN_SPELL
        if any(finding.makes_case for finding in self.findings):
            return Place.AFTER_DISCHARGE
        return Place.UNKNOWN

    @property
    def ended_because(self) -> str:
        """Why a review that no longer follows from the facts has ended."""
        if self.death is None:
            return needs.DEATH_TAKEN_BACK
        return needs.NOT_CALLED_FOR if self.has_case else needs.OUT_OF_SCOPE


def derive(
    person: Person,
    decisions: Iterable[Decision],
    knowledge: Knowledge,
    concerns: Iterable[Concern] = (),
) -> PersonState:
    """Takes a person with their statements, the decisions on their reviews, the concerns about
    their care, and what is known beside; returns the person's state."""
    stated = person.statements
    who = _demographics(stated)
    born = PartialDate.parse(who.birth_date) if who.birth_date else None
    stays = spells(stated)
    claimed = claims(stated, born)
    died = death(claimed, stays, born)
    found = _findings(died, stays, born, knowledge) if died else []
    taken = sorted(set(decisions), key=lambda d: (d.number, d.at))
    flagged = flags(stated, taken, stays)
    practice = _practice(stated)
    raised = tuple(sorted(set(concerns), key=lambda c: (c.raised_at, c.number)))
    subject: Subject | None = None
    if died and any(f.makes_case for f in found):
        evidence = standing_evidence(stated, stays)
        alarms = bearings(knowledge.alarms, died, found, evidence, taken)
        subject = _subject(person, died, found, flagged, born, raised, alarms, knowledge)
    around = Around(tuple(found), practice, knowledge.directory, knowledge.on)
    reviews = needs.reviews(Needing(subject, around, died is not None, knowledge), taken)
    owner = _case_owner(reviews) if subject else None
    alarms = subject.alarms if subject else ()
    known = Known(person, who, claimed, died, tuple(stays), tuple(flagged), owner, alarms)
    asked = inquiries(known, taken, knowledge.directory, knowledge.on)
    return PersonState(
        person=person,
        demographics=who,
        practice=practice,
        spells=tuple(stays),
        claims=claimed,
        death=died,
        findings=tuple(found),
        flags=tuple(flagged),
        concerns=raised,
        reviews=tuple(reviews),
        inquiries=asked,
        decisions=tuple(taken),
        involvement=_involvement(claimed, found, reviews, asked, practice, raised, knowledge),
    )


def _case_owner(reviews: list[Review]) -> str | None:
    return next((review.owner for review in reviews if review.owner), None)


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


def _findings(
    died: Death, stays: list[Spell], born: PartialDate | None, knowledge: Knowledge
) -> list[Finding]:
    on = min(died.latest, knowledge.on)

    def rule_for(spell: Spell):
        return knowledge.rulebook.scope_rule(spell, on, knowledge.directory, knowledge.policies)

    def maternity_rule_for(spell: Spell):
        is_mothers = is_maternity(spell, born)
        return knowledge.rulebook.maternity_rule(spell, knowledge.directory) if is_mothers else None

    return findings(died, stays, rule_for, maternity_rule_for)


def _subject(
    person: Person,
    died: Death,
    found: list[Finding],
    flagged: list[Flag],
    born: PartialDate | None,
    raised: tuple[Concern, ...],
    alarms: tuple[Bearing, ...],
    knowledge: Knowledge,
) -> Subject:
    return Subject(
        death=died,
        findings=tuple(found),
        flags=tuple(flagged),
        born=born,
        concerns=raised,
        alarms=alarms,
        is_sampled=_is_sampled(person, died, found, knowledge),
        is_judged_due_to_problems=False,
        first_provider=None,
        directory=knowledge.directory,
        on=knowledge.on,
    )


def _is_sampled(person: Person, died: Death, found: list[Finding], knowledge: Knowledge) -> bool:
    providers = {f.spell.provider for f in found if f.is_in_scope}
    on = min(died.latest, knowledge.on)
    policies = (knowledge.policies.of(provider, on) for provider in providers)
    return any(p.sample.draws(person.key) for p in policies if p and p.sample)


def _involvement(
    claimed: Claims,
    found: list[Finding],
    reviews: list[Review],
    asked: tuple[Inquiry, ...],
    practice: str | None,
    raised: tuple[Concern, ...],
    knowledge: Knowledge,
) -> dict[str, tuple[str, ...]]:
    directory = knowledge.directory
    reasons: dict[str, set[str]] = defaultdict(set)
    for finding in found:
        if finding.makes_case:
            reasons[finding.spell.provider].add(Involvement.IN_SCOPE)
    for claim in claimed.standing:
        reasons[claim.source].add(Involvement.REPORTED)
    for concern in raised:
        reasons[concern.organisation].add(Involvement.CONCERNED)
    for review in reviews:
        if review.owner:
            reasons[review.owner].add(Involvement.LEAD)
        if review.course.offered_to:
            reasons[review.course.offered_to].add(Involvement.OFFERED)
        for contributor in review.course.contributors:
            reasons[contributor].add(Involvement.CONTRIBUTOR)
    for inquiry in asked:
        reasons[inquiry.owner].add(Involvement.ASKED)
    if practice:
        reasons[practice].add(Involvement.PRACTICE)
    for board in _boards(practice, found, directory):
        reasons[board].add(Involvement.ICB)
    for organisation in list(reasons):
        today = directory.current(organisation, knowledge.on)
        reasons[today] |= reasons[organisation]
    return {ods: tuple(sorted(why)) for ods, why in sorted(reasons.items())}


def _boards(practice: str | None, found: list[Finding], directory: Directory) -> set[str]:
    """The board of the GP practice's area; where that is not known, those of the providers."""
    of_practice = directory.parent_icb(practice) if practice else None
    if of_practice:
        return {of_practice}
    of_providers = (directory.parent_icb(f.spell.provider) for f in found if f.makes_case)
    return {board for board in of_providers if board}
