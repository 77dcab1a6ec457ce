"""An export over the API: asked for, waited for, fetched, cancelled; and nobody else's to see."""

from __future__ import annotations

import gzip
from typing import Any

import httpx
import psycopg
import pytest
from fhir.resources.R4B.auditevent import AuditEvent

from registry.access.clients import Client
from registry.access.scopes import OF_ROLE, Scopes, parse
from registry.export import jobs
from registry.service import Registry
from tests.registry.api.conftest import Ask
from tests.registry.api.message import message, number_of
from tests.registry.api.test_reviews import FHIR, IN_HOSPITAL, tell
from tests.registry.core.stating import ICB1, P1, T1, T2
from tests.registry.export.conftest import ASYNC, exported, finished

Json = dict[str, Any]
ELSEWHERE = message(
    "A03",
    sender=T2,
    number=number_of(2),
    practice=None,
    admitted="2026-02-05",
    discharged="2026-02-10",
    method="4",
    died="2026-02-10",
    visit="V2",
)
OF_PROVIDER = {"Patient", "Observation", "Encounter", "Task", "Provenance", "Organization"}


async def told(ask: Ask) -> None:
    await tell(ask, IN_HOSPITAL)
    await tell(ask, ELSEWHERE, sender=T2)


async def searched(client: httpx.AsyncClient, resource_type: str) -> list[Json]:
    answer = await client.get(resource_type, params={"_count": "1000"})
    return [entry["resource"] for entry in answer.json().get("entry", [])]


async def with_scopes(registry: Registry, client: httpx.AsyncClient, scopes: Scopes) -> None:
    """The same client, with a token of other scopes."""
    who = Client(f"provider-{T1}", T1, "provider")
    token = await registry.tokens.issue(who, scopes)
    client.headers["Authorization"] = f"Bearer {token}"


@pytest.mark.parametrize(("organisation", "role"), [(T1, "provider"), (P1, "gp"), (ICB1, "icb")])
async def test_it_is_what_a_search_shows(ask: Ask, organisation: str, role: Any) -> None:
    await told(ask)
    client = await ask(organisation, role)
    export = await exported(client)
    assert "Patient" in export.resources
    for resource_type, found in export.resources.items():
        shown = await searched(client, resource_type)
        assert sorted(found, key=lambda r: r["id"]) == sorted(shown, key=lambda r: r["id"])
    if role == "provider":
        assert set(export.resources) == OF_PROVIDER


async def test_its_manifest_says_what_it_is(ask: Ask) -> None:
    await told(ask)
    client = await ask(T1, "provider")
    export = await exported(client, _type="Task,Patient", _outputFormat="ndjson")
    said = export.manifest
    assert said["requiresAccessToken"] is True
    assert said["request"].endswith("/fhir/$export?_type=Task%2CPatient&_outputFormat=ndjson")
    assert [one["type"] for one in said["output"]] == ["Patient", "Task"]
    assert (said["error"], said["deleted"]) == ([], [])
    assert "Expires" in (await client.get(export.address)).headers


async def test_asked_by_post(ask: Ask) -> None:
    await told(ask)
    client = await ask(T1, "provider")
    parameter = [{"name": "_type", "valueString": "Task"}, {"name": "_type", "valueString": "Flag"}]
    body = {"resourceType": "Parameters", "parameter": parameter}
    kicked = await client.post("$export", json=body, headers={**FHIR, **ASYNC})
    assert kicked.status_code == 202, kicked.text
    answer = await finished(client, kicked.headers["Content-Location"])
    assert [one["type"] for one in answer.json()["output"]] == ["Task"]


async def test_at_the_level_of_patients_it_is_what_is_about_people(ask: Ask) -> None:
    await told(ask)
    client = await ask(T1, "provider")
    export = await exported(client, "Patient/$export")
    assert set(export.resources) == OF_PROVIDER - {"Organization"}
    assert export.manifest["request"].endswith("/fhir/Patient/$export")


async def test_since_brings_what_came_after_and_what_became_readable(ask: Ask) -> None:
    await tell(ask, IN_HOSPITAL)
    client = await ask(T1, "provider")
    first = await exported(client, _type="Patient")
    await tell(ask, ELSEWHERE, sender=T2)
    nothing = await exported(client, _type="Patient", _since=first.manifest["transactionTime"])
    assert nothing.ids("Patient") <= first.ids("Patient")
    there = (await exported(await ask(T2, "provider"), _type="Patient")).ids("Patient")
    # The other trust's patient was here before, too: that concerns this one only from now on.
    stayed = message("A03", number=number_of(2), mrn="B2", visit="V9", admitted="2026-01-20",
                     discharged="2026-01-30", method="1", control_id="9")  # fmt: skip
    moment = nothing.manifest["transactionTime"]
    await tell(ask, stayed)
    later = await exported(client, _type="Patient,Observation", _since=moment)
    assert there <= later.ids("Patient")
    assert later.ids("Observation")


async def test_a_file_is_gzip_for_whoever_takes_it(ask: Ask) -> None:
    await told(ask)
    client = await ask(T1, "provider")
    (file,) = (await exported(client, _type="Task")).manifest["output"]
    plain = await client.get(file["url"], headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    assert int(plain.headers["Content-Length"]) == len(plain.content)
    async with client.stream("GET", file["url"], headers={"Accept-Encoding": "gzip"}) as packed:
        raw = b"".join([part async for part in packed.aiter_raw()])
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(raw) == plain.content
    head = await client.head(file["url"])
    assert (head.status_code, head.content) == (200, b"")


async def test_deleted_it_is_gone(ask: Ask) -> None:
    await told(ask)
    client = await ask(T1, "provider")
    export = await exported(client, _type="Task")
    (file,) = export.manifest["output"]
    assert (await client.delete(export.address)).status_code == 202
    for answer in (
        await client.get(export.address),
        await client.get(file["url"]),
        await client.delete(export.address),
    ):
        assert answer.status_code == 404
        assert answer.json()["resourceType"] == "OperationOutcome"


async def test_expired_it_is_gone(ask: Ask, registry: Registry, database_url: str) -> None:
    await told(ask)
    client = await ask(T1, "provider")
    export = await exported(client, _type="Task")
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE registry.export_job SET expires_at = now()")
    assert (await client.get(export.address)).status_code == 404
    # The next turn of any process, which the next export brings about, removes it.
    await exported(client, _type="Task")
    with psycopg.connect(database_url) as connection:
        left = connection.execute("SELECT count(*) FROM registry.export_job").fetchone()
    assert left == (1,)


async def test_somebody_elses_is_as_if_it_were_not_there(ask: Ask, registry: Registry) -> None:
    await told(ask)
    client = await ask(T1, "provider")
    export = await exported(client, _type="Task")
    (file,) = export.manifest["output"]
    absent = "0" * 32
    same_organisation = httpx.AsyncClient(
        transport=client._transport,  # pyright: ignore[reportPrivateUsage] - the same application, without a socket
        base_url=client.base_url,
    )
    token = await registry.tokens.issue(Client("another", T1, "provider"), OF_ROLE["provider"])
    same_organisation.headers["Authorization"] = f"Bearer {token}"
    for other in (await ask(T2, "provider"), await ask(ICB1, "icb"), same_organisation):
        for method in ("GET", "DELETE"):
            refused = await other.request(method, export.address)
            nothing = await other.request(method, f"$export-status/{absent}")
            assert refused.status_code == nothing.status_code == 404
            assert refused.json() == nothing.json()
        refused = await other.get(file["url"])
        nothing = await other.get(f"$export-file/{absent}/1")
        assert refused.status_code == nothing.status_code == 404
        assert refused.json() == nothing.json()
    assert (await client.get(export.address)).status_code == 200
    await same_organisation.aclose()


async def test_scopes_cut_the_types_and_are_looked_at_again(ask: Ask, registry: Registry) -> None:
    await told(ask)
    client = await ask(T1, "provider")
    await with_scopes(registry, client, parse("system/Task.rs system/Patient.rs system/Flag.r"))
    export = await exported(client)
    assert set(export.resources) == {"Task", "Patient"}
    beyond = await client.get("$export", params={"_type": "Task,Observation"}, headers=ASYNC)
    assert beyond.status_code == 403
    await with_scopes(registry, client, parse("system/Patient.rs"))
    assert (await client.get(export.address)).status_code == 404
    assert (await client.get(export.manifest["output"][0]["url"])).status_code == 404
    assert (await client.delete(export.address)).status_code == 404
    await with_scopes(registry, client, parse("system/Task.c"))
    assert (await client.get("$export", headers=ASYNC)).status_code == 403


async def test_a_practice_is_not_given_what_it_does_not_see(ask: Ask) -> None:
    await told(ask)
    client = await ask(P1, "gp")
    export = await exported(client)
    assert "Encounter" not in export.resources
    assert all("input" not in task for task in export.resources["Task"])
    assert (await client.get("$export?_type=Encounter", headers=ASYNC)).status_code == 403


async def test_what_cannot_be_served_is_refused_in_fhir(ask: Ask) -> None:
    client = await ask(T1, "provider")
    for params, headers in (({"_nonsense": "1"}, {}), ({}, {"Prefer": ""}), ({}, {"Accept": ""})):
        answer = await client.get("$export", params=params, headers={**ASYNC, **headers})
        assert answer.status_code == 400, answer.text
        assert answer.json()["resourceType"] == "OperationOutcome"
    sent = await client.post("$export", json={"resourceType": "Bundle"}, headers=FHIR | ASYNC)
    assert sent.status_code == 400


async def test_what_is_left_aside_is_said(ask: Ask) -> None:
    await told(ask)
    client = await ask(T1, "provider")
    lenient = {"Prefer": "respond-async, handling=lenient"}
    asked = {"_type": "Task,Observations", "_nonsense": "1", "_typeFilter": "Task?status=draft"}
    kicked = await client.get("$export", params=asked, headers=ASYNC | lenient)
    assert kicked.status_code == 202, kicked.text
    answer = await finished(client, kicked.headers["Content-Location"])
    assert [one["count"] for one in answer.json()["error"]] == [3]
    # A type that FHIR has and the registry has not is no mistake: there is none of it.
    export = await exported(client, _type="Task,AllergyIntolerance")
    (outcome,) = export.resources["OperationOutcome"]
    assert "AllergyIntolerance" in outcome["issue"][0]["diagnostics"]


async def test_an_adapter_has_nothing_to_export(ask: Ask) -> None:
    client = await ask(T1, "adapter")
    assert (await client.get("$export", headers=ASYNC)).status_code == 403


async def test_so_many_at_once_and_no_more(ask: Ask, database_url: str) -> None:
    client = await ask(T1, "provider")
    with psycopg.connect(database_url, autocommit=True) as another_process:
        # Another process is making them, and does not come to an end.
        ids = [f"{n:032x}" for n in range(jobs.AT_ONCE)]
        another_process.execute(
            "SELECT pg_advisory_lock(hashtextextended('export ' || id, 0))"
            " FROM unnest(%s::text[]) AS id",
            (ids,),
        )
        another_process.execute(
            "INSERT INTO registry.export_job"
            " (id, client, organisation, role, request, types, expires_at)"
            " SELECT id, %s, 'RT2', 'provider', '', '{Task}', now() + interval '1 hour'"
            " FROM unnest(%s::text[]) AS id",
            (f"provider-{T1}", ids),
        )
        # Of another organisation by the same client, as all the console's are.
        assert (await client.get("$export", headers=ASYNC)).status_code == 202
        another_process.execute(
            "UPDATE registry.export_job SET organisation = %s WHERE id = ANY (%s)", (T1, ids)
        )
        refused = await client.get("$export", headers=ASYNC)
        assert refused.status_code == 429
        assert int(refused.headers["Retry-After"]) > 0
        another_process.execute("DELETE FROM registry.export_job WHERE id = ANY (%s)", (ids[:2],))
        assert (await client.get("$export", headers=ASYNC)).status_code == 202


async def test_every_step_is_on_record(ask: Ask) -> None:
    await told(ask)
    client = await ask(T1, "provider")
    export = await exported(client, _type="Task")
    await client.delete(export.address)
    job_id = export.address.rpartition("/")[2]
    found = await searched(client, "AuditEvent")
    of_it = [one for one in found if job_id in str(one)]
    kinds = {(one["type"]["code"], one["action"]) for one in of_it}
    # Kick-off, file and cancelling; and the disclosure, for the one person.
    assert kinds == {("rest", "E"), ("110106", "R")}
    assert len(of_it) == 4
    for one in of_it:
        AuditEvent.model_validate(one)
    (patient,) = await searched(client, "Patient")
    (disclosed,) = [one for one in of_it if one["type"]["code"] == "110106"]
    assert disclosed["entity"][0]["what"] == {"reference": f"Patient/{patient['id']}"}
    # Who else is party to the death learns of it.
    board = await searched(await ask(ICB1, "icb"), "AuditEvent")
    assert disclosed["id"] in {one["id"] for one in board}
