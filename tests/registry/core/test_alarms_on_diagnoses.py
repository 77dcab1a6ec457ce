"""Alarms on groups of diagnoses: decided by a diagnosis that is held, else by who is asked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.canonical import REVIEW_OUTPUT as OUTPUT
from registry.core.alarms import bare
from registry.core.concern import Alarm
from registry.core.decision import Decision, Outcome
from registry.core.derive import PersonState
from registry.core.fhir.person import PersonResources
from registry.core.flags import CONFIRMED, FINDING, NOT_CONFIRMED, SEVERE_MENTAL_ILLNESS
from registry.core.knowledge import Knowledge
from registry.core.resource_ids import ResourceIds
from registry.core.reviews import Necessity
from registry.core.statement import Statement, StayStated
from registry.core.steps import StepRefused, step
from tests.registry.core.deciding import DECIDED, People, alarm
from tests.registry.core.stating import DIRECTORY, T1, T2, Sender, evidence
from tests.registry.core.telling import (
    asked,
    case_record_review,
    criteria,
    knowing,
    state,
    unanswered,
)

ALARM = alarm(diagnosis_groups=("Psychosis",), group_codes=(("F20", "F25.1"),))
CONFIRM = "service-alarm"


def under(*alarms: Alarm) -> Knowledge:
    return knowing(alarms=alarms)


def died(code: str | None = None, visit: str = "V1", by: str = T1) -> tuple[Statement, ...]:
    t1, sender = Sender(), Sender(by)
    stay = StayStated(visit, "in-progress", "IMP", admitted="2026-01-05")
    held = evidence(code or "", SEVERE_MENTAL_ILLNESS)
    told = sender.states("A08", stay=stay if by == T1 else None, evidence=(held,) if code else ())
    return (
        t1.admits("2026-01-05"),
        told,
        t1.discharges("2026-01-10", method="4", died="2026-01-10"),
    )


def answer(found: PersonState, code: str, people: People | None = None) -> Decision:
    inquiry = asked(found)[CONFIRM]
    given = (people or People()).answers(inquiry.route)
    return replace(given, about=inquiry.about, outcomes=(Outcome(FINDING, code=code),))


@pytest.mark.parametrize("code", ["F20", "F20.0", "F200", "F25.1"])
def test_a_diagnosis_of_the_group_that_is_held_requires_the_review(code: str) -> None:
    found = state(*died(code), knowledge=under(ALARM))
    assert "service-alarm" in criteria(found)
    assert CONFIRM not in asked(found)
    (note,) = case_record_review(found).notes
    assert note.startswith(
        f"An alarm stands on Psychosis at Trust One; this death falls under it by {code} from "
    )


@pytest.mark.parametrize(
    "told",
    [died(None), died("F25.0"), died("F20.0", "V0"), died("F20.0", by=T2)],
    ids=["none held", "another code", "of another stay", "another trust's"],
)
def test_where_none_is_held_the_alarms_provider_is_asked(told: tuple[Statement, ...]) -> None:
    found = state(*told, knowledge=under(ALARM))
    assert "service-alarm" not in criteria(found)
    assert asked(found)[CONFIRM].owner == T1
    assert "Psychosis" in asked(found)[CONFIRM].sentence
    assert case_record_review(found).notes == (
        "An alarm stands on Psychosis at Trust One: check whether this death falls under it.",
    )


def test_what_people_find_decides() -> None:
    before = state(*died(), knowledge=under(ALARM))
    yes = state(*died(), knowledge=under(ALARM), decisions=[answer(before, CONFIRMED)])
    assert (criteria(yes), unanswered(yes)) == (["service-alarm"], [])
    assert case_record_review(yes).necessity is Necessity.REQUIRED
    no = state(*died(), knowledge=under(ALARM), decisions=[answer(before, NOT_CONFIRMED)])
    assert (criteria(no), unanswered(no), case_record_review(no).notes) == ([], [], ())


def test_an_alarm_whose_groups_change_asks_again() -> None:
    given = answer(state(*died(), knowledge=under(ALARM)), NOT_CONFIRMED)
    wider = replace(ALARM, diagnosis_groups=("Psychosis", "Mania"), group_codes=(("F20",), ()))
    found = state(*died(), knowledge=under(wider), decisions=[given])
    assert unanswered(found) == [CONFIRM]
    assert "answered on 2 March 2026" in asked(found)[CONFIRM].evidence[-1]


def test_two_alarms_are_two_questions() -> None:
    other = replace(ALARM, number="A2", diagnosis_groups=("Stroke",), group_codes=())
    found = state(*died(), knowledge=under(ALARM, other))
    assert len(found.inquiries) == 2
    given = replace(
        People().answers("alarm A2"),
        about=next(i.about for i in found.inquiries if i.alarm == "A2"),
        outcomes=(Outcome(FINDING, code=CONFIRMED),),
    )
    answered = state(*died(), knowledge=under(ALARM, other), decisions=[given])
    assert [i.alarm for i in answered.inquiries if i.answered is None] == ["A1"]


def test_a_specialty_decides_whatever_the_group() -> None:
    both = replace(ALARM, specialties=frozenset({"320"}))
    t1 = Sender()
    told = (
        t1.admits("2026-01-05", specialty="320"),
        t1.discharges("2026-01-10", method="4", died="2026-01-10"),
    )
    found = state(*told, knowledge=under(both))
    assert (criteria(found), found.inquiries, case_record_review(found).notes) == (
        ["service-alarm"],
        (),
        (),
    )


def test_the_question_is_answered_through_its_task_with_a_finding() -> None:
    found = state(*died(), knowledge=under(ALARM))
    drawn = PersonResources(found, ResourceIds(b"alarms"), DIRECTORY).all({}, DECIDED)
    (task,) = [d.resource for d in drawn if d.audience == (T1,)]
    done = {**task, "status": "completed"}
    with pytest.raises(StepRefused, match="whether it is confirmed or not-confirmed"):
        step(task, done, T1, "provider")
    coding = [{"system": "x", "code": CONFIRMED}]
    kind = {"coding": [{"system": OUTPUT, "code": FINDING}]}
    said = {"type": kind, "valueCodeableConcept": {"coding": coding}}
    taken = step(task, {**done, "output": [said]}, T1, "provider")
    assert taken is not None
    assert (taken.route, taken.about) == ("alarm A1", asked(found)[CONFIRM].about)


@pytest.mark.parametrize(("written", "read"), [("F20.0", "F200"), (" f20 ", "F20")])
def test_a_code_is_read_as_anybody_writes_it(written: str, read: str) -> None:
    assert bare(written) == read
