"""HL7's Java validator, with UK Core and our own profiles, over everything we make."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import httpx
import orjson
import pytest

from adapter.conversion import minimise
from conformance import canonical, explanations
from conformance.findings import Findings
from conformance.subjects import Subject, subjects
from conformance.validate import SHARED, STORY, UK_CORE, findings, unexplained, unused
from conformance.validator import OUR_PACKAGE, CannotValidate, validate
from mappings import Mappings
from tests.adapter.conversion.messages import adt, convert, pid, pv1
from tests.registry.api.conftest import Ask
from tests.registry.api.message import message
from tests.registry.api.test_reviews import IN_HOSPITAL, PERSON, accept, tell
from tests.registry.core.stating import ICB1, P1, T1, T2

CORPUS = SHARED / "corpus"
Resource = dict[str, Any]
pytestmark = [
    pytest.mark.skipif(not UK_CORE.is_dir(), reason="the shared FHIR packages are not here"),
    pytest.mark.skipif(not CORPUS.is_dir(), reason="the shared corpus is not here"),
    pytest.mark.timeout(600),
]


def validated(given: Sequence[Subject]) -> Findings:
    try:
        return findings(given)
    except CannotValidate as reason:
        pytest.skip(str(reason))


def test_everything_we_make_is_valid_and_every_warning_explained() -> None:
    found = validated(subjects([STORY, CORPUS]))
    known = explanations.load()
    assert unexplained(found, known) == []
    assert unused(found, known) == []


LEFT_AND_KNOWN = message(
    "A03",
    sender=T2,
    flag="learning-disability",
    admitted="2024-01-01",
    discharged="2024-01-04",
    method="1",
    visit="V9",
    control_id="2",
    recorded="2024-01-04T09:00:00Z",
)


async def answers(client: httpx.AsyncClient) -> list[Resource]:
    """What one client gets for its searches, and for reading each thing it found."""
    got: list[Resource] = []
    for resource_type in ("Task", "Observation", "Flag", "Patient"):
        name = "identifier" if resource_type == "Patient" else "patient.identifier"
        include = {"_include": ["Task:owner", "Task:patient"]} if resource_type == "Task" else {}
        found = (await client.get(resource_type, params={name: PERSON, **include})).json()
        got.append(found)
        for entry in found.get("entry", []):
            resource = entry["resource"]
            read = await client.get(f"{resource['resourceType']}/{resource['id']}")
            got.append(read.json())
    return got


async def test_every_answer_of_the_registry_is_valid(ask: Ask) -> None:
    await tell(ask, LEFT_AND_KNOWN, sender=T2)
    adapter, provider = await ask(T1, "adapter"), await ask(T1, "provider")
    told = await adapter.post(
        "$process-message",
        json=IN_HOSPITAL,
        headers={"Content-Type": "application/fhir+json"},
    )
    got = [told.json(), *await answers(provider), *await answers(await ask(ICB1, "icb"))]
    accepted = await accept(provider, await the_task_of(provider))
    stale = await accept(provider, await the_task_of(provider), **{"If-Match": 'W/"1"'})
    got += [accepted.json(), stale.json(), *await answers(await ask(P1, "gp"))]
    got += [(await provider.get(path)).json() for path in (f"Organization/{T1}", "Task/0")]
    kinds = {resource["resourceType"] for resource in got}
    assert {"Task", "Observation", "Flag", "Patient", "Bundle", "OperationOutcome"} <= kinds
    found = validated([Subject(f"answer {n}", orjson.dumps(r)) for n, r in enumerate(got)])
    assert unexplained(found, explanations.load()) == []


async def test_the_capability_statement_is_valid(ask: Ask) -> None:
    answer = (await (await ask(None, "adapter")).get("metadata")).json()
    found = validated([Subject("metadata", orjson.dumps(answer))])
    assert unexplained(found, explanations.load()) == []


async def the_task_of(client: httpx.AsyncClient) -> Resource:
    found = (await client.get("Task", params={"patient.identifier": PERSON})).json()
    return found["entry"][0]["resource"]


def converted(*fields: dict[int, str]) -> Resource:
    """The Bundle of an A03; fields of PID, then of PV1."""
    person, stay = (*fields, {}, {})[:2]
    return convert(adt("A03", pid(person), pv1(stay)))


def changed(bundle: Resource, kind: str, **elements: Any) -> Resource:
    changed = copy.deepcopy(bundle)
    for entry in changed["entry"]:
        if entry["resource"]["resourceType"] == kind:
            entry["resource"].update(elements)
    return changed


def with_entry(bundle: Resource, **resource: Any) -> Resource:
    entry = {"fullUrl": f"urn:uuid:{resource['id']}", "resource": resource}
    return {**bundle, "entry": [*bundle["entry"], entry]}


def wrong_bundles() -> dict[str, Resource]:
    full = converted({}, {45: "20260302101500"})
    least = minimise(full)
    stranger = {"resourceType": "Practitioner", "id": "00000000-0000-4000-8000-000000000001"}
    unknown = {"url": "http://unknown.example/x", "valueString": "x"}
    tongue = {"coding": [{"system": "urn:ietf:bcp:47", "code": "qqq"}]}
    return {
        "status that is no status": changed(full, "Encounter", status="gone"),
        "unknown extension": changed(full, "Patient", extension=[unknown]),
        "unknown element": changed(full, "Patient", nickname="x"),
        "unknown profile": changed(full, "Patient", meta={"profile": ["http://unknown.example/p"]}),
        "no language": changed(full, "Patient", communication=[{"language": tongue}]),
        "telephone leaves the trust": changed(least, "Patient", telecom=[{"value": "1"}]),
        "whole postcode leaves": changed(least, "Patient", address=[{"postalCode": "LS1 4AB"}]),
        "words leave": changed(least, "Encounter", serviceType={"text": "x"}),
        "doctor leaves": with_entry(least, **stranger),
    }


def coded(system: str, code: str) -> Resource:
    return {"coding": [{"system": system, "code": code}]}


TASK: Resource = {
    "resourceType": "Task",
    "id": "1",
    "meta": {"profile": [canonical.REVIEW_TASK]},
    "identifier": [{"system": canonical.REVIEW_ID, "value": "1"}],
    "groupIdentifier": {"system": canonical.CASE_ID, "value": "1"},
    "status": "requested",
    "businessStatus": coded(canonical.REVIEW_STATE, "proposed"),
    "intent": "order",
    "code": coded(canonical.REVIEW_ROUTE, "leder"),
    "focus": {"reference": "Observation/1"},
    "for": {"reference": "Patient/1"},
    "authoredOn": "2026-03-14T12:00:00Z",
    "lastModified": "2026-03-14T12:00:00Z",
    "requester": {"display": "Learning from Deaths registry"},
}


def wrong_tasks() -> dict[str, Resource]:
    necessity = coded(canonical.REVIEW_INPUT, "necessity")
    rule = coded(canonical.LEAD_RULE, "area-icb")
    return {
        "unknown route": TASK | {"code": coded(canonical.REVIEW_ROUTE, "inquest")},
        "state in words": TASK | {"businessStatus": {"text": "proposed"}},
        "no order": TASK | {"intent": "plan"},
        "case of somebody else": TASK | {"groupIdentifier": {"system": "urn:x", "value": "1"}},
        "input of no kind": TASK | {"input": [{"type": rule, "valueString": "x"}]},
        "rule as necessity": TASK | {"input": [{"type": necessity, "valueCodeableConcept": rule}]},
    }


PERIODS = [
    ("20260301", "20260301101500"),
    ("20260301101500", "20260301"),
    ("20260302", "20260301"),
    ("202603", "20260304"),
    ("2026", "20260301101500"),
    ("20260630", "20260701003000"),
    ("20260228", "20260301003000+0100"),
    ("20260301233000-0500", "20260301"),
    ("20260302003000+0200", "20260301"),
    ("20261025013000", "20261025"),
]


def right() -> dict[str, Resource]:
    """Bundles of times that FHIR compares with difficulty, and of every language."""
    bundles = {"task": TASK, "minimised": minimise(converted({}, {45: "20260302101500"}))}
    for start, end in PERIODS:
        bundles[f"stay {start} {end}"] = converted({}, {44: start, 45: end})
        name = f"TESTER^Terry^^^^^L^^^^^{start}^{end}"
        bundles[f"name {start} {end}"] = converted({5: name})
    languages = {target.code for target in Mappings.load().codes["language"].targets.values()}
    for code in (*languages, "E", "86^ENGLISH ONLY"):
        bundles[f"language {code}"] = converted({15: code})
    return bundles


@pytest.fixture(scope="module")
def errors() -> dict[str, list[str]]:
    """The message ids of the errors of each of these resources, by its name."""
    given = right() | wrong_bundles() | wrong_tasks()
    try:
        answers = validate(map(orjson.dumps, given.values()), [UK_CORE, OUR_PACKAGE])
    except CannotValidate as reason:
        pytest.skip(str(reason))
    return {
        name: [issue.id for issue in found if issue.severity == "error"]
        for name, found in zip(given, answers, strict=True)
    }


def test_what_must_not_be_is_found(errors: dict[str, list[str]]) -> None:
    wrong = wrong_bundles() | wrong_tasks()
    assert [name for name in wrong if not errors[name]] == []


def test_periods_and_languages_are_such_that_fhir_can_read_them(
    errors: dict[str, list[str]],
) -> None:
    assert {name: errors[name] for name in right() if errors[name]} == {}
