"""Questions about data: who is asked after a merger, and when an answer counts no more."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import permutations

from registry.core.decision import Decision
from registry.core.fhir.person import Drawn, PersonResources
from registry.core.inquiries import Inquiry
from registry.core.resource_ids import ResourceIds
from registry.core.statement import NationalStatus, Statement
from registry.core.steps import step
from registry.core.steps.task import ReviewTask
from registry.directory.organisation import Directory, Organisation
from tests.registry.core.deciding import DECIDED, People
from tests.registry.core.stating import (
    KNOWLEDGE,
    NUMBER,
    ORGANISATIONS,
    OTHER_NUMBER,
    T1,
    T2,
    TODAY,
    Nation,
    Sender,
    mrn,
)
from tests.registry.core.telling import asked, state, unanswered

IDS = ResourceIds(b"questions")
CONFLICT = "death-statement-conflict"


def succeeded(on: date) -> Directory:
    others = [o for o in ORGANISATIONS if o.ods != T1]
    return Directory([*others, Organisation(T1, "Trust One", "acute", "QX1", T2, on)])


MERGED = replace(KNOWLEDGE, directory=succeeded(TODAY))


def answer(inquiry: Inquiry, people: People | None = None) -> Decision:
    return replace((people or People()).answers(inquiry.route), about=inquiry.about)


def question_after_the_merger(told: Statement) -> Drawn:
    found = state(told, knowledge=MERGED)
    made = PersonResources(found, IDS, MERGED.directory).all({}, DECIDED)
    (drawn,) = [d for d in made if d.resource["resourceType"] == "Task" and d.audience]
    return drawn


def test_the_successor_of_a_merged_trust_is_asked_and_the_question_stays_the_same() -> None:
    told = Sender().contradicts_itself()
    before, after = asked(state(told))[CONFLICT], asked(state(told, knowledge=MERGED))[CONFLICT]
    assert (before.owner, after.owner) == (T1, T2)
    assert before.route == after.route == f"data-quality {CONFLICT} {T1}"
    answered = asked(state(told, decisions=[answer(before)], knowledge=MERGED))[CONFLICT]
    assert answered.answered is not None


def test_nobody_else_is_asked_before_the_day_of_the_merger() -> None:
    early = replace(KNOWLEDGE, directory=succeeded(date.max))
    assert asked(state(Sender().contradicts_itself(), knowledge=early))[CONFLICT].owner == T1


def test_the_successor_answers_by_the_task_it_sees() -> None:
    told = Sender().contradicts_itself()
    drawn = question_after_the_merger(told)
    task = drawn.resource
    assert drawn.audience == (T2,)
    assert ReviewTask(task).route == f"data-quality {CONFLICT} {T1}"
    done = {**task, "status": "completed", "statusReason": {"text": "corrected"}}
    taken = step(task, done, T2, "provider")
    assert taken is not None
    assert taken.about is not None
    decision = replace(People().answers(taken.route, T2), about=taken.about)
    assert unanswered(state(told, decisions=[decision], knowledge=MERGED)) == []


def test_a_message_that_repeats_the_contradiction_asks_nothing_new() -> None:
    t1 = Sender()
    first = t1.contradicts_itself(at="2026-01-10T09:00")
    given = answer(asked(state(first))[CONFLICT])
    again = t1.contradicts_itself(at="2026-04-01T09:00")
    for order in permutations((first, again)):
        assert unanswered(state(*order, decisions=[given])) == []


def test_a_contradiction_that_was_resolved_and_comes_back_is_asked_again() -> None:
    t1 = Sender()
    first = t1.contradicts_itself(at="2026-01-10T09:00")
    given = answer(asked(state(first))[CONFLICT])
    story = (
        first,
        t1.takes_back(at="2026-02-01T09:00"),
        t1.contradicts_itself(at="2026-04-01T09:00"),
    )
    for order in permutations(story):
        found = state(*order, decisions=[given])
        assert unanswered(found) == [CONFLICT]
        assert "answered on 2 March 2026" in asked(found)[CONFLICT].evidence[-1]
    anew = answer(asked(state(*story, decisions=[given]))[CONFLICT])
    assert unanswered(state(*story, decisions=[given, replace(anew, number=2)])) == []


def test_another_date_of_death_than_the_one_answered_about_is_asked_about() -> None:
    t1, nation = Sender(), Nation()
    formal = nation.notifies(NationalStatus.FORMAL, "2026-01-10", at="2026-01-20T09:00")
    first = t1.reports("2026-01-12", at="2026-01-13T09:00")
    given = answer(asked(state(formal, first))["death-date-differs"])
    assert unanswered(state(formal, first, decisions=[given])) == []
    same = t1.reports("2026-01-12", at="2026-03-13T09:00")
    assert unanswered(state(formal, first, same, decisions=[given])) == []
    other = t1.reports("2026-01-14", at="2026-03-14T09:00")
    assert unanswered(state(formal, first, other, decisions=[given])) == ["death-date-differs"]
    right = t1.reports("2026-01-10", at="2026-03-15T09:00")
    assert "death-date-differs" not in asked(state(formal, first, right, decisions=[given]))


def test_a_second_removal_of_the_national_record_is_asked_about() -> None:
    nation, local = Nation(), Sender().reports("2026-01-10", at="2026-01-11T09:00")
    removed = nation.notifies(NationalStatus.REMOVED, at="2026-02-01T09:00")
    given = answer(asked(state(local, removed))["death-removed-nationally"])
    restored = nation.notifies(NationalStatus.INFORMAL, "2026-01-10", at="2026-03-01T09:00")
    anew = nation.notifies(NationalStatus.REMOVED, at="2026-04-01T09:00")
    assert unanswered(state(local, removed, decisions=[given])) == []
    found = state(local, removed, restored, anew, decisions=[given])
    assert unanswered(found) == ["death-removed-nationally"]


def test_a_third_number_is_another_question_than_the_first_two() -> None:
    one = Sender(identifiers=(mrn("A"), NUMBER))
    two = Sender(identifiers=(mrn("A"), OTHER_NUMBER))
    three = Sender(identifiers=(mrn("A"), NUMBER._replace(value="9990000034")))
    told = [s.reports("2026-01-10", at=f"2026-01-1{n}T09:00") for n, s in enumerate((one, two))]
    conflict = "nhs-numbers-conflict"
    found = state(*told)
    given = answer(asked(found)[conflict])
    assert conflict not in unanswered(state(*told, decisions=[given]))
    third = three.reports("2026-01-10", at="2026-03-01T09:00")
    assert conflict in unanswered(state(*told, third, decisions=[given]))


def test_an_answer_from_before_questions_named_their_facts_still_counts() -> None:
    told = Sender().contradicts_itself()
    route = asked(state(told))[CONFLICT].route
    old = People().answers(route)
    assert old.about is None
    assert unanswered(state(told, decisions=[old])) == []
