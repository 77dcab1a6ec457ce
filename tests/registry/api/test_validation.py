"""Validation: one defect at a time is found, with its place, and what is right passes."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from datetime import date
from typing import Any, cast

import pytest
from fhir.resources.R4B import get_fhir_model_class
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from nhs import addresses
from registry.api.validation.primitives import is_valid
from registry.api.validation.validate import issues
from tests.registry.api.conftest import Ask
from tests.registry.api.message import message
from tests.registry.api.test_reviews import FHIR, IN_HOSPITAL, tell, the_task
from tests.registry.core.stating import T1, T2

Resource = dict[str, Any]
DIV = '<div xmlns="http://www.w3.org/1999/xhtml">{}</div>'

PATIENT: Resource = {
    "resourceType": "Patient",
    "id": "p",
    "language": "en-GB",
    "text": {"status": "generated", "div": DIV.format("<p>Test</p>")},
    "identifier": [{"system": addresses.NHS_NUMBER, "value": "9990000018"}],
    "name": [{"family": "Example", "given": ["Ada"]}],
    "gender": "female",
    "birthDate": "1950-02-03",
    "_birthDate": {"extension": [{"url": addresses.EXTENSION_DATA_ABSENT_REASON,
                                  "valueCode": "masked"}]},
    "deceasedDateTime": "2026-01-10T09:00:00+00:00",
    "generalPractitioner": [{"reference": "Organization/P81001"}],
    "contact": [{"name": {"family": "Example"}}],
}  # fmt: skip
TASK: Resource = {
    "resourceType": "Task",
    "id": "t",
    "status": "requested",
    "intent": "order",
    "authoredOn": "2026-01-10T09:00:00Z",
    "lastModified": "2026-01-11T09:00:00Z",
    "owner": {"reference": "Organization/RT1"},
    "executionPeriod": {"start": "2026-01-11"},
    "input": [{"type": {"text": "x"}, "valueString": "y"}],
}


def errors(resource: Any) -> list[str]:
    """Where something is wrong."""
    return [issue.expression or "" for issue in issues(resource) if issue.is_error]


def with_(base: Resource, **changed: Any) -> Resource:
    return {**copy.deepcopy(base), **changed}


def without(base: Resource, name: str) -> Resource:
    return {key: value for key, value in base.items() if key != name}


def test_what_is_right_passes() -> None:
    for resource in (PATIENT, TASK, IN_HOSPITAL, message("A40", mrn="B", prior_mrn="A")):
        assert issues(resource) == []


EXTENSION = {"url": addresses.EXTENSION_ETHNIC_CATEGORY}
UNKNOWN = {"url": "http://unknown.example/x", "valueString": "x"}
CONTAINED = {"resourceType": "Organization", "id": "o", "name": "x"}

DEFECTS: list[tuple[Resource, str]] = [
    (with_(PATIENT, nickname="x"), "Patient"),
    (with_(PATIENT, gender="masculine"), "Patient.gender"),
    (with_(PATIENT, birthDate="1970-13-45"), "Patient.birthDate"),
    (with_(PATIENT, birthDate="2026-02-30"), "Patient.birthDate"),
    (with_(PATIENT, birthDate="20260201"), "Patient.birthDate"),
    (with_(PATIENT, birthDate=1970), "Patient.birthDate"),
    (with_(PATIENT, active="yes"), "Patient.active"),
    (with_(PATIENT, name={"family": "x"}), "Patient.name"),
    (with_(PATIENT, name=[]), "Patient.name"),
    (with_(PATIENT, name=[{}]), "Patient.name[0]"),
    (with_(PATIENT, name=[{"family": ""}]), "Patient.name[0].family"),
    (with_(PATIENT, name=["x"]), "Patient.name[0]"),
    (with_(PATIENT, name=[{"use": "nick"}]), "Patient.name[0].use"),
    (with_(PATIENT, name=[{"family": "a\x07"}]), "Patient.name[0].family"),
    (with_(PATIENT, id="a b"), "Patient.id"),
    (with_(PATIENT, id="x" * 65), "Patient.id"),
    (with_(PATIENT, deceasedBoolean=True), "Patient.deceased"),
    (with_(PATIENT, contact=[{"gender": "male"}]), "Patient.contact[0]"),
    (with_(PATIENT, link=[{"type": "replaces"}]), "Patient.link[0].other"),
    (with_(PATIENT, link=[{"other": {"reference": "Task/1"}, "type": "seealso"}]),
     "Patient.link[0].other"),
    (with_(PATIENT, generalPractitioner=[{"reference": "#none"}]),
     "Patient.generalPractitioner[0]"),
    (with_(PATIENT, contained=[CONTAINED]), "Patient.contained[0]"),
    (with_(PATIENT, extension=[EXTENSION]), "Patient.extension[0]"),
    (with_(PATIENT, extension=[{**EXTENSION, "valueCode": "x", "extension": [UNKNOWN]}]),
     "Patient.extension[0]"),
    (with_(PATIENT, modifierExtension=[UNKNOWN]), "Patient.modifierExtension[0]"),
    (with_(PATIENT, multipleBirthInteger=1.5), "Patient.multipleBirth"),
    (with_(PATIENT, text={"status": "generated"}), "Patient.text.div"),
    (with_(PATIENT, text={"status": "made", "div": DIV.format("x")}), "Patient.text.status"),
    *(
        (with_(PATIENT, text={"status": "generated", "div": div}), "Patient.text.div")
        for div in (
            DIV.format("<script>x</script>"),
            DIV.format('<p onclick="x">x</p>'),
            DIV.format('<a href="javascript:x">x</a>'),
            DIV.format('<p style="background:url(http://x.example)">x</p>'),
            DIV.format("<p>x"),
            DIV.format(" "),
            "<div>x</div>",
            '<!DOCTYPE x [<!ENTITY a "b">]>' + DIV.format("&a;"),
            "x",
        )
    ),
    (without(TASK, "status"), "Task.status"),
    (without(TASK, "intent"), "Task.intent"),
    (with_(TASK, status="gone"), "Task.status"),
    (with_(TASK, status=["requested"]), "Task.status"),
    (with_(TASK, status=None), "Task.status"),
    (with_(TASK, intent="wish"), "Task.intent"),
    (with_(TASK, priority="high"), "Task.priority"),
    (with_(TASK, owner={"reference": "Task/1"}), "Task.owner"),
    (with_(TASK, owner={"type": "Task", "display": "x"}), "Task.owner"),
    (with_(TASK, owner="Organization/RT1"), "Task.owner"),
    (with_(TASK, code="x"), "Task.code"),
    (with_(TASK, lastModified="2026-01-09T09:00:00Z"), "Task.lastModified"),
    (with_(TASK, authoredOn="2026-01-10T09:00:00"), "Task.authoredOn"),
    (with_(TASK, authoredOn="2026-01-10T25:00:00Z"), "Task.authoredOn"),
    (with_(TASK, executionPeriod={"start": "2026-02-01", "end": "2026-01-01"}),
     "Task.executionPeriod"),
    (with_(TASK, input=[{"type": {"text": "x"}}]), "Task.input[0].value"),
    (with_(TASK, input=[{"type": {"text": "x"}, "valueString": "x", "valueCode": "y"}]),
     "Task.input[0].value"),
    (with_(TASK, restriction={"repetitions": 0}), "Task.restriction.repetitions"),
    ({"resourceType": "Nonsense"}, "Resource"),
    ({"resourceType": "SubscriptionTopic"}, "Resource"),
    ({"resourceType": ["Task"]}, "Resource"),
    ({}, "Resource"),
    ({"resourceType": "Bundle", "type": "batch", "entry": [{"resource": TASK}]},
     "Bundle.entry[0].request"),
    ({"resourceType": "Bundle", "type": "collection", "total": 1}, "Bundle.total"),
    ({"resourceType": "Bundle", "type": "collection", "entry": [{}]}, "Bundle.entry[0]"),
    ({"resourceType": "Bundle", "type": "message", "entry": [{"resource": TASK}]},
     "Bundle.entry"),
    ({"resourceType": "Bundle", "type": "collection", "entry": [
        {"fullUrl": "http://x.example/Task/t", "resource": TASK}] * 2},
     "Bundle.entry[1].fullUrl"),
    ({"resourceType": "Bundle", "type": "collection", "entry": [
        {"fullUrl": "Task/t", "resource": TASK}]}, "Bundle.entry[0].fullUrl"),
    ({"resourceType": "Bundle", "type": "collection", "entry": [
        {"resource": with_(TASK, status="gone")}]}, "Bundle.entry[0].resource.status"),
]  # fmt: skip


@pytest.mark.parametrize(("resource", "where"), DEFECTS)
def test_a_defect_is_found_where_it_is(resource: Resource, where: str) -> None:
    assert where in errors(resource)


def test_a_reference_within_a_bundle_is_followed_to_its_type() -> None:
    organisation = {"resourceType": "Organization", "id": "o", "name": "x"}
    task = with_(TASK, owner={"reference": "urn:uuid:11111111-1111-4111-8111-111111111111"})
    bundle: Resource = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [
            {"fullUrl": "urn:uuid:11111111-1111-4111-8111-111111111111", "resource": organisation},
            {"fullUrl": "urn:uuid:22222222-2222-4222-8222-222222222222", "resource": task},
        ],
    }
    assert errors(bundle) == []
    bundle["entry"][0]["resource"] = {"resourceType": "Location", "id": "l", "name": "x"}
    assert errors(bundle) == ["Bundle.entry[1].resource.owner"]


def test_an_extension_that_is_not_known_is_told_and_passes() -> None:
    (issue,) = issues(with_(PATIENT, extension=[UNKNOWN]))
    assert (issue.severity, issue.expression) == ("warning", "Patient.extension[0]")


def test_values_are_never_repeated() -> None:
    for resource, _ in DEFECTS:
        assert not any("9990000018" in issue.text for issue in issues(resource))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*TASK, *PATIENT, "x", "_x", "url"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(json_values, st.sampled_from(["Task", "Patient", "Bundle", "Parameters"]))
def test_anything_at_all_gets_an_answer(value: Any, kind: str) -> None:
    assert all(issue.text for issue in issues(value))
    if isinstance(value, dict):
        issues({**value, "resourceType": kind})


@given(st.dates(min_value=date(1000, 1, 1)))
def test_every_day_of_the_calendar_is_a_date(day: Any) -> None:
    text = day.isoformat()
    assert is_valid("date", text)
    assert is_valid("dateTime", f"{text}T09:00:00.123456789+01:00")
    assert is_valid("date", text[:4])
    assert is_valid("date", text[:7])
    assert not is_valid("instant", text)


VALUES: list[Any] = [
    None, 1, 1.5, -1, True, "x", "", "2026-01-01", "2026-13-01", "2026-01-01T00:00:00Z",
    "2026-01-01T10:00:00", "a b", " a", "24:00:00", [], {}, [1], {"x": 1}, ["x"],
    {"reference": "Task/1"}, {"coding": [{"code": "x"}]},
]  # fmt: skip


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a JSON value, as what holds it and its name or position there."""
    if isinstance(value, dict):
        held: Any = cast(dict[str, Any], value)
        keys: list[Any] = list(held)
    elif isinstance(value, list):
        held = cast(list[Any], value)
        keys = list(range(len(held)))
    else:
        return
    for key in keys:
        yield held, key
        yield from places(held[key])


def test_whatever_another_judge_refuses_is_refused() -> None:
    """fhir.resources judges shapes; our definitions must find at least what it finds."""
    chance = random.Random(20261121)
    refused = 0
    for _ in range(1500):
        resource: Any = copy.deepcopy(chance.choice([PATIENT, TASK, IN_HOSPITAL]))
        holder, key = chance.choice(list(places(resource)))
        if key == "resourceType":
            continue
        if chance.random() < 0.2:
            del holder[key]
        elif chance.random() < 0.8 or isinstance(holder, list):
            holder[key] = copy.deepcopy(chance.choice(VALUES))
        else:
            suffix = chance.choice(["x", "String", "Boolean", "DateTime"])
            holder[f"{key}{suffix}"] = copy.deepcopy(chance.choice(VALUES))
        try:
            model = get_fhir_model_class(resource["resourceType"])
            model.model_validate(copy.deepcopy(resource))
        except (ValidationError, TypeError):
            refused += 1
            assert errors(resource), resource
    assert refused > 500


async def test_validate_tells_everything_and_stores_nothing(ask: Ask) -> None:
    await tell(ask, IN_HOSPITAL)
    provider = await ask(T1, "provider")
    task = await the_task(provider)
    fine = await provider.post("Task/$validate", json=task, headers=FHIR)
    assert fine.json()["issue"][0]["severity"] == "information"
    wrong = {**task, "status": "gone", "intent": "wish"}
    parameters: Resource = {
        "resourceType": "Parameters",
        "parameter": [{"name": "resource", "resource": wrong}, {"name": "mode", "valueCode": "x"}],
    }
    assert (await provider.post("Task/$validate", json=parameters, headers=FHIR)).status_code == 400
    parameters["parameter"][1]["valueCode"] = "update"
    told = await provider.post("Task/$validate", json=parameters, headers=FHIR)
    assert told.status_code == 200
    places = [issue["expression"] for issue in told.json()["issue"]]
    assert places == [["Task.status"], ["Task.intent"]] or places == [
        ["Task.intent"],
        ["Task.status"],
    ]
    creating = await provider.post("Task/$validate?mode=create", json=task, headers=FHIR)
    assert creating.json()["issue"][0]["code"] == "not-supported"
    patient = await provider.post("Task/$validate", json=PATIENT, headers=FHIR)
    assert patient.json()["issue"][0]["severity"] == "error"
    assert (await the_task(provider)) == task


async def test_validate_of_an_instance_is_for_who_may_read_it(ask: Ask) -> None:
    await tell(ask, IN_HOSPITAL)
    provider, other = await ask(T1, "provider"), await ask(T2, "provider")
    task = await the_task(provider)
    address = f"Task/{task['id']}/$validate"
    stored: Resource = {"resourceType": "Parameters"}
    answer = await provider.post(address, json=stored, headers=FHIR)
    assert answer.json()["issue"][0]["severity"] == "information"
    assert (await other.post(address, json=stored, headers=FHIR)).status_code == 404
    renamed = await provider.post(address, json={**task, "id": "x"}, headers=FHIR)
    assert renamed.json()["issue"][0]["expression"] == ["Task.id"]
    adapter = await ask(T1, "adapter")
    assert (
        await adapter.post("Bundle/$validate", json=IN_HOSPITAL, headers=FHIR)
    ).status_code == 200


async def test_all_that_is_wrong_with_a_message_is_told_at_once(ask: Ask) -> None:
    wrong = copy.deepcopy(IN_HOSPITAL)
    wrong["entry"][2]["resource"] |= {"gender": "masculine", "birthDate": "1950-02-31"}
    adapter = await ask(T1, "adapter")
    answer = await adapter.post("$process-message", json=wrong, headers=FHIR)
    assert answer.status_code == 400
    places = {issue["expression"][0] for issue in answer.json()["issue"]}
    assert places == {"Bundle.entry[2].resource.gender", "Bundle.entry[2].resource.birthDate"}
    assert "masculine" not in answer.text
