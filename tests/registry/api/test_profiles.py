"""Our own profiles: what the registry itself writes meets them, and each way to break one is
told."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings

from conformance import canonical
from registry.api.validation.guide import Node, profiles
from registry.api.validation.profiles import CONSTRAINTS, issues_against, stated
from registry.core.fhir import alarm as alarms
from registry.core.fhir.elements import concept, task_input
from registry.core.fhir.person import PersonResources
from registry.core.resource_ids import ResourceIds
from registry.core.visibility import may_see, view
from tests.registry.api.conftest import Ask
from tests.registry.api.test_alarms import alarm as alarm_request
from tests.registry.api.test_reviews import FHIR, IN_HOSPITAL, tell, the_task
from tests.registry.core.deciding import DECIDED, alarm
from tests.registry.core.histories import KNOWN, Whole, wholes
from tests.registry.core.stating import DIRECTORY, T1, Sender
from tests.registry.core.telling import knowing, state
from tests.registry.core.test_order import end

Resource = dict[str, Any]
IDS = ResourceIds(b"profiles")
# What the store adds to a Task.
STAMPS = {"authoredOn": "2026-03-01T09:00:00Z", "lastModified": "2026-03-01T09:00:00Z"}


def written(of: PersonResources) -> list[Resource]:
    return [
        d.resource | (STAMPS if d.resource["resourceType"] == "Task" else {})
        for d in of.all({}, DECIDED)
    ]


def broken(resource: Resource) -> list[tuple[str, str | None]]:
    return [
        (issue.code, issue.expression)
        for profile in stated(resource)
        for issue in issues_against(resource, profile)
    ]


@settings(max_examples=40, deadline=None)
@given(wholes())
def test_all_that_the_registry_writes_meets_its_profiles(whole: Whole) -> None:
    for one in end(whole):
        for resource in written(PersonResources(one, IDS, KNOWN.directory)):
            assert broken(resource) == [], resource
            for role in ("gp", "national", "icb"):
                if may_see(role, resource["resourceType"]):
                    assert broken(view(resource, role)) == []


def review() -> Resource:
    found = state(Sender().discharges("2026-01-10", method="4", died="2026-01-10"))
    made = written(PersonResources(found, IDS, DIRECTORY))
    return next(r for r in made if r["resourceType"] == "Task")


def question() -> Resource:
    found = state(
        Sender().discharges("2026-01-10", method="4", died="2026-01-10"),
        knowledge=knowing(alarms=(alarm(diagnosis_groups=("Stroke",)),)),
    )
    made = written(PersonResources(found, IDS, DIRECTORY))
    return next(r for r in made if canonical.INQUIRY_TASK in r["meta"]["profile"])


def without(*path: str) -> Callable[[Resource], None]:
    def change(resource: Resource) -> None:
        for step in path[:-1]:
            resource = resource[step]
        del resource[path[-1]]

    return change


def with_(**values: Any) -> Callable[[Resource], None]:
    return lambda resource: resource.update(values)


UNKNOWN_INPUT = {**task_input("note", "x"), "type": concept(canonical.REVIEW_INPUT, "rumour", "x")}


@pytest.mark.parametrize(
    ("change", "code", "where"),
    [
        (without("groupIdentifier"), "required", "Task.groupIdentifier"),
        (without("groupIdentifier", "value"), "required", "Task.groupIdentifier.value"),
        (with_(intent="plan"), "value", "Task.intent"),
        (
            with_(code=concept(canonical.REVIEW_ROUTE, "audit", "Audit")),
            "code-invalid",
            "Task.code",
        ),
        (with_(code={"text": "Audit"}), "code-invalid", "Task.code"),
        (with_(status="on-hold"), "invariant", "Task"),
        (
            with_(restriction={"period": {"end": "2026-02-01", "start": "2026-01-01"}}),
            "structure",
            "Task.restriction.period.start",
        ),
        (with_(input=[UNKNOWN_INPUT]), "structure", "Task.input[0]"),
        (with_(input=[task_input("note", {"reference": "Task/1"})]), "structure", None),
    ],
)
def test_each_way_to_break_a_review_is_told(
    change: Callable[[Resource], None], code: str, where: str | None
) -> None:
    task = copy.deepcopy(review())
    assert broken(task) == []
    change(task)
    found = broken(task)
    assert (code, where) in found or (where is None and code in [c for c, _ in found])


def test_a_question_is_held_to_its_own_profile() -> None:
    task = question()
    assert stated(task) == [canonical.INQUIRY_TASK]
    assert stated({**task, "meta": {}}) == [canonical.INQUIRY_TASK]
    assert broken(task) == []
    twice = {**task, "input": [*task["input"], *task["input"]]}
    assert ("structure", "Task.input") in broken(twice)


def test_an_alarm_is_held_to_its_profile_and_its_group_to_that_of_the_group() -> None:
    made = alarms.request(
        alarm("320", diagnosis_groups=("Sepsis",), group_codes=(("A40", "A41"),)), DIRECTORY
    )
    assert broken(made) == []
    wrong = copy.deepcopy(made)
    wrong["contained"][0]["characteristic"][0]["exclude"] = True
    (found,) = broken(wrong)
    assert found[1] == "ServiceRequest.contained[0].characteristic[0].exclude"
    assert ("required", "ServiceRequest.occurrence") in broken(
        {name: value for name, value in made.items() if name != "occurrencePeriod"}
    )
    period = {name: value for name, value in made.items() if name != "occurrencePeriod"}
    timed = period | {"occurrenceDateTime": "2026-01-01"}
    assert ("structure", "ServiceRequest.occurrenceDateTime") in broken(timed)


def test_a_message_is_held_to_the_profile_of_messages() -> None:
    message = copy.deepcopy(IN_HOSPITAL)
    assert broken(message) == []
    message["meta"] = {"profile": [canonical.MESSAGE_BUNDLE]}
    message["entry"] = [
        e for e in message["entry"] if e["resource"]["resourceType"] != "Provenance"
    ]
    assert ("required", "Bundle.entry") in broken(message)


def test_an_issue_repeats_nothing_that_was_sent() -> None:
    task = review() | {"intent": "9990000018", "code": {"coding": [{"code": "9990000018"}]}}
    texts = [i.text for i in issues_against(task, canonical.REVIEW_TASK)]
    assert texts
    assert not any("9990000018" in text for text in texts)


def test_every_constraint_of_the_guide_is_checked() -> None:
    def keys(node: Node) -> set[str]:
        inner = [*node.children.values(), *node.slices.values()]
        return {key for key, _ in node.constraints}.union(*(keys(one) for one in inner))

    assert set[str]().union(*(keys(node) for node in profiles().values())) == set(CONSTRAINTS)


async def test_validate_holds_resources_to_our_profiles(ask: Ask) -> None:
    await tell(ask, IN_HOSPITAL)
    provider = await ask(T1, "provider")
    task = await the_task(provider)
    bare = {name: value for name, value in task.items() if name != "focus"}
    told = (await provider.post("Task/$validate", json=bare, headers=FHIR)).json()
    assert [i["expression"] for i in told["issue"]] == [["Task.focus"]]
    request = await provider.post("ServiceRequest/$validate", json=alarm_request(), headers=FHIR)
    assert ["ServiceRequest.code"] in [i.get("expression") for i in request.json()["issue"]]
    asked = {"profile": canonical.INQUIRY_TASK}
    other = await provider.post("Task/$validate", params=asked, json=task, headers=FHIR)
    assert ["Task.code"] in [i.get("expression") for i in other.json()["issue"]]
    strange = {"profile": "https://example.org/theirs"}
    warned = await provider.post("Task/$validate", params=strange, json=task, headers=FHIR)
    assert [(i["severity"], i["code"]) for i in warned.json()["issue"]] == [
        ("warning", "not-supported")
    ]
