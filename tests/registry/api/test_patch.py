"""Patches of both kinds: what they make, what does not fit, and a step taken by patch."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from registry.api.negotiation import FHIR_JSON, JSON_PATCH
from registry.api.outcomes import FhirError
from registry.api.patch.patching import patched
from tests.registry.api.conftest import Ask
from tests.registry.api.test_reviews import IN_HOSPITAL, tell, the_task
from tests.registry.core.stating import P1, T1

Resource = dict[str, Any]
TASK: Resource = {
    "resourceType": "Task",
    "id": "1",
    "status": "requested",
    "intent": "order",
    "note": [{"text": "a"}, {"text": "b"}, {"text": "it's c"}],
    "input": [
        {"type": {"text": "one"}, "valueString": "1"},
        {"type": {"text": "two"}, "valueBoolean": True},
    ],
}


def operation(kind: str, path: str, **more: Any) -> Resource:
    """An operation of a FHIRPath Patch; `value` is a FHIR element, as valueCode={...}."""
    parts: list[Resource] = [
        {"name": "type", "valueCode": kind},
        {"name": "path", "valueString": path},
    ]
    for name, value in more.items():
        if name.startswith("value"):
            parts.append({"name": "value", name: value})
        elif name == "part":
            parts.append({"name": "value", "part": value})
        elif name == "name":
            parts.append({"name": "name", "valueString": value})
        else:
            parts.append({"name": name, "valueInteger": value})
    return {"name": "operation", "part": parts}


def parameters(*operations: Resource) -> Resource:
    return {"resourceType": "Parameters", "parameter": list(operations)}


def fhirpath(*operations: Resource) -> Resource:
    before = copy.deepcopy(TASK)
    made = patched(TASK, parameters(*operations), FHIR_JSON)
    assert before == TASK, "the resource itself is left as it was"
    return made


def notes(task: Resource) -> list[str]:
    return [note["text"] for note in task.get("note", [])]


def test_replace() -> None:
    assert fhirpath(operation("replace", "Task.status", valueCode="accepted"))["status"] == (
        "accepted"
    )
    made = fhirpath(operation("replace", "Task.note[1].text", valueMarkdown="x"))
    assert notes(made) == ["a", "x", "it's c"]
    made = fhirpath(
        operation("replace", "Task.note.where(text = 'it\\'s c')", valueAnnotation={"text": "y"})
    )
    assert notes(made) == ["a", "b", "y"]


def test_replace_can_give_a_choice_another_type() -> None:
    path = "Task.input.where(type.text='one').value"
    made = fhirpath(operation("replace", path, valueCode="x"))
    assert made["input"][0] == {"type": {"text": "one"}, "valueCode": "x"}


def test_add() -> None:
    made = fhirpath(
        operation("add", "Task", name="statusReason", valueCodeableConcept={"text": "x"}),
        operation("add", "Task", name="note", valueAnnotation={"text": "d"}),
        operation("add", "Task.note[0]", name="time", valueDateTime="2026"),
    )
    assert made["statusReason"] == {"text": "x"}
    assert notes(made) == ["a", "b", "it's c", "d"]
    assert made["note"][0]["time"] == "2026"


def test_add_makes_a_group_of_parts() -> None:
    parts = [
        {"name": "type", "valueCodeableConcept": {"text": "three"}},
        {"name": "value", "valueString": "3"},
    ]
    made = fhirpath(operation("add", "Task", name="input", part=parts))
    assert made["input"][2] == {"type": {"text": "three"}, "valueString": "3"}


def test_insert_delete_and_move() -> None:
    made = fhirpath(operation("insert", "Task.note", index=1, valueAnnotation={"text": "x"}))
    assert notes(made) == ["a", "x", "b", "it's c"]
    assert notes(fhirpath(operation("delete", "Task.note.first()"))) == ["b", "it's c"]
    assert notes(fhirpath(operation("delete", "Task.note.last()"))) == ["a", "b"]
    assert notes(fhirpath(operation("move", "Task.note", source=0, destination=2))) == [
        "b",
        "it's c",
        "a",
    ]
    assert "note" not in fhirpath(*[operation("delete", "Task.note[0]")] * 3)
    assert fhirpath(operation("delete", "Task.priority")) == TASK


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (parameters(operation("replace", "Task.priority", valueCode="stat")), 422),
        (parameters(operation("replace", "Task.note", valueAnnotation={"text": "x"})), 422),
        (parameters(operation("replace", "Task", valueCode="x")), 422),
        (parameters(operation("delete", "Task")), 422),
        (parameters(operation("delete", "Task.note")), 422),
        (parameters(operation("add", "Task", name="status", valueCode="x")), 422),
        (parameters(operation("add", "Task", name="nonsense", valueCode="x")), 422),
        (parameters(operation("add", "Task.status", name="x", valueCode="x")), 422),
        (parameters(operation("insert", "Task.note", index=9, valueAnnotation={})), 422),
        (parameters(operation("insert", "Task.status", index=0, valueCode="x")), 422),
        (parameters(operation("move", "Task.note", source=0, destination=3)), 422),
        (parameters(operation("replace", "Patient.active", valueBoolean=True)), 400),
        (parameters(operation("replace", "Task.resolve()", valueCode="x")), 400),
        (parameters(operation("replace", "Task.note.where(text ~ 'a')", valueCode="x")), 400),
        (parameters(operation("replace", "", valueCode="x")), 400),
        (parameters(operation("replace", "Task.note.single()", valueCode="x")), 400),
        (parameters(operation("mangle", "Task.status", valueCode="x")), 400),
        (parameters(operation("replace", "Task.status")), 400),
        (parameters({"name": "other"}), 400),
        (parameters({"name": "operation", "part": [{}]}), 400),
        (parameters({"name": "operation", "part": [1]}), 400),
        ({"resourceType": "Parameters"}, 400),
        (parameters(*[operation("delete", "Task.priority")] * 101), 400),
        ({"resourceType": "Task"}, 415),
        ({"status": "accepted"}, 415),
        ([], 415),
    ],
)
def test_a_fhirpath_patch_that_does_not_fit_is_refused(body: Any, status: int) -> None:
    with pytest.raises(FhirError) as refused:
        patched(TASK, body, FHIR_JSON)
    assert refused.value.status == status


def test_json_patch() -> None:
    made = patched(
        TASK,
        [
            {"op": "test", "path": "/status", "value": "requested"},
            {"op": "replace", "path": "/status", "value": "accepted"},
            {"op": "remove", "path": "/note/0"},
            {"op": "add", "path": "/priority", "value": "stat"},
        ],
        JSON_PATCH,
    )
    assert (made["status"], notes(made), made["priority"]) == ("accepted", ["b", "it's c"], "stat")
    assert TASK["status"] == "requested"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ([{"op": "test", "path": "/status", "value": "x"}], 422),
        ([{"op": "remove", "path": "/nothing"}], 422),
        ([{"op": "add", "path": "/note/9", "value": 1}], 422),
        ([{"op": "replace", "path": "", "value": 1}], 422),
        ([{"op": "remove", "path": "/status/x/y"}], 422),
        ([{"op": "move", "from": "/nothing", "path": "/x"}], 422),
        ([{"op": "mangle", "path": "/x"}], 400),
        ([{"path": "/x"}], 400),
        ([{"op": "add"}], 400),
        ([1], 400),
        ([{"op": "add", "path": 7, "value": 1}], 400),
        ([{"op": "add", "path": "no-slash", "value": 1}], 422),
        ({}, 400),
        ("x", 400),
        ([{"op": "remove", "path": "/x"}] * 101, 400),
    ],
)
def test_a_json_patch_that_does_not_fit_is_refused(body: Any, status: int) -> None:
    with pytest.raises(FhirError) as refused:
        patched(TASK, body, JSON_PATCH)
    assert refused.value.status == status


ACCEPT_JSON = [{"op": "replace", "path": "/status", "value": "accepted"}]
ACCEPT_FHIR = parameters(operation("replace", "Task.status", valueCode="accepted"))


@pytest.mark.parametrize(
    ("patch", "media_type"), [(ACCEPT_JSON, JSON_PATCH), (ACCEPT_FHIR, FHIR_JSON)]
)
async def test_a_step_can_be_taken_by_patch(ask: Ask, patch: Any, media_type: str) -> None:
    await tell(ask, IN_HOSPITAL)
    provider = await ask(T1, "provider")
    task = await the_task(provider)
    address = f"Task/{task['id']}"
    headers = {"Content-Type": media_type}
    assert (await provider.patch(address, json=patch, headers=headers)).status_code == 428
    stale = headers | {"If-Match": 'W/"7"'}
    assert (await provider.patch(address, json=patch, headers=stale)).status_code == 412
    headers["If-Match"] = 'W/"1"'
    done = await provider.patch(address, json=patch, headers=headers)
    assert (done.status_code, done.json()["status"]) == (200, "accepted")
    assert (await provider.get(address)).json() == done.json()


async def test_a_patch_goes_the_way_of_an_update(ask: Ask) -> None:
    await tell(ask, IN_HOSPITAL)
    provider, practice = await ask(T1, "provider"), await ask(P1, "gp")
    address = f"Task/{(await the_task(provider))['id']}"
    headers = {"Content-Type": JSON_PATCH, "If-Match": 'W/"1"'}
    refused = await practice.patch(address, json=ACCEPT_JSON, headers=headers)
    assert refused.status_code == 403
    hidden = [{"op": "replace", "path": "/input/0/valueString", "value": "x"}]
    assert (await provider.patch(address, json=hidden, headers=headers)).status_code == 422
    invalid = [{"op": "replace", "path": "/status", "value": "nonsense"}]
    answer = await provider.patch(address, json=invalid, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["issue"][0]["expression"] == ["Task.status"]
    nowhere = await provider.patch("Task/nowhere", json=ACCEPT_JSON, headers=headers)
    assert nowhere.status_code == 404
    merge = await provider.patch(
        address, json={"status": "accepted"}, headers=headers | {"Content-Type": FHIR_JSON}
    )
    assert merge.status_code == 415
    text = merge.json()["issue"][0]["details"]["text"]
    assert JSON_PATCH in text and "FHIRPath Patch" in text
    nothing = [{"op": "test", "path": "/status", "value": "requested"}]
    same = await provider.patch(address, json=nothing, headers=headers)
    assert (same.status_code, same.headers["ETag"]) == (200, 'W/"1"')
