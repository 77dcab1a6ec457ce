"""Every read and change through the API leaves its AuditEvent, and nothing is answered without."""

from __future__ import annotations

import asyncio
import base64
import time
from typing import Any
from uuid import uuid4

import httpx
import orjson
import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fhir.resources.R4B.bundle import Bundle
from joserfc import jwt
from joserfc.jwk import ECKey
from starlette.applications import Starlette

from nhs import addresses
from registry.access import clients
from registry.audit.recorder import NotRecorded
from registry.service import Registry
from tests.registry.api.conftest import BASE, Ask
from tests.registry.api.message import NUMBER, message
from tests.registry.api.test_reviews import FHIR, IN_HOSPITAL, PERSON, accept, tasks, tell, the_task
from tests.registry.core.stating import ICB1, P1, T1, T2

Resource = dict[str, Any]
FLAGGED = message("A31", flag="learning-disability", control_id="2")


class Record:
    """The audit record as an auditor reads it: whole, in order."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._seen = 0

    def new(self) -> list[Resource]:
        """What was added since the last look."""
        with psycopg.connect(self._url) as connection:
            rows = connection.execute(
                "SELECT number, content, organisation, person FROM registry.audit_event"
                " WHERE number > %s ORDER BY number",
                (self._seen,),
            ).fetchall()
        self._seen = max((row[0] for row in rows), default=self._seen)
        return [
            {**orjson.loads(row[1]), "_organisation": row[2], "_person": row[3]} for row in rows
        ]


@pytest.fixture
def record(database_url: str) -> Record:
    return Record(database_url)


def told(events: list[Resource]) -> list[tuple[str, str, bool]]:
    """Subtype, outcome, and whether a person is named."""
    return [(e["subtype"][0]["code"], e["outcome"], e["_person"] is not None) for e in events]


def references(event: Resource) -> set[str]:
    return {e["what"].get("reference", "") for e in event["entity"] if "what" in e}


async def test_every_way_to_read_a_review_is_on_record(ask: Ask, record: Record) -> None:
    await tell(ask, IN_HOSPITAL)
    provider = await ask(T1, "provider")
    task = await the_task(provider)
    record.new()
    for address, subtype in (
        (f"Task/{task['id']}", "read"),
        (f"Task/{task['id']}/_history/1", "vread"),
        (f"Task/{task['id']}/_history", "history-instance"),
        ("Task/_history", "history-type"),
        ("Task?status=requested", "search-type"),
        (f"Patient?identifier={PERSON}&_summary=count", "search-type"),
    ):
        answer = await provider.get(address)
        assert answer.status_code == 200, answer.text
        (event,) = record.new()
        assert told([event]) == [(subtype, "0", True)], address
        assert task["for"]["reference"] in references(event)
        assert event["_organisation"] == T1
    unchanged = await provider.get(f"Task/{task['id']}", headers={"If-None-Match": 'W/"1"'})
    assert unchanged.status_code == 304
    assert told(record.new()) == [("read", "0", True)]
    posted = await provider.post("Task/_search", data={"patient.identifier": PERSON})
    assert posted.status_code == 200
    assert told(record.new()) == [("search-type", "0", True)]
    checked = await provider.post(f"Task/{task['id']}/$validate", json=task, headers=FHIR)
    assert checked.status_code == 200
    assert told(record.new()) == [("operation", "0", False)]


async def test_writes_are_on_record_with_what_they_changed(ask: Ask, record: Record) -> None:
    await tell(ask, IN_HOSPITAL)
    (event,) = record.new()
    assert told([event]) == [("operation", "0", True)]
    assert any(ref.startswith("MessageHeader/") for ref in references(event))
    provider = await ask(T1, "provider")
    task = await the_task(provider)
    record.new()
    request_id = str(uuid4())
    answer = await accept(provider, task, **{"X-Request-ID": request_id})
    assert answer.status_code == 200
    (event,) = record.new()
    assert told([event]) == [("update", "0", True)]
    assert f"Task/{task['id']}" in references(event)
    ids = [e["what"]["identifier"]["value"] for e in event["entity"] if "identifier" in
           e.get("what", {})]  # fmt: skip
    assert ids == [request_id]
    again = await accept(provider, task, **{"X-Request-ID": request_id})
    assert again.content == answer.content
    assert [e["subtype"][0]["code"] for e in record.new()] == ["update"]
    stale = await accept(provider, task)
    assert stale.status_code == 412
    (event,) = record.new()
    assert told([event]) == [("update", "4", True)]
    assert event["outcomeDesc"] == "HTTP 412"


async def test_the_record_of_a_write_is_in_its_transaction(
    ask: Ask, record: Record, database_url: str
) -> None:
    """Where the record cannot be written, nothing is."""
    await tell(ask, IN_HOSPITAL)
    provider = await ask(T1, "provider")
    task = await the_task(provider)
    with psycopg.connect(database_url, autocommit=True) as connection:
        # In a thread: what seals the record in the background must be able to finish meanwhile.
        away = "ALTER TABLE registry.audit_unsealed RENAME TO gone"
        await asyncio.to_thread(connection.execute, away)
        refused = await accept(provider, task)
        unanswered = await provider.get(f"Task/{task['id']}")
        back = "ALTER TABLE registry.gone RENAME TO audit_unsealed"
        await asyncio.to_thread(connection.execute, back)
    assert refused.status_code == 500
    assert unanswered.status_code == 503
    assert task["id"] not in unanswered.text
    assert (await provider.get(f"Task/{task['id']}")).json() == task


async def test_nothing_is_answered_before_it_is_on_record(
    ask: Ask, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    await tell(ask, IN_HOSPITAL)
    provider = await ask(T1, "provider")
    task = await the_task(provider)
    let_go = asyncio.Event()
    keep = registry.recorder.keep

    async def late(*given: Any) -> None:
        await let_go.wait()
        await keep(*given)

    monkeypatch.setattr(registry.recorder, "keep", late)
    answer = asyncio.create_task(provider.get(f"Task/{task['id']}"))
    done, _ = await asyncio.wait([answer], timeout=0.3)
    assert not done
    let_go.set()
    assert (await answer).status_code == 200

    async def never(*given: Any) -> None:
        raise NotRecorded

    monkeypatch.setattr(registry.recorder, "keep", never)
    refused = await provider.get(f"Task/{task['id']}")
    assert refused.status_code == 503
    assert refused.headers["retry-after"] == "5"
    assert refused.json()["issue"][0]["code"] == "transient"


async def test_an_outsiders_attempt_is_on_record_for_the_case_and_not_for_the_outsider(
    ask: Ask, record: Record
) -> None:
    """Scenario 39."""
    await tell(ask, IN_HOSPITAL)
    provider, outsider = await ask(T1, "provider"), await ask(T2, "provider")
    task = await the_task(provider)
    nobody = "0" * 32
    for there, not_there in (
        (f"Task/{task['id']}", f"Task/{nobody}"),
        (f"Task/{task['id']}/_history", f"Task/{nobody}/_history"),
        (f"Task/{task['id']}/_history/1", f"Task/{nobody}/_history/1"),
        (f"Task?patient.identifier={PERSON}", f"Task?patient.identifier={PERSON[:-2]}34"),
        (f"Patient?identifier={PERSON}", f"Patient?identifier={PERSON[:-2]}34"),
        (f"Task?patient={task['for']['reference']}", f"Task?patient=Patient/{nobody}"),
    ):
        record.new()
        await outsider.get(not_there)
        (without,) = record.new()
        await outsider.get(there)
        own, case = record.new()
        for event in (without, own):
            assert event["_organisation"] == T2 and event["_person"] is None
            assert not any(ref.startswith("Patient/") for ref in references(event)), there
        assert case["_organisation"] is None
        assert f"Patient/{case['_person']}" == task["for"]["reference"] in references(case)
        searched = (await provider.get(f"AuditEvent?_id={case['id']}")).json()
        assert [e["resource"]["id"] for e in searched["entry"]] == [case["id"]]
        assert (await outsider.get(f"AuditEvent/{case['id']}")).status_code == 404
        assert (await outsider.get(f"AuditEvent/{own['id']}")).status_code == 200
        assert (await provider.get(f"AuditEvent/{own['id']}")).status_code == 404


async def test_what_a_scope_or_a_missing_token_refuses_is_on_record(
    ask: Ask, record: Record
) -> None:
    await tell(ask, IN_HOSPITAL, FLAGGED)
    provider, practice = await ask(T1, "provider"), await ask(P1, "gp")
    (flag,) = [e["resource"] for e in (await provider.get("Flag")).json()["entry"]]
    record.new()
    assert (await practice.get(f"Flag/{flag['id']}")).status_code == 403
    own, case = record.new()
    assert (own["_organisation"], own["_person"]) == (P1, None)
    assert case["_organisation"] is None
    # The practice is party to the case, but to no flag.
    assert (await practice.get(f"AuditEvent/{case['id']}")).status_code == 404
    assert (await provider.get(f"AuditEvent/{case['id']}")).status_code == 200
    record.new()
    for headers in ({"Authorization": "Bearer nonsense"}, {"Authorization": ""}):
        assert (await practice.get("Task", headers=headers)).status_code == 401
    events = record.new()
    assert told(events) == [("search-type", "4", False)] * 2
    assert all(len(event["agent"]) == 2 for event in events)
    adapter = await ask(T2, "adapter")
    assert (await adapter.post("$process-message", json=IN_HOSPITAL, headers=FHIR)).is_error
    assert told(record.new()) == [("operation", "4", False)]


async def test_tokens_given_out_and_refused_are_on_record(
    registry: Registry, record: Record, database_url: str
) -> None:
    key = ec.generate_private_key(ec.SECP384R1())
    private, public = ECKey.import_key(key), key.public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    with psycopg.connect(database_url) as connection:
        clients.add(connection, "trust-one", T1, "provider", pem)

    def asked(client_id: str, signed_with: ECKey) -> dict[str, str]:
        claims = {"iss": client_id, "sub": client_id, "aud": f"{BASE}/oauth2/token"}
        claims |= {"jti": str(uuid4()), "exp": int(time.time()) + 60}
        proof = jwt.encode({"alg": "ES384"}, claims, signed_with, algorithms=["ES384"])
        kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        said = {"grant_type": "client_credentials", "client_assertion_type": kind}
        return {**said, "client_assertion": proof, "scope": "system/Task.rs system/Flag.rs"}

    app = Starlette(routes=registry.routes)
    stranger = ECKey.generate_key("P-384")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE) as client:
        given = await client.post("/oauth2/token", data=asked("trust-one", private))
        assert given.status_code == 200, given.text
        for claimed in ("trust-one", NUMBER):
            refused = await client.post("/oauth2/token", data=asked(claimed, stranger))
            assert refused.status_code == 401
        assert (await client.post("/oauth2/token", data={"grant_type": "x"})).status_code == 400
    events = record.new()
    assert [(e["outcome"], e["_organisation"]) for e in events] == [
        ("0", T1), ("4", T1), ("4", None), ("4", None),
    ]  # fmt: skip
    assert all(e["subtype"][0]["code"] == "ITI-71" for e in events)
    query = base64.b64decode(events[0]["entity"][0]["query"]).decode()
    assert query == "grant_type=client_credentials&scope=system/Flag.rs system/Task.rs"
    # A name that is no client's could be anything.
    assert NUMBER not in str(events)
    assert given.json()["access_token"] not in str(events)


async def test_no_nhs_number_is_on_record(ask: Ask, record: Record, database_url: str) -> None:
    await tell(ask, IN_HOSPITAL, FLAGGED)
    provider = await ask(T1, "provider")
    for address in (
        f"Task?patient.identifier={PERSON}",
        f"Patient?identifier={addresses.NHS_NUMBER}|{NUMBER}&_include=Patient:link",
        f"Patient/{NUMBER}",
        f"Patient/{NUMBER}/_history/{NUMBER}",
        f"Organization/{NUMBER}",
        f"Task?owner={NUMBER}",
        f"Organization?name={NUMBER}",
        f"Task?{NUMBER}={NUMBER}",
        f"Task?_sort={NUMBER}",
    ):
        await provider.get(address)
    with psycopg.connect(database_url) as connection:
        kept = connection.execute("SELECT e::text FROM registry.audit_event AS e").fetchall()
    queries = [
        base64.b64decode(entity["query"]).decode()
        for event in record.new()
        for entity in event["entity"]
        if "query" in entity
    ]
    assert len(queries) >= 4
    for text in (*(row[0] for row in kept), *queries):
        assert NUMBER not in text
        assert "Ada" not in text and "1950-02-03" not in text


async def test_a_bundle_is_on_record_entry_by_entry(ask: Ask, record: Record) -> None:
    await tell(ask, IN_HOSPITAL)
    provider = await ask(T1, "provider")
    task = await the_task(provider)
    requests = (f"Task/{task['id']}", f"Task/{'0' * 32}", f"Task?_id={task['id']}")
    for kind, status in (("batch", 200), ("transaction", 404)):
        record.new()
        entries = [{"request": {"method": "GET", "url": url}} for url in requests]
        bundle = {"resourceType": "Bundle", "type": kind, "entry": entries}
        answer = await provider.post("", json=bundle, headers=FHIR)
        assert answer.status_code == status, answer.text
        expected = [("read", "0", True), ("read", "4", False), ("search-type", "0", True)]
        assert told(record.new()) == expected[: 3 if kind == "batch" else 2]
    accepted = {
        "request": {"method": "PUT", "url": f"Task/{task['id']}", "ifMatch": 'W/"1"'},
        "resource": {**task, "status": "accepted"},
    }
    read = {"request": {"method": "GET", "url": f"Task/{task['id']}"}}
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [read, accepted]}
    answer = await provider.post("", json=bundle, headers=FHIR)
    assert answer.status_code == 200, answer.text
    events = record.new()
    assert sorted(told(events)) == [("read", "0", True), ("update", "0", True)]
    assert answer.json()["entry"][0]["resource"]["status"] == "accepted"


async def found(client: httpx.AsyncClient, query: str) -> list[Resource]:
    answer = await client.get(f"AuditEvent?{query}")
    assert answer.status_code == 200, answer.text
    Bundle.model_validate(answer.json())
    return [e["resource"] for e in answer.json().get("entry", [])]


async def test_the_record_is_read_and_searched_as_fhir(ask: Ask) -> None:
    await tell(ask, IN_HOSPITAL, FLAGGED)
    provider, board, practice = await ask(T1, "provider"), await ask(ICB1, "icb"), await ask(
        P1, "gp"
    )  # fmt: skip
    task = (await tasks(board))[0]
    await board.get("Flag")
    of_patient = f"patient.identifier={PERSON}"
    everything = await found(provider, of_patient)
    by_board = await found(provider, f"{of_patient}&agent={ICB1}")
    assert len(by_board) == 2 < len(everything)
    assert {e["agent"][2]["who"]["reference"] for e in by_board} == {f"Organization/{ICB1}"}
    assert await found(provider, f"{of_patient}&agent.identifier={ICB1}") == by_board
    patient = task["for"]["reference"]
    assert await found(provider, f"patient={patient}&agent={ICB1}") == by_board
    on_task = await found(provider, f"entity=Task/{task['id']}")
    assert [e["subtype"][0]["code"] for e in on_task] == ["search-type"]
    # The practice hears who read the review, but of no flag.
    assert await found(practice, f"{of_patient}&agent={ICB1}") == [by_board[0]]
    assert await found(practice, f"{of_patient}&entity-type=Flag") == []
    assert len(await found(provider, "date=ge2026-01-01&outcome=0&subtype=search-type")) > 2
    assert await found(provider, "date=lt2026-01-01") == []
    before = await found(provider, of_patient)
    newest = await found(provider, f"{of_patient}&_sort=-date&_count=1")
    assert newest[0]["recorded"] > max(e["recorded"] for e in before)
    one = (await provider.get(f"AuditEvent/{by_board[0]['id']}")).json()
    assert one == by_board[0]
    for address in (f"AuditEvent/{one['id']}/_history", "AuditEvent/_history"):
        assert (await provider.get(address)).status_code == 404
    for method in ("PUT", "DELETE", "PATCH"):
        assert (await provider.request(method, f"AuditEvent/{one['id']}")).status_code == 405


async def test_paging_through_the_record(ask: Ask) -> None:
    await tell(ask, IN_HOSPITAL)
    provider = await ask(T1, "provider")
    for _ in range(7):
        await the_task(provider)
    query = "AuditEvent?subtype=search-type&entity-type=Task&_count=3"
    answer = (await provider.get(query)).json()
    ids = [e["resource"]["id"] for e in answer["entry"]]
    while links := [ln["url"] for ln in answer["link"] if ln["relation"] == "next"]:
        answer = (await provider.get(links[0].removeprefix(f"{BASE}/fhir/"))).json()
        ids += [e["resource"]["id"] for e in answer["entry"]]
    assert len(ids) == len(set(ids)) == 7
