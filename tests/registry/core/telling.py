"""From a story to its end: what follows from statements, decisions, concerns and knowledge."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from registry.core import identity
from registry.core.concern import Alarm, Concern
from registry.core.decision import Decision
from registry.core.derive import PersonState, derive
from registry.core.identity import NumberPolicy
from registry.core.inquiries import Inquiry
from registry.core.knowledge import Knowledge
from registry.core.policy import Policies, Policy
from registry.core.reviews import CASE_RECORD_REVIEW, Review
from registry.core.scope import Relation
from registry.core.statement import Statement
from tests.registry.core.stating import KNOWLEDGE

NUMBERS = NumberPolicy(allow_test_numbers=True)


def knowing(
    *policies: Policy, alarms: tuple[Alarm, ...] = (), base: Knowledge = KNOWLEDGE
) -> Knowledge:
    """What is known, with policies and alarms."""
    return replace(base, policies=Policies(policies), alarms=alarms)


def states(
    *statements: Statement,
    decisions: Iterable[Decision] = (),
    concerns: Iterable[Concern] = (),
    knowledge: Knowledge = KNOWLEDGE,
) -> list[PersonState]:
    """The end of a story: one state for each person in it."""
    taken, raised = list(decisions), list(concerns)
    found = identity.persons(statements, NUMBERS)
    return [derive(person, taken, knowledge, raised) for person in found]


def state(
    *statements: Statement,
    decisions: Iterable[Decision] = (),
    concerns: Iterable[Concern] = (),
    knowledge: Knowledge = KNOWLEDGE,
) -> PersonState:
    """The end of a story about one person."""
    (only,) = states(*statements, decisions=decisions, concerns=concerns, knowledge=knowledge)
    return only


def reviews(of: PersonState) -> dict[str, Review]:
    """The reviews by route."""
    return {review.route.code: review for review in of.reviews}


def case_record_review(of: PersonState) -> Review:
    """The case record review that every case has."""
    return reviews(of)[CASE_RECORD_REVIEW]


def owners(of: PersonState) -> dict[str, str | None]:
    """Who leads each review, or is asked to."""
    return {review.route.code: review.owner for review in of.reviews}


def criteria(of: PersonState) -> list[str]:
    """Why the case record review is required, or chosen."""
    return [criterion.code for criterion in case_record_review(of).criteria]


def relations(of: PersonState) -> dict[str, tuple[Relation, int | None]]:
    """How each stay relates to the death, by provider."""
    return {f.spell.provider: (f.relation, f.days) for f in of.findings}


def asked(of: PersonState) -> dict[str, Inquiry]:
    """What is asked, by its subject."""
    return {inquiry.subject: inquiry for inquiry in of.inquiries}


def unanswered(of: PersonState) -> list[str]:
    """The subjects of what is asked and nobody has answered."""
    return [inquiry.subject for inquiry in of.inquiries if inquiry.answered is None]
