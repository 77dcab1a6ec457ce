"""Short ways to say in tests what people do: decisions, concerns, alarms, policies."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count

from conformance import canonical
from registry.core.concern import Alarm, AlarmKind, Concern, ConcernKind, Recommendation
from registry.core.decision import REGISTRY, Decision, Outcome, Reason, Step
from registry.core.flags import CONFIRMATION, CONFIRMED, FINDING, NOT_CONFIRMED
from registry.core.judgement import KIND
from registry.core.policy import Period, Policy, ScopeRule
from registry.core.reviews import CASE_RECORD_REVIEW
from registry.core.spells import Kind
from tests.registry.core.stating import T1, at_time

DECIDED = at_time("2026-03-01T09:00")


@dataclass
class People:
    """Everybody who decides about one person's reviews; a day passes between two decisions."""

    _numbers: count[int] = field(default_factory=lambda: count(1))

    def take(
        self,
        step: Step,
        organisation: str = T1,
        route: str = CASE_RECORD_REVIEW,
        at: datetime | None = None,
        **said: object,
    ) -> Decision:
        """A step on a review."""
        number = next(self._numbers)
        when = at or DECIDED + timedelta(days=number)
        return Decision(route, step, organisation, when, number, **said)  # pyright: ignore[reportArgumentType]

    def accept(self, organisation: str = T1, route: str = CASE_RECORD_REVIEW) -> Decision:
        """Acceptance of the lead."""
        return self.take(Step.ACCEPT, organisation, route)

    def decline(
        self, organisation: str = T1, why: str = "not ours", route: str = CASE_RECORD_REVIEW
    ) -> Decision:
        """Refusal to lead, with its reason."""
        return self.take(Step.DECLINE, organisation, route, reason=Reason(why))

    def offer(self, to: str, organisation: str = T1) -> Decision:
        """The lead offered to another organisation."""
        return self.take(Step.OFFER, organisation, to=to)

    def hold(self, organisation: str = T1, code: str = "coroner") -> Decision:
        """A hold for an inquest, or what else the code says."""
        return self.take(Step.HOLD, organisation, reason=Reason("opened", code))

    def screen(self, *, selected: bool, organisation: str = T1) -> Decision:
        """The result of screening."""
        reason = None if selected else Reason("nothing to learn")
        return self.take(Step.SCREEN, organisation, selected=selected, reason=reason)

    def judge(
        self, score: str = "1", scale: str = canonical.JUDGEMENT_PRISM, organisation: str = T1
    ) -> Decision:
        """A completed case record review with its judgement."""
        return self.take(Step.COMPLETE, organisation, outcomes=(Outcome(KIND, scale, score),))

    def finds(
        self, flag: str, *, confirmed: bool, organisation: str = T1, at: datetime | None = None
    ) -> Decision:
        """The answer to a question about a possible flag."""
        found = Outcome(FINDING, code=CONFIRMED if confirmed else NOT_CONFIRMED)
        route = f"{CONFIRMATION}{flag}"
        return self.take(Step.COMPLETE, organisation, route, at, outcomes=(found,))

    def answers(self, route: str, organisation: str = T1) -> Decision:
        """The answer to a question about what contradicts itself."""
        return self.take(Step.COMPLETE, organisation, route, reason=Reason("corrected at source"))

    def close(self, organisation: str = T1) -> Decision:
        """A review out of scope closed by its lead."""
        return self.take(Step.CLOSE, organisation, reason=Reason("out of scope"))

    def escalate(self, route: str = CASE_RECORD_REVIEW, at: datetime | None = None) -> Decision:
        """The registry's own step when a due date passes."""
        return self.take(Step.ESCALATE, REGISTRY, route, at)


def concern(
    kind: ConcernKind = ConcernKind.BEREAVED,
    *recommendations: Recommendation,
    organisation: str = T1,
    withdrawn: bool = False,
    number: str = "C1",
    text: str | None = None,
) -> Concern:
    """A concern about the person's care."""
    return Concern(
        number=number,
        kind=kind,
        organisation=organisation,
        raised_at=DECIDED,
        recommendations=frozenset(recommendations),
        text=text,
        is_withdrawn=withdrawn,
    )


def alarm(
    *specialties: str,
    kind: AlarmKind = AlarmKind.SERVICE,
    diagnosis_groups: tuple[str, ...] = (),
    organisation: str = T1,
    begins: str = "2026-01-01",
    ends: str | None = None,
    withdrawn: bool = False,
    group_codes: tuple[tuple[str, ...], ...] = (),
) -> Alarm:
    """An alarm on specialties or diagnosis groups of one provider."""
    return Alarm(
        number="A1",
        kind=kind,
        organisation=organisation,
        specialties=frozenset(specialties),
        diagnosis_groups=diagnosis_groups,
        begins=date.fromisoformat(begins),
        ends=date.fromisoformat(ends) if ends else None,
        is_withdrawn=withdrawn,
        group_codes=group_codes,
    )


def policy(
    organisation: str,
    *stays: Kind,
    within: Period | None = None,
    begins: str = "2020-01-01",
    until: str | None = None,
    **more: object,
) -> Policy:
    """An organisation's policy that covers some kinds of stays."""
    rule = ScopeRule("its policy", frozenset(stays), within or Period(days=30), "section 1")
    return Policy(
        organisation,
        date.fromisoformat(begins),
        date.fromisoformat(until) if until else None,
        scope=(rule,) if stays else (),
        **more,  # pyright: ignore[reportArgumentType]
    )
