"""HL7's Java validator, with UK Core and our own profiles, over everything we make."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx
import orjson
import pytest

from conformance import explanations
from conformance.audit_subjects import audit_events
from conformance.findings import Findings
from conformance.subjects import Subject, subjects
from conformance.validate import BALP, SHARED, STORY, UK_CORE, findings, unexplained, unused
from conformance.validator import OUR_PACKAGE, CannotValidate, validate
from tests.conformance.example_bundles import right_bundles, wrong_bundles
from tests.conformance.example_requests import ALARM, CONCERN, right_requests, wrong_requests
from tests.conformance.example_tasks import right_tasks, wrong_tasks
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


SHOWN = (
    "Task",
    "Observation",
    "Flag",
    "Patient",
    "Encounter",
    "Condition",
    "ServiceRequest",
    "Provenance",
)
FHIR = {"Content-Type": "application/fhir+json"}


async def answers(client: httpx.AsyncClient) -> list[Resource]:
    """What one client gets for its searches, and for reading each thing it found."""
    got: list[Resource] = []
    for resource_type in SHOWN:
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
    told = await adapter.post("$process-message", json=IN_HOSPITAL, headers=FHIR)
    raised = [
        await provider.post("ServiceRequest", json=request, headers=FHIR)
        for request in (CONCERN, ALARM)
    ]
    assert [answer.status_code for answer in raised] == [201, 201]
    got = [told.json(), *(answer.json() for answer in raised)]
    got += [*await answers(provider), *await answers(await ask(ICB1, "icb"))]
    accepted = await accept(provider, await the_task_of(provider))
    stale = await accept(provider, await the_task_of(provider), **{"If-Match": 'W/"1"'})
    got += [accepted.json(), stale.json(), *await answers(await ask(P1, "gp"))]
    got += [(await provider.get(path)).json() for path in (f"Organization/{T1}", "Task/0")]
    kinds = {resource["resourceType"] for resource in got}
    assert {*SHOWN, "Bundle", "OperationOutcome"} <= kinds
    found = validated([Subject(f"answer {n}", orjson.dumps(r)) for n, r in enumerate(got)])
    assert unexplained(found, explanations.load()) == []


async def test_the_capability_statement_is_valid(ask: Ask) -> None:
    answer = (await (await ask(None, "adapter")).get("metadata")).json()
    found = validated([Subject("metadata", orjson.dumps(answer))])
    assert unexplained(found, explanations.load()) == []


@pytest.mark.skipif(not BALP.is_dir(), reason="IHE's package is not here")
def test_every_audit_event_meets_ihes_own_profiles() -> None:
    given = [Subject(source, orjson.dumps(event)) for source, event in audit_events()]
    assert any(b"IHE.BasicAudit.PatientRead" in one.line for one in given)
    found = Findings()
    try:
        answers = validate((one.line for one in given), [UK_CORE, BALP, OUR_PACKAGE])
    except CannotValidate as reason:
        pytest.skip(str(reason))
    for one, issues in zip(given, answers, strict=True):
        found.add(one.source, issues)
    assert [line for line in unexplained(found, []) if line.startswith("error")] == []


async def the_task_of(client: httpx.AsyncClient) -> Resource:
    found = (await client.get("Task", params={"patient.identifier": PERSON})).json()
    return found["entry"][0]["resource"]


def right() -> dict[str, Resource]:
    return right_bundles() | right_tasks() | right_requests()


def wrong() -> dict[str, Resource]:
    return wrong_bundles() | wrong_tasks() | wrong_requests()


@pytest.fixture(scope="module")
def errors() -> dict[str, list[str]]:
    """The message ids of the errors of each of these resources, by its name."""
    given = right() | wrong()
    try:
        answers = validate(map(orjson.dumps, given.values()), [UK_CORE, OUR_PACKAGE])
    except CannotValidate as reason:
        pytest.skip(str(reason))
    return {
        name: [issue.id for issue in found if issue.severity == "error"]
        for name, found in zip(given, answers, strict=True)
    }


def test_what_must_not_be_is_found(errors: dict[str, list[str]]) -> None:
    assert [name for name in wrong() if not errors[name]] == []


def test_what_is_right_has_no_error(
    errors: dict[str, list[str]],
) -> None:
    assert {name: errors[name] for name in right() if errors[name]} == {}
