"""Which deaths are in a cohort, and which of them in its sample.

A cohort is the deaths of one month that happened in hospital, or within 30 days of leaving it, in
the scope of organisations that have agreed to review them together (the founding trust's own: about
400 a month, across an acute trust, a community trust and primary care). What it holds follows from
the record as it is: a death that is notified late comes in, one that is taken back goes.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from conformance import canonical
from nhs.partial_date import PartialDate
from registry.core.fhir.elements import kind_of
from registry.core.scope import Relation

Resource = dict[str, Any]

# In hospital, or within 30 days of leaving it; as the rule has it, also where the day is not known.
RELATIONS = frozenset({Relation.DIED_IN_SPELL, Relation.AFTER_DISCHARGE, Relation.POSSIBLY})
_SCOPE_FOR = re.compile(r"Scope for ([A-Z0-9]+)(?:,|$)")
_WHOLE = 2**64


class Said(StrEnum):
    """What an organisation said of a cohort it was asked to join."""

    ASKED = "asked"
    AGREED = "agreed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Sample:
    """A random sample of a cohort: a share of its deaths (per cent), or a number of them, and the
    seed with which anybody can draw it again."""

    seed: str
    percent: float | None = None
    size: int | None = None

    def place(self, case: str) -> int:
        """Takes the number of a case; returns its place in the draw, below 2**64. It hangs on the
        seed and that number alone, so the order of the deaths makes no difference, and a death that
        comes late moves no other."""
        digest = hmac.digest(self.seed.encode(), case.encode(), hashlib.sha256)
        return int.from_bytes(digest[:8])

    def of(self, cases: Iterable[str]) -> set[str]:
        """Takes the numbers of cases; returns those that are drawn."""
        if self.percent is not None:
            limit = self.percent / 100 * _WHOLE
            return {case for case in cases if self.place(case) < limit}
        ordered = sorted(set(cases), key=lambda case: (self.place(case), case))
        return set(ordered[: self.size])


@dataclass(frozen=True, slots=True)
class Answer:
    """An organisation that is to take part: its ODS code, what it said last, and when (None: it was
    only asked)."""

    organisation: str
    said: Said = Said.ASKED
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A cohort as proposed: its name, the first day of its month, who is to take part (ODS codes,
    in order) and the sample, None for all of it."""

    name: str
    month: date
    organisations: tuple[str, ...]
    sample: Sample | None = None


@dataclass(frozen=True, slots=True)
class Cohort:
    """A cohort as kept: its id, the proposal, who proposed it and when, and what each organisation
    has said since."""

    id: str
    proposal: Proposal
    proposer: str
    proposed_at: datetime
    answers: tuple[Answer, ...]

    @property
    def is_active(self) -> bool:
        """True while every organisation has agreed."""
        return all(answer.said is Said.AGREED for answer in self.answers)

    @property
    def changed_at(self) -> datetime:
        """When it was proposed, or something was said of it last."""
        return max([self.proposed_at, *(a.at for a in self.answers if a.at is not None)])


@dataclass(frozen=True, slots=True)
class Death:
    """A death as one organisation has it in scope: the person (the Patient's id), the number of the
    case, when, and how the organisation's stays relate to it."""

    organisation: str
    person: str
    case: str
    died: PartialDate | None
    relations: frozenset[str]


@dataclass(frozen=True, slots=True)
class Member:
    """A death in a cohort: the person, the case, and the organisations in whose scope it is, in
    order."""

    person: str
    case: str
    organisations: tuple[str, ...]


def death(organisation: str, person: str, observation: Resource) -> Death | None:
    """Takes an ODS code, a person and the Observation of their death; returns the death as that
    organisation has it, None where it is no case."""
    numbered: list[Resource] = observation.get("identifier", [])
    cases = [one["value"] for one in numbered if one.get("system") == canonical.CASE_ID]
    if not cases:
        return None
    text = observation.get("effectiveDateTime")
    died = PartialDate.parse(text) if text else None
    stated = map(_relation, observation.get("component", []))
    relations = {relation for of, relation in stated if of == organisation and relation}
    return Death(organisation, person, cases[0], died, frozenset(relations))


def members(proposal: Proposal, deaths: Iterable[Death]) -> list[Member]:
    """Takes what was proposed, and deaths in the scope of its organisations; returns who is in the
    cohort, in the order of their cases. A death whose month is not known is in none."""
    found: dict[str, tuple[str, set[str]]] = {}
    for one in deaths:
        if one.organisation in proposal.organisations and _is_in(proposal.month, one):
            found.setdefault(one.case, (one.person, set()))[1].add(one.organisation)
    drawn = set(found) if proposal.sample is None else proposal.sample.of(found)
    return [
        Member(person, case, tuple(sorted(organisations)))
        for case, (person, organisations) in sorted(found.items())
        if case in drawn
    ]


def _is_in(month: date, one: Death) -> bool:
    if one.died is None or not one.relations & RELATIONS:
        return False
    ends = {(day.year, day.month) for day in (one.died.earliest, one.died.latest)}
    return ends == {(month.year, month.month)}


def _relation(component: Resource) -> tuple[str | None, str | None]:
    """The organisation that a component of the death is about, and the relation it states."""
    code = component.get("code", {})
    if kind_of({"type": code}, canonical.REVIEW_INPUT) != "scope":
        return None, None
    named = _SCOPE_FOR.match(code.get("text", ""))
    codings: list[Resource] = component.get("valueCodeableConcept", {}).get("coding", [])
    stated = [one["code"] for one in codings if one.get("system") == canonical.DEATH_SCOPE]
    return named and named[1], stated[0] if stated else None
