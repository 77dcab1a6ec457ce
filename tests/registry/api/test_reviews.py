"""From a message to a review with a lead, over the FHIR API."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import psycopg
import pytest
from fhir.resources.R4B.bundle import Bundle

from nhs import addresses
from registry.access.roles import Role
from tests.registry.api.conftest import Ask
from tests.registry.api.message import NUMBER, message
from tests.registry.core.stating import ICB1, MH1, P1, T1, T2

Resource = dict[str, Any]
PERSON = f"{addresses.NHS_NUMBER}|{NUMBER}"
IN_HOSPITAL = message(
    "A03",
    admitted="2026-01-05",
    discharged="2026-01-10",
    method="4",
    died="2026-01-10",
    mrn="A1",
)


async def tell(ask: Ask, *messages: Resource, sender: str = T1) -> None:
    adapter = await ask(sender, "adapter")
    for bundle in messages:
        answer = await adapter.post("$process-message", json=bundle, headers=FHIR)
        assert answer.status_code == 200, answer.text


FHIR = {"Content-Type": "application/fhir+json"}


async def tasks(client: httpx.AsyncClient, **more: str) -> list[Resource]:
    answer = await client.get("Task", params={"patient.identifier": PERSON, **more})
    assert answer.status_code == 200, answer.text
    Bundle.model_validate(answer.json())
    return [e["resource"] for e in answer.json().get("entry", [])]


async def the_task(client: httpx.AsyncClient) -> Resource:
    (task,) = await tasks(client)
    return task


async def accept(client: httpx.AsyncClient, task: Resource, **headers: str) -> httpx.Response:
    match = {"If-Match": f'W/"{task["meta"]["versionId"]}"'}
    return await client.put(
        f"Task/{task['id']}", json={**task, "status": "accepted"}, headers=FHIR | match | headers
    )


async def test_a_death_in_hospital_becomes_a_review_with_a_proposed_lead(ask: Ask) -> None:
    await tell(ask, IN_HOSPITAL)
    task, owner = await tasks(await ask(T1, "provider"), _include="Task:owner")
    assert (task["status"], task["intent"]) == ("requested", "order")
    assert task["owner"]["identifier"]["value"] == owner["id"] == T1
    kinds = [i["type"]["coding"][0]["code"] for i in task["input"]]
    assert kinds == ["necessity", "scope", "death-source", "lead-rule"]


async def test_the_same_message_again_changes_nothing(ask: Ask) -> None:
    again = message(
        "A03",
        admitted="2026-01-05",
        discharged="2026-01-10",
        method="4",
        died="2026-01-10",
        mrn="A1",
        control_id="2",
    )
    provider = await ask(T1, "provider")
    await tell(ask, IN_HOSPITAL, IN_HOSPITAL)
    before = await the_task(provider)
    await tell(ask, IN_HOSPITAL)
    assert await the_task(provider) == before
    await tell(ask, again, again)
    after = await the_task(provider)
    assert after["meta"]["versionId"] == "2"  # the evidence now names the newer message
    assert after["status"] == "requested"


async def test_who_is_not_involved_sees_nothing(ask: Ask) -> None:
    await tell(ask, IN_HOSPITAL)
    task = await the_task(await ask(T1, "provider"))
    outsiders: list[tuple[str, Role]] = [(T2, "provider"), (MH1, "provider"), ("P99999", "gp")]
    for organisation, role in outsiders:
        outsider = await ask(organisation, role)
        assert await tasks(outsider) == []
        read = await outsider.get(f"Task/{task['id']}")
        nothing = await outsider.get("Task/0000")
        assert read.status_code == nothing.status_code == 404
        assert read.json() == nothing.json()
        refused = 403 if role == "gp" else 405  # no practice may step, on any Task
        assert (await accept(outsider, task)).status_code == refused


async def test_the_practice_sees_who_leads_and_no_more(ask: Ask) -> None:
    await tell(ask, IN_HOSPITAL)
    provider, practice = await ask(T1, "provider"), await ask(P1, "gp")
    accepted = await accept(provider, await the_task(provider))
    assert accepted.status_code == 200
    seen = await the_task(practice)
    assert seen["status"] == "accepted"
    assert seen["owner"]["display"] == "Trust One"
    assert seen["executionPeriod"]["start"] == accepted.json()["executionPeriod"]["start"]
    assert not {"input", "reasonCode", "output", "note"} & set(seen)
    assert (await accept(practice, seen)).status_code == 403


async def test_accepting_needs_the_version_that_was_read(ask: Ask) -> None:
    await tell(ask, IN_HOSPITAL)
    provider = await ask(T1, "provider")
    task = await the_task(provider)
    bare = await provider.put(f"Task/{task['id']}", json=task, headers=FHIR)
    assert bare.status_code == 428
    assert (await accept(provider, task)).status_code == 200
    stale = await accept(provider, task)
    assert stale.status_code == 412
    assert "Trust One (RT1) has led since" in stale.json()["issue"][0]["details"]["text"]


async def test_a_step_that_is_not_allowed_says_what_is(ask: Ask) -> None:
    await tell(ask, IN_HOSPITAL)
    provider, icb = await ask(T1, "provider"), await ask(ICB1, "icb")
    task = await the_task(provider)
    match = {"If-Match": 'W/"1"'}
    done = await provider.put(
        f"Task/{task['id']}", json={**task, "status": "completed"}, headers=FHIR | match
    )
    assert done.status_code == 422
    assert "Allowed next: accept" in done.json()["issue"][0]["details"]["text"]
    edited = {**task, "status": "accepted", "priority": "stat"}
    other = await provider.put(f"Task/{task['id']}", json=edited, headers=FHIR | match)
    assert other.status_code == 422
    assert other.json()["issue"][0]["expression"] == ["Task.priority"]
    assert (await accept(icb, task)).status_code == 403


async def test_a_retracted_death_leaves_no_open_review_and_keeps_its_history(
    ask: Ask, database_url: str
) -> None:
    await tell(ask, IN_HOSPITAL)
    provider = await ask(T1, "provider")
    await accept(provider, await the_task(provider))
    back = message("A31", died=False, mrn="A1", control_id="9", recorded="2026-03-09T09:00:00Z")
    await tell(ask, back)
    task = await the_task(provider)
    assert (task["status"], task["meta"]["versionId"]) == ("entered-in-error", "3")
    with psycopg.connect(database_url) as connection:
        leads = connection.execute(
            "SELECT organisation, until IS NULL FROM registry.review_lead"
        ).fetchall()
        versions = connection.execute(
            "SELECT count(*) FROM registry.resource_version WHERE type = 'Task'"
        ).fetchone()
    assert leads == [(T1, False)]
    assert versions == (3,)


async def test_a_proposal_that_no_longer_follows_is_cancelled_and_can_come_back(ask: Ask) -> None:
    out = message("A03", admitted="2026-01-01", discharged="2026-01-10", method="1")
    died = message("A31", died="2026-02-09", control_id="2")
    late = message("A31", died="2026-02-10", control_id="3", recorded="2026-03-04T09:00:00Z")
    again = message("A31", died="2026-02-09", control_id="4", recorded="2026-03-05T09:00:00Z")
    provider = await ask(T1, "provider")
    await tell(ask, died, out)
    assert (await the_task(provider))["status"] == "requested"
    await tell(ask, late)
    ended = await the_task(provider)
    assert ended["status"] == "cancelled"
    assert "no longer in scope" in ended["statusReason"]["text"]
    await tell(ask, again)
    assert (await the_task(provider))["status"] == "requested"


async def test_a_death_out_of_scope_is_recorded_with_why_not(ask: Ask) -> None:
    out = message("A03", admitted="2026-01-01", discharged="2026-01-10", method="1")
    await tell(ask, out, message("A31", died="2026-02-10", control_id="2"))
    provider = await ask(T1, "provider")
    assert await tasks(provider) == []
    asked = {"patient.identifier": PERSON, "code": "http://snomed.info/sct|419620001"}
    answer = await provider.get("Observation", params=asked)
    (death,) = [e["resource"] for e in answer.json()["entry"]]
    assert death["effectiveDateTime"] == "2026-02-10"
    scope = next(one for one in death["component"] if one["code"]["coding"][0]["code"] == "scope")
    assert scope["valueCodeableConcept"]["coding"][0]["code"] == "more-than-30-days"
    assert "31 days after discharge" in scope["valueCodeableConcept"]["text"]


async def test_a_learning_disability_known_elsewhere_makes_the_review_required(ask: Ask) -> None:
    long_ago = message(
        "A01",
        sender=T2,
        admitted="2024-01-01",
        flag="learning-disability",
        recorded="2024-01-01T09:00:00Z",
        visit="V9",
    )
    left = message(
        "A03",
        sender=T2,
        discharged="2024-01-04",
        visit="V9",
        control_id="2",
        recorded="2024-01-04T09:00:00Z",
    )
    await tell(ask, long_ago, left, sender=T2)
    await tell(ask, IN_HOSPITAL)
    found = await tasks(await ask(ICB1, "icb"))
    by_route = {task["code"]["coding"][0]["code"]: task for task in found}
    assert set(by_route) == {"case-record-review", "leder"}
    assert by_route["leder"]["owner"]["identifier"]["value"] == ICB1
    inputs = {i["type"]["coding"][0]["code"]: i for i in by_route["case-record-review"]["input"]}
    necessity = inputs["necessity"]["valueCodeableConcept"]["coding"][0]["code"]
    assert necessity == "required"
    assert "F72" in inputs["evidence"]["valueReference"]["display"]
    assert T2 in inputs["evidence"]["valueReference"]["display"]
    assert await tasks(await ask(T2, "provider")) == []


@pytest.mark.parametrize("merge_first", [True, False])
async def test_a_merge_joins_two_records_in_either_order(ask: Ask, merge_first: bool) -> None:
    spell = message(
        "A03",
        number=None,
        mrn="A",
        admitted="2026-01-01",
        discharged="2026-01-10",
        method="1",
        recorded="2026-01-10T12:00:00Z",
    )
    died = message("A31", mrn="B", died="2026-01-20", control_id="2")
    merge = message("A40", mrn="B", prior_mrn="A", control_id="3", recorded="2026-03-04T09:00:00Z")
    provider = await ask(T1, "provider")
    if merge_first:
        await tell(ask, merge, spell, died)
    else:
        await tell(ask, spell, died)
        assert await tasks(provider) == []
        await tell(ask, merge)
    assert (await the_task(provider))["status"] == "requested"


async def test_local_deaths_are_rekeyed_when_the_number_comes(ask: Ask) -> None:
    unnumbered = message(
        "A03", number=None, mrn="A", discharged="2026-01-10", method="4", died="2026-01-10"
    )
    await tell(ask, unnumbered)
    provider = await ask(T1, "provider")
    local = unnumbered["entry"][2]["resource"]["identifier"][0]
    by_local = {"patient.identifier": f"{local['system']}|{local['value']}"}
    before = (await provider.get("Task", params=by_local)).json()["entry"][0]["resource"]
    await tell(ask, message("A31", mrn="A", control_id="2"))
    now = await the_task(provider)
    assert now["status"] == "requested"
    assert now["id"] != before["id"]
    old = (await provider.get(f"Task/{before['id']}")).json()
    assert old["status"] == "entered-in-error"
    patient = (await provider.get(before["for"]["reference"])).json()
    assert patient["link"][0]["other"]["reference"] == now["for"]["reference"]


async def test_unknown_parameters_are_refused(ask: Ask) -> None:
    provider = await ask(T1, "provider")
    for query in ("name=Example", "_include=Task:evil", "_count=-1", "patient.identifier=1"):
        answer = await provider.get(f"Task?{query}")
        assert answer.status_code == 400, query
        assert answer.json()["resourceType"] == "OperationOutcome"


async def test_pages_follow_each_other_without_naming_anybody(ask: Ask) -> None:
    flagged = message("A31", flag="learning-disability", control_id="2")
    await tell(ask, IN_HOSPITAL, flagged)
    icb = await ask(ICB1, "icb")
    first = (await icb.get("Task", params={"patient.identifier": PERSON, "_count": "1"})).json()
    links = {link["relation"]: link["url"] for link in first["link"]}
    assert NUMBER not in str(links)
    second = (await icb.get(links["next"])).json()
    ids = [page["entry"][0]["resource"]["id"] for page in (first, second)]
    assert len(set(ids)) == 2
    assert "next" not in {link["relation"] for link in second["link"]}


async def test_search_by_post_keeps_the_number_out_of_the_address(ask: Ask) -> None:
    await tell(ask, IN_HOSPITAL)
    provider = await ask(T1, "provider")
    found = await provider.post("Task/_search", data={"patient.identifier": PERSON})
    assert len(found.json()["entry"]) == 1


@pytest.mark.parametrize(
    ("bundle", "status", "expression"),
    [
        ({"resourceType": "Patient"}, 400, "Bundle.type"),
        ({"resourceType": "Bundle", "type": "message", "entry": []}, 400, "Bundle.entry"),
        (message(number=None, mrn=None), 422, "Patient.identifier"),
    ],
)
async def test_a_bundle_that_is_no_message_is_refused_with_the_place(
    ask: Ask, bundle: Resource, status: int, expression: str
) -> None:
    adapter = await ask(T1, "adapter")
    answer = await adapter.post("$process-message", json=bundle, headers=FHIR)
    assert answer.status_code == status
    assert answer.json()["issue"][0]["expression"] == [expression]
    assert NUMBER not in answer.text


async def test_an_adapter_speaks_for_its_own_organisation_only(ask: Ask) -> None:
    adapter = await ask(T2, "adapter")
    answer = await adapter.post("$process-message", json=IN_HOSPITAL, headers=FHIR)
    assert answer.status_code == 403
    provider = await ask(T1, "provider")
    told = await provider.post("$process-message", json=IN_HOSPITAL, headers=FHIR)
    assert told.status_code == 403


async def test_request_ids_come_back(ask: Ask) -> None:
    provider = await ask(T1, "provider")
    sent = {"X-Request-ID": "7f1e3a52-9a9e-4f4b-8d4e-0d6b2f8a1c11"}
    assert (await provider.get("Task", headers=sent)).headers["X-Request-ID"] == sent[
        "X-Request-ID"
    ]


async def test_the_capability_statement_is_for_anybody_and_valid(ask: Ask) -> None:
    from fhir.resources.R4B.capabilitystatement import CapabilityStatement

    anybody = await ask(None, "adapter")
    answer = await anybody.get("metadata", headers={"Authorization": ""})
    assert answer.status_code == 200
    CapabilityStatement.model_validate(answer.json())


async def test_without_a_token_nothing_is_told(ask: Ask) -> None:
    anybody = await ask(None, "adapter")
    answer = await anybody.get("Task", headers={"Authorization": ""})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.json()["resourceType"] == "OperationOutcome"


async def test_what_nobody_foresaw_is_told_without_what_it_was_about(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(*_: object) -> None:
        raise RuntimeError(f"about {NUMBER}")

    monkeypatch.setattr("registry.api.process_message.record", fail)
    adapter = await ask(T1, "adapter")
    answer = await adapter.post("$process-message", json=IN_HOSPITAL, headers=FHIR)
    assert answer.status_code == 500
    assert answer.json()["issue"][0]["code"] == "exception"
    assert "RuntimeError" in caplog.text
    assert NUMBER not in answer.text + caplog.text


WAITS = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE %s"


async def test_a_step_finds_a_person_who_is_joined_with_another_meanwhile(
    ask: Ask, database_url: str
) -> None:
    # Whose cluster is older: the review's moves into it.
    await tell(ask, message("A31", number=None, mrn="B1"), IN_HOSPITAL)
    provider = await ask(T1, "provider")
    task = await the_task(provider)
    options = "-c search_path=registry"
    async with await psycopg.AsyncConnection.connect(database_url, options=options) as joining:
        await joining.execute(
            "SELECT lock_cluster(array_agg(system), array_agg(value)) FROM identifier"
        )
        waiting = asyncio.create_task(accept(provider, task))
        async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as looking:
            while not await (await looking.execute(WAITS, ["%FOR UPDATE OF c%"])).fetchall():
                assert not waiting.done()
                await asyncio.sleep(0.02)
    answer = await waiting
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == "accepted"
