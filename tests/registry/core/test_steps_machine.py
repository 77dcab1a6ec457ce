"""One review through its whole life, by Tasks that clients send back, against a plain model.

Whatever people do and whatever the facts become meanwhile: there is at most one lead, it stays
with its giver until the taker takes it, no step is lost, and what is not allowed is refused with
what is.
"""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from itertools import count

import pytest
from hypothesis import note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from registry.core import identity
from registry.core.decision import REGISTRY, Decision, Step
from registry.core.derive import PersonState, derive
from registry.core.fhir.person import PersonResources
from registry.core.identity import Person
from registry.core.resource_ids import ResourceIds
from registry.core.reviews import CASE_RECORD_REVIEW
from registry.core.steps import StepRefused, permitted, step
from registry.core.steps.task import ReviewTask
from tests.registry.core.client import NOT_SELECTED, STEPS, Task, changed, of_kind, owner, referred
from tests.registry.core.deciding import DECIDED, concern
from tests.registry.core.effort import NIGHTLY, patience, thorough
from tests.registry.core.review_model import ReviewModel
from tests.registry.core.stating import DIRECTORY, ICB1, KNOWLEDGE, MH1, P1, T1, T2, Sender
from tests.registry.core.telling import NUMBERS

pytestmark = patience

IDS = ResourceIds(b"a secret of the tests' own, 32 by")
ROLES = {T1: "provider", T2: "provider", MH1: "provider", ICB1: "icb"}
NOW = DECIDED


@cache
def person(*, is_dead: bool, is_in_scope: bool) -> Person:
    """Two trusts discharged somebody who then died at home, or so it was thought."""
    t1, t2 = Sender(T1), Sender(T2)
    first, second = ("2026-01-01", "2026-01-06") if is_in_scope else ("2025-11-01", "2025-11-06")
    told = [
        t1.discharges(first, at="2026-01-07T09:00"),
        t2.discharges(second, at="2026-01-07T09:00"),
        t2.reports("2026-01-11", at="2026-01-12T09:00"),
    ]
    if not is_dead:
        told.append(t2.takes_back(at="2026-01-13T09:00"))
    (only,) = identity.persons(told, NUMBERS)
    return only


class ReviewsByPeople(RuleBasedStateMachine):
    """Everybody who may, and some who may not, act on one review while its facts change."""

    def __init__(self) -> None:
        super().__init__()
        self.model = ReviewModel((T2, T1, ICB1), board=ICB1)
        self.decisions: list[Decision] = []
        self.numbers = count(1)
        self.task: Task | None = None
        self.look()

    def look(self) -> None:
        """Draws the Task anew, as the registry does after each change."""
        state = self.state(self.decisions)
        assert state == self.state(reversed(self.decisions))
        assert state.decisions == tuple(self.decisions)
        drawn = PersonResources(state, IDS, DIRECTORY).all({}, NOW)
        tasks = [d.resource for d in drawn if d.resource["resourceType"] == "Task"]
        reviews = [t for t in tasks if t["code"]["coding"][0]["code"] == CASE_RECORD_REVIEW]
        assert len(reviews) <= 1
        self.task = reviews[0] if reviews else None

    def state(self, decisions: object) -> PersonState:
        about = person(is_dead=self.model.is_dead, is_in_scope=self.model.is_in_scope)
        raised = [concern()] if self.model.is_must else []
        return derive(about, decisions, KNOWLEDGE, raised)  # pyright: ignore[reportArgumentType]

    def decide(self, taken: Step, organisation: str, **said: object) -> None:
        number = next(self.numbers)
        at = DECIDED + timedelta(hours=number)
        made = Decision(CASE_RECORD_REVIEW, taken, organisation, at, number, **said)  # pyright: ignore[reportArgumentType]
        self.decisions.append(made)
        self.look()

    @precondition(lambda self: self.task is not None)
    @rule(data=st.data(), by=st.sampled_from(list(ROLES)), to=st.sampled_from([T1, T2, MH1, ICB1]))
    def take_a_step_that_is_allowed(self, data: st.DataObject, by: str, to: str) -> None:
        assert self.task is not None
        may = permitted(ReviewTask(self.task), by, ROLES[by])
        wanted = [*may, *([NOT_SELECTED] if Step.SCREEN in may and Step.COMPLETE in may else [])]
        chosen = data.draw(st.sampled_from(wanted)) if wanted else None
        sent = changed(self.task, chosen, by, to) if chosen else None
        if chosen is None or sent is None:
            return
        note(f"{by} takes the step '{chosen}'" + (f" to {to}" if chosen == "offer" else ""))
        taken = step(self.task, sent, by, ROLES[by])
        if chosen == Step.OFFER and to == self.model.offered:
            assert taken is None
            return
        assert taken is not None
        assert taken.step == (Step.SCREEN if chosen == NOT_SELECTED else chosen)
        self.model.take(chosen, by, to)
        self.decide(
            taken.step,
            by,
            to=taken.to,
            reason=taken.reason,
            selected=taken.selected,
            outcomes=taken.outcomes,
            contact=taken.contact,
        )

    @precondition(lambda self: self.task is not None)
    @rule(by=st.sampled_from(list(ROLES)), to=st.sampled_from([T1, T2, MH1, ICB1]))
    def try_all_that_is_not_allowed(self, by: str, to: str) -> None:
        assert self.task is not None
        may = self.model.allowed(by)
        for wanted in STEPS:
            sent = changed(self.task, wanted, by, to)
            if sent is None or ("screen" if wanted == NOT_SELECTED else wanted) in may:
                continue
            with pytest.raises(StepRefused, match=r"Allowed next: ") as refused:
                step(self.task, sent, by, ROLES[by])
            listed = refused.value.text.rsplit("Allowed next: ", 1)[1].rstrip(".")
            assert set(listed.split(", ")) == (may or {"none"})

    @precondition(lambda self: self.task is not None)
    @rule()
    def a_practice_may_do_nothing(self) -> None:
        assert self.task is not None
        for wanted in STEPS:
            sent = changed(self.task, wanted, P1, T1)
            if sent is not None:
                with pytest.raises(StepRefused):
                    step(self.task, sent, P1, "gp")

    @rule()
    def the_due_date_passes(self) -> None:
        if self.model.exists:
            note("the registry escalates")
            self.model.is_escalated = True
            self.model.steps_taken += 1
            self.decide(Step.ESCALATE, REGISTRY)

    @rule(in_scope=st.booleans())
    def the_discharge_is_corrected(self, in_scope: bool) -> None:
        note(f"the discharges are corrected: {'in' if in_scope else 'out of'} scope")
        self.model.is_in_scope = in_scope
        self.look()

    @rule(dead=st.booleans())
    def the_death_is_told_or_taken_back(self, dead: bool) -> None:
        note("the death is told" if dead else "the death is taken back")
        self.model.is_dead = dead
        self.look()

    @rule(raised=st.booleans())
    def the_family_raises_a_concern_or_withdraws_it(self, raised: bool) -> None:
        note("the family raises a concern" if raised else "no concern stands")
        self.model.is_must = raised
        self.look()

    @invariant()
    def the_task_says_what_the_model_says(self) -> None:
        task, model = self.task, self.model
        assert (task is not None) is model.exists
        if task is None:
            return
        shown = ReviewTask(task)
        for who, role in ROLES.items():
            assert set(map(str, permitted(shown, who, role))) == model.allowed(who)
        assert (shown.state, owner(task)) == (model.standing, model.owner)
        assert referred(task, "offered-to") == ([model.offered] if model.offered else [])
        assert sorted(referred(task, "contributor")) == sorted(model.contributors)
        assert len(of_kind(task, "declined")) == len(model.declined)
        assert len(of_kind(task, "disagreement")) == model.disagreements
        assert len(of_kind(task, "family-contact")) == int(model.has_contact)
        assert bool(task.get("executionPeriod")) is (model.lead is not None)
        if model.is_dead and model.is_in_scope and model.standing != "closed":
            (necessity,) = of_kind(task, "necessity")
            code = necessity["valueCodeableConcept"]["coding"][0]["code"]
            assert code == model.necessity


TestReviewsByPeople = ReviewsByPeople.TestCase
TestReviewsByPeople.settings = settings(thorough, stateful_step_count=30 if NIGHTLY else 14)
