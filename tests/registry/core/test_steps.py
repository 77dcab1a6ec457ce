"""What a client may send back of a Task, and what it is told when it may not."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

import pytest

from conformance import canonical
from registry.core.decision import Decision, Reason, Step
from registry.core.fhir.elements import concept, task_input, task_output
from registry.core.fhir.person import PersonResources
from registry.core.flags import LEARNING_DISABILITY
from registry.core.resource_ids import ResourceIds
from registry.core.steps import StepRefused, Taken, leads_now, permitted, step
from registry.core.steps.task import ReviewTask
from registry.core.visibility import view
from tests.registry.core.client import HELD, REASON, Task, changed, organisation
from tests.registry.core.deciding import DECIDED, People, concern
from tests.registry.core.stating import DIRECTORY, ICB1, MH1, P1, T1, T2, Sender
from tests.registry.core.telling import state

IDS = ResourceIds(b"a secret of the tests' own, 32 by")
CRR = "case-record-review"


def tasks(
    *decisions: Decision, is_possible: bool = False, is_must: bool = False
) -> dict[str, Task]:
    """The Tasks of somebody who died in T1, by their code."""
    t1 = Sender()
    told = [t1.discharges("2026-01-10", method="4", died="2026-01-10")]
    if is_possible:
        told.append(t1.diagnoses("F81.9", f"possible-{LEARNING_DISABILITY}"))
        told.append(t1.contradicts_itself())
    raised = [concern()] if is_must else []
    found = state(*told, decisions=decisions, concerns=raised)
    drawn = PersonResources(found, IDS, DIRECTORY).all({}, DECIDED)
    return {
        d.resource["code"]["coding"][0]["code"]: d.resource
        for d in drawn
        if d.resource["resourceType"] == "Task"
    }


def review(*decisions: Decision, is_must: bool = False) -> Task:
    return tasks(*decisions, is_must=is_must)[CRR]


def with_(task: Task, **elements: Any) -> Task:
    """The Task with some elements replaced."""
    return {**deepcopy(task), **elements}


def judged(scale: str = canonical.JUDGEMENT_PRISM, score: str = "1") -> Task:
    return task_output("judgement", concept(scale, score, "a score"))


def refused(task: Task, sent: Task, by: str = T1, role: str = "provider") -> StepRefused:
    with pytest.raises(StepRefused) as why:
        step(task, sent, by, role)
    return why.value


def test_a_refusal_passes_through_a_context_manager() -> None:
    @contextmanager
    def transaction() -> Generator[None]:
        yield

    with pytest.raises(StepRefused, match="why"), transaction():
        raise StepRefused("business-rule", "Task", "why")


def led() -> Task:
    return review(People().accept())


def test_a_task_sent_back_as_it_was_read_is_no_step() -> None:
    task = led()
    assert step(task, deepcopy(task), T1, "provider") is None
    as_seen_by_the_practice = view(task, "gp")
    assert step(task, as_seen_by_the_practice, P1, "gp") is None


def test_what_the_server_alone_writes_is_not_compared() -> None:
    task = led()
    sent = with_(task, meta={"versionId": "7"}, lastModified="2026-03-01", text={"div": "x"})
    assert step(task, sent, T1, "provider") is None


@pytest.mark.parametrize(
    "element", ["code", "for", "focus", "groupIdentifier", "reasonCode", "intent", "identifier"]
)
def test_what_follows_from_facts_is_nobodys_to_change(element: str) -> None:
    task = led()
    why = refused(task, {**task, element: {"text": "something else"}})
    assert (why.code, why.expression) == ("business-rule", f"Task.{element}")
    assert "follows from the facts" in why.text
    without = {name: value for name, value in task.items() if name != element}
    assert refused(task, without).expression == f"Task.{element}"


def test_two_steps_at_once_are_none() -> None:
    task = led()
    offer_and_start = with_(task, status="in-progress", owner=organisation(T2))
    assert "One step at a time" in refused(task, offer_and_start).text
    joined = [*task["input"], task_input("contributor", organisation(T2))]
    assert "One step" in refused(task, with_(task, status="on-hold", input=joined)).text
    both = [*joined, task_input("disagreement", "no")]
    assert "One step" in refused(task, with_(task, input=both), T2).text


@pytest.mark.parametrize("wanted", [Step.DECLINE, Step.HOLD])
def test_a_step_that_needs_a_reason_is_refused_without_one(wanted: Step) -> None:
    task = review() if wanted is Step.DECLINE else led()
    sent = changed(task, wanted, T1, T2)
    assert sent is not None
    del sent["statusReason"]
    why = refused(task, sent)
    assert (why.code, why.expression) == ("required", "Task.statusReason")


def test_a_reason_that_stood_there_before_is_not_given_for_this_step() -> None:
    people = People()
    task = review(people.accept(), people.screen(selected=False))
    assert task["statusReason"] == {"text": "nothing to learn"}
    assert refused(task, with_(task, status="in-progress")).expression == "Task.statusReason"
    sent = with_(task, status="in-progress", statusReason={"text": "a new concern"})
    taken = step(task, sent, T1, "provider")
    assert taken == Taken(CRR, Step.REOPEN, reason=Reason("a new concern"))


def test_a_review_goes_on_without_the_reason_for_its_hold() -> None:
    people = People()
    task = review(people.accept(), people.hold())
    taken = step(task, with_(task, status="in-progress"), T1, "provider")
    assert taken == Taken(CRR, Step.RESUME)


def test_a_hold_is_for_a_listed_reason() -> None:
    task = led()
    why = refused(task, with_(task, status="on-hold", statusReason=REASON))
    assert why.expression == "Task.statusReason.coding"
    assert "coroner" in why.text
    taken = step(task, with_(task, status="on-hold", statusReason=HELD), T1, "provider")
    assert taken == Taken(CRR, Step.HOLD, reason=Reason("Inquest opened", "coroner"))


def test_a_case_record_review_ends_with_a_judgement_on_a_named_scale() -> None:
    task = led()
    done = with_(task, status="completed")
    assert "judgement" in refused(task, done).text
    for output in (
        judged("https://scale.example", "1"),
        judged(score="7"),
        judged(score="0"),
        task_output("judgement", "1"),
    ):
        assert refused(task, {**done, "output": [output]}).code == "value"
    sent = {**done, "output": [judged(), task_output("learning", "listen to the family")]}
    taken = step(task, sent, T1, "provider")
    assert taken is not None
    assert [(o.kind, o.code, o.text) for o in taken.outcomes] == [
        ("judgement", "1", "a score"),
        ("learning", None, "listen to the family"),
    ]


def test_an_output_has_a_kind_that_is_listed_and_a_value() -> None:
    task = led()
    done = with_(task, status="completed")
    unknown = task_output("rating", "good")
    assert refused(task, {**done, "output": [unknown]}).expression == "Task.output.type"
    empty = {"type": judged()["type"], "valueInteger": 1}
    assert refused(task, {**done, "output": [empty]}).expression == "Task.output.value[x]"


def test_what_must_be_reviewed_cannot_be_screened_out() -> None:
    task = review(People().accept(), is_must=True)
    sent = changed(task, "screen not-selected", T1, T2)
    assert sent is not None
    why = refused(task, sent)
    assert "The step 'screen' is not allowed" in why.text
    allowed = changed(led(), "screen not-selected", T1, T2)
    assert allowed is not None
    taken = step(led(), allowed, T1, "provider")
    assert taken is not None
    assert (taken.step, taken.selected) == (Step.SCREEN, False)


def test_screening_out_says_why_and_is_said_once() -> None:
    task = led()
    sent = changed(task, "screen not-selected", T1, T2)
    assert sent is not None
    without = {name: value for name, value in sent.items() if name != "statusReason"}
    assert refused(task, without).expression == "Task.statusReason"
    selected = task_output("screening", concept(canonical.REVIEW_OUTPUT, "selected", "Selected"))
    both = {**sent, "output": [*sent["output"], selected]}
    assert refused(task, both).code == "value"


def test_only_ones_own_organisation_joins() -> None:
    task = led()
    joined = with_(task, input=[*task["input"], task_input("contributor", organisation(MH1))])
    assert "your own organisation" in refused(task, joined, T2).text
    assert step(task, joined, MH1, "provider") == Taken(CRR, Step.JOIN)


@pytest.mark.parametrize("kind", ["scope", "necessity", "criterion", "lead-rule", "concern"])
def test_inputs_that_follow_from_facts_are_not_added(kind: str) -> None:
    task = led()
    sent = with_(task, input=[*task["input"], task_input(kind, "words")])
    assert "Of the inputs only these are for clients" in refused(task, sent).text


def test_words_are_not_empty() -> None:
    task = led()
    sent = with_(task, input=[*task["input"], task_input("disagreement", "  ")])
    assert (refused(task, sent).code, refused(task, sent).expression) == ("required", "Task.input")


def test_an_offer_names_the_new_lead_by_its_code() -> None:
    task = led()
    nameless = with_(task, owner={"display": "Trust Two"})
    assert refused(task, nameless).expression == "Task.owner.identifier"
    assert refused(task, {n: v for n, v in task.items() if n != "owner"}).code == "required"
    taken = step(task, with_(task, owner=organisation(T2)), T1, "provider")
    assert taken == Taken(CRR, Step.OFFER, to=T2)


def test_who_does_not_lead_is_told_who_does() -> None:
    task = led()
    sent = changed(task, Step.HOLD, T2, T1)
    assert sent is not None
    why = refused(task, sent, T2)
    assert why.code == "forbidden"
    assert "Trust One (RT1) has led since 2026-03-02" in why.text
    assert "Allowed next: join, disagree." in why.text
    assert leads_now(review()) == "Trust One (RT1) is proposed to lead."


def test_an_ended_review_is_nobodys_to_take_though_it_was_offered() -> None:
    people = People()
    t1 = Sender()
    told = (t1.discharges("2026-01-10"), t1.reports("2026-01-12"), t1.takes_back())
    found = state(*told, decisions=[people.accept(), people.offer(MH1)])
    drawn = PersonResources(found, IDS, DIRECTORY).all({}, DECIDED)
    (task,) = [d.resource for d in drawn if d.resource["resourceType"] == "Task"]
    assert task["status"] == "entered-in-error"
    sent = changed(task, Step.ACCEPT, MH1, T1)
    assert sent is not None
    assert refused(task, sent, MH1).text.endswith("Allowed next: none.")


def test_a_question_about_a_flag_is_answered_by_one_finding() -> None:
    task = tasks(is_possible=True)["confirm-flag"]
    done = with_(task, status="completed")
    assert (refused(task, done).code, refused(task, done).expression) == ("required", "Task.output")

    def finding(code: str) -> Task:
        return task_output("flag-finding", concept(canonical.REVIEW_OUTPUT, code, code))

    both = [finding("confirmed"), finding("not-confirmed")]
    assert refused(task, {**done, "output": both}).code == "required"
    taken = step(task, {**done, "output": [finding("confirmed")]}, T1, "provider")
    assert taken is not None
    assert (taken.route, taken.step) == (f"confirm-{LEARNING_DISABILITY}", Step.COMPLETE)
    assert refused(task, {**done, "output": [finding("confirmed")]}, T2).code == "forbidden"
    assert refused(task, with_(task, status="rejected")).text.endswith("Allowed next: complete.")


def test_a_question_about_data_is_answered_once_by_whom_it_asks() -> None:
    task = tasks(is_possible=True)["data-quality"]
    sent = with_(task, status="completed", statusReason={"text": "corrected"})
    taken = step(task, sent, T1, "provider")
    assert taken is not None
    assert taken.route == "data-quality death-statement-conflict RT1"
    assert refused(task, sent, ICB1, "icb").code == "forbidden"
    answer = People().answers(taken.route)
    answered = tasks(answer, is_possible=True)["data-quality"]
    assert answered["status"] == "completed"
    assert refused(answered, with_(answered, status="requested")).text.endswith("next: none.")


@pytest.mark.parametrize("role", ["gp", "national", "admin", "adapter"])
def test_other_roles_take_no_step(role: str) -> None:
    task = led()
    assert permitted(ReviewTask(task), T1, "provider") != ()
    assert permitted(ReviewTask(task), T1, role) == ()
    assert permitted(ReviewTask(task), None, "provider") == ()


def test_a_practice_that_sends_a_step_is_told_who_leads() -> None:
    task = led()
    why = refused(task, {**view(task, "gp"), "status": "in-progress"}, P1, "gp")
    assert why.code == "forbidden"
    assert "Trust One" in why.text
