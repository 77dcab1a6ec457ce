"""Each step's form makes the change that the API reads as that step, wherever it is offered."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from conformance import canonical
from console.case.review import Review
from console.steps.changes import changes
from console.steps.forms import Filled, Kind, filled, form_of
from console.steps.patch import operations
from nhs import addresses
from registry.api.patch.patching import patched
from registry.core import steps
from registry.core.decision import Step
from registry.core.fhir.elements import task_input
from registry.core.fhir.review import TASK_STATUS
from registry.core.reviews import Necessity, State

Resource = dict[str, Any]
US, OTHER = "RT1", "RT2"
TODAY = date(2026, 11, 21)
JSON_PATCH = "application/json-patch+json"


def organisation(ods: str) -> Resource:
    return {
        "reference": f"Organization/{ods}",
        "identifier": {"system": addresses.ODS_ORGANISATION, "value": ods},
        "display": f"Trust {ods}",
    }


def coded(system: str, code: str, text: str = "") -> Resource:
    return {"coding": [{"system": system, "code": code}], "text": text}


def task(state: State, owner: str | None = US, *inputs: Resource, **more: Any) -> Resource:
    necessity = task_input("necessity", coded(canonical.REVIEW_NECESSITY, Necessity.TO_BE_SCREENED))
    made: Resource = {
        "resourceType": "Task", "id": "t1", "meta": {"versionId": "3"},
        "status": TASK_STATUS[state], "intent": "order",
        "businessStatus": coded(canonical.REVIEW_STATE, state),
        "code": coded(canonical.REVIEW_ROUTE, "case-record-review", "Case record review"),
        "for": {"reference": "Patient/p1"},
        "input": [necessity, *inputs],
        **more,
    }  # fmt: skip
    return {**made, "owner": organisation(owner)} if owner else made


def question(code: str, subject: str) -> Resource:
    system = canonical.FLAG_CODE if code == "confirm-flag" else canonical.DATA_QUALITY
    return {
        "resourceType": "Task", "id": "q1", "meta": {"versionId": "1"}, "status": "requested",
        "intent": "order", "businessStatus": coded(canonical.REVIEW_STATE, State.PROPOSED),
        "code": coded(canonical.INQUIRY, code, "A question"), "description": "What is right?",
        "for": {"reference": "Patient/p1"}, "owner": organisation(US),
        "reasonCode": coded(system, subject),
    }  # fmt: skip


OFFERED = task_input("offered-to", organisation(US))
GIVEN = task_input("offered-to", organisation("RT3"))
JOINED = task_input("contributor", organisation(US))
CONTACT = task_input("family-contact", "Sam Example")
TASKS = {
    "proposed to us": task(State.PROPOSED),
    "proposed to another": task(State.PROPOSED, OTHER),
    "nobody": task(State.NOBODY_PROPOSED, None),
    "accepted": task(State.ACCEPTED),
    "accepted, with offer and contact": task(State.ACCEPTED, US, GIVEN, CONTACT),
    "offered to us": task(State.IN_PROGRESS, OTHER, OFFERED),
    "we contribute": task(State.IN_PROGRESS, OTHER, JOINED),
    "in progress": task(State.IN_PROGRESS),
    "on hold": task(State.ON_HOLD),
    "out of scope": task(State.OUT_OF_SCOPE),
    "completed": task(State.COMPLETED),
    "closed": task(State.CLOSED),
    "ended": task(State.ENDED),
    "question of quality": question("data-quality", "death-date-differs"),
    "question of a flag": question("confirm-flag", "learning-disability"),
}
WORDS: dict[Kind, str] = {"line": "RT2", "words": "Said so.", "lines": "One\nTwo"}


def seen(one: Resource) -> Review:
    return Review(one, US, "provider", TODAY)


def offers() -> list[tuple[str, Step]]:
    return [(name, step) for name, one in TASKS.items() for step in seen(one).steps]


def answers(name: str, step: Step) -> list[dict[str, str]]:
    """Every choice of the form, with all else filled in."""
    form = form_of(step, seen(TASKS[name]))
    words = {one.name: WORDS[one.kind] for one in form.fields if one.kind != "choice"}
    chosen = [one for one in form.fields if one.choices]
    if not chosen:
        return [words]
    base = {**words, **{one.name: one.choices[0].value for one in chosen}}
    return [{**base, one.name: choice.value} for one in chosen for choice in one.choices]


def taken(one: Resource, step: Step, values: dict[str, str]) -> steps.Taken | None:
    sent = patched(one, operations(step, one, values, US), JSON_PATCH)
    return steps.step(one, sent, US, "provider")


def test_every_step_that_people_take_is_offered_somewhere() -> None:
    assert {step for _, step in offers()} == set(Step) - {Step.ESCALATE}


@pytest.mark.parametrize(("name", "step"), offers())
def test_the_form_of_a_step_is_that_step_to_the_api(name: str, step: Step) -> None:
    one = TASKS[name]
    for values in answers(name, step):
        sent = filled(form_of(step, seen(one)), values)
        assert sent.errors == {}
        read = taken(one, step, sent.values)
        assert read is not None
        assert read.step is step, values
        if (
            values.get("reason")
            and step is not Step.OFFER
            and values.get("screening") != "selected"
        ):
            assert read.reason is not None and read.reason.text == "Said so."


@pytest.mark.parametrize(("name", "step"), offers())
def test_an_empty_form_says_what_is_missing_or_is_enough(name: str, step: Step) -> None:
    form = form_of(step, seen(TASKS[name]))
    needed = {one.name for one in form.fields if one.is_needed}
    assert set(filled(form, {}).errors) == needed
    if not needed and form.fields and step is Step.COMPLETE:
        assert taken(TASKS[name], step, filled(form, {}).values) is not None


def test_not_selected_needs_a_reason() -> None:
    form = form_of(Step.SCREEN, seen(TASKS["accepted"]))
    assert set(filled(form, {"screening": "not-selected"}).errors) == {"reason"}
    assert filled(form, {"screening": "selected"}).errors == {}


def test_what_is_no_answer_is_refused() -> None:
    form = form_of(Step.HOLD, seen(TASKS["accepted"]))
    assert set(filled(form, {"reason_code": "holiday"}).errors) == {"reason_code"}
    long = filled(form, {"reason_code": "coroner", "reason": "x" * 5001})
    assert "5000" in long.errors["reason"]


def test_a_contact_is_named_changed_and_taken_away() -> None:
    with_contact = TASKS["accepted, with offer and contact"]
    changed = taken(with_contact, Step.LIAISE, {"contact": "Kit"})
    assert changed is not None and changed.contact == "Kit"
    gone = taken(with_contact, Step.LIAISE, {"contact": ""})
    assert gone is not None and gone.contact is None
    assert taken(TASKS["accepted"], Step.LIAISE, {"contact": ""}) is None


def test_a_step_that_was_never_on_the_page_is_no_change() -> None:
    with pytest.raises(KeyError):
        operations(Step.WITHDRAW_OFFER, TASKS["accepted"], {}, US)


def test_what_changed_is_told_in_sentences() -> None:
    before = seen(TASKS["proposed to us"])
    after = seen(task(State.ACCEPTED, OTHER, JOINED, CONTACT,
                      executionPeriod={"start": "2026-11-20T09:00:00+00:00"}))  # fmt: skip
    told = changes(before, after)
    assert "Trust RT2 (RT2) has led since 20 November 2026." in " ".join(told)
    assert "Trust RT1 joined." in told
    assert "The family’s point of contact changed." in told
    assert changes(before, before) == []


def test_values_are_trimmed() -> None:
    form = form_of(Step.DISAGREE, seen(TASKS["accepted"]))
    assert filled(form, {"words": "  so\r\nit is "}) == Filled({"words": "so\nit is"})
    assert set(filled(form, {"words": " \r\n "}).errors) == {"words"}
