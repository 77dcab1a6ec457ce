"""Batch and transaction."""

from __future__ import annotations

import base64
import logging
from collections import Counter
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import orjson
import psycopg
import pytest

from registry.api.negotiation import JSON_PATCH
from registry.api.process_message import ProcessMessage
from registry.request_id import REQUEST_ID
from tests.registry.api.conftest import Ask
from tests.registry.api.message import message, number_of
from tests.registry.api.test_reviews import FHIR, IN_HOSPITAL, tell, the_task
from tests.registry.core.stating import P1, T1, T2

Resource = dict[str, Any]
ACCEPT = [{"op": "replace", "path": "/status", "value": "accepted"}]


def bundle(kind: str, *entries: Resource) -> Resource:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def get(url: str, **more: str) -> Resource:
    return {"request": {"method": "GET", "url": url, **more}}


def put(task: Resource, version: int = 1, **changed: Any) -> Resource:
    url = f"Task/{task['id']}"
    request = {"method": "PUT", "url": url, "ifMatch": f'W/"{version}"'}
    return {"resource": {**task, **changed}, "request": request}


def patch(task: Resource) -> Resource:
    data = base64.b64encode(orjson.dumps(ACCEPT)).decode()
    binary = {"resourceType": "Binary", "contentType": JSON_PATCH, "data": data}
    request = {"method": "PATCH", "url": f"Task/{task['id']}", "ifMatch": 'W/"1"'}
    return {"resource": binary, "request": request}


async def post(client: httpx.AsyncClient, sent: Any, **headers: str) -> httpx.Response:
    return await client.post("", json=sent, headers=FHIR | headers)


async def two_tasks(ask: Ask) -> tuple[httpx.AsyncClient, list[Resource]]:
    """The trust's client, and the Tasks of two deaths there."""
    for n in (1, 2):
        await tell(
            ask,
            message("A03", number=number_of(n), admitted="2026-01-05", discharged="2026-01-10",
                    method="4", died="2026-01-10", visit=f"V{n}", control_id=str(n)),
        )  # fmt: skip
    provider = await ask(T1, "provider")
    found = (await provider.get("Task")).json()["entry"]
    return provider, [e["resource"] for e in found]


async def test_a_batch_does_each_entry_by_itself(ask: Ask) -> None:
    provider, (one, other) = await two_tasks(ask)
    sent = bundle(
        "batch",
        get(f"Task/{one['id']}"),
        get("Task?status=requested&_count=1"),
        get("Task/nothing"),
        get("Account/1"),
        put(one, status="accepted"),
        put(other, version=9, status="accepted"),
        get(f"Task/{other['id']}", ifNoneMatch='W/"1"'),
        {"request": {"method": "POST", "url": "$process-message"}, "resource": IN_HOSPITAL},
        {"request": {"method": "DELETE", "url": f"Task/{one['id']}"}},
    )
    answer = (await post(provider, sent)).json()
    assert answer["type"] == "batch-response"
    statuses = [e["response"]["status"][:3] for e in answer["entry"]]
    assert statuses == ["200", "200", "404", "404", "200", "412", "304", "403", "405"]
    assert answer["entry"][1]["resource"]["resourceType"] == "Bundle"
    assert answer["entry"][4]["response"] == {"status": "200 OK", "etag": 'W/"2"'}
    outcome = answer["entry"][5]["response"]["outcome"]
    assert outcome["issue"][0]["expression"] == ["Bundle.entry[5]"]


class Logged(logging.Handler):
    """What is logged, and under which request."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[tuple[str, str | None]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append((record.getMessage(), REQUEST_ID.get()))


@pytest.fixture
def logged() -> Iterator[Logged]:
    handler, log = Logged(), logging.getLogger("registry.api.messages")
    level = log.level
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    yield handler
    log.removeHandler(handler)
    log.setLevel(level)


def told(body: Any, request_id: UUID | None = None) -> Resource:
    named = {} if request_id is None else {"fullUrl": request_id.urn}
    return {**named, "request": {"method": "POST", "url": "$process-message"}, "resource": body}


async def test_messages_in_a_batch_stand_each_for_itself(
    ask: Ask, database_url: str, logged: Logged
) -> None:
    adapter, provider = await ask(T1, "adapter"), await ask(T1, "provider")
    first, second = uuid4(), uuid4()
    died = {"admitted": "2026-01-05", "discharged": "2026-01-10", "method": "4"}
    sent = bundle(
        "batch",
        told(message("A03", number=number_of(1), died="2026-01-10", visit="V1", control_id="1",
                     **died), first),
        told(message("A03", number=number_of(2), sender=T2, control_id="2", **died)),
        told({"resourceType": "Bundle", "type": "message"}),
        told({"resourceType": "Task"}),
        told(None),
        told(message("A03", number=number_of(3), died="2026-01-10", visit="V3", control_id="3",
                     **died), second),
    )  # fmt: skip
    answer = (await post(adapter, sent)).json()
    assert [e["response"]["status"][:3] for e in answer["entry"]] == [
        "200", "403", "400", "400", "400", "200",
    ]  # fmt: skip
    header = answer["entry"][0]["resource"]["entry"][0]["resource"]
    assert header["response"]["code"] == "ok"
    outcome = answer["entry"][2]["response"]["outcome"]
    assert outcome["issue"][0]["expression"] == ["Bundle.entry[2]"]
    found = (await provider.get("Task?code=case-record-review")).json()["entry"]
    assert len(found) == 2
    assert logged.lines[0] == ("message of a batch status=200", str(first))
    assert logged.lines[1][0] == "message of a batch status=403"
    assert logged.lines[-1] == ("message of a batch status=200", str(second))
    # Each is on record as it would have been alone.
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(
            "SELECT content::jsonb FROM registry.audit_event WHERE content LIKE %s",
            ['%"operation"%'],
        ).fetchall()
    assert sorted(row[0]["outcome"] for row in rows) == ["0", "0", "4", "4", "4", "4"]
    on_record = str(rows)
    assert str(first) in on_record
    assert str(second) in on_record


def of_the_living(*serials: int) -> tuple[list[UUID], Resource]:
    """A batch of messages, each about somebody else in hospital, and their request ids."""
    ids = [uuid4() for _ in serials]
    return ids, bundle(
        "batch",
        *(told(message("A01", number=number_of(serial), admitted="2026-01-05", visit=f"V{serial}",
                       control_id=str(serial)), of)
          for serial, of in zip(serials, ids, strict=True)),
    )  # fmt: skip


STATEMENTS = "SELECT xmin::text FROM registry.statement"
ON_RECORD = """
    SELECT count(*), count(person) FROM registry.audit_event WHERE content LIKE %s
"""


async def test_messages_about_the_living_are_kept_in_one_transaction(
    ask: Ask, database_url: str
) -> None:
    adapter = await ask(T1, "adapter")
    died = message("A03", number=number_of(3), died="2026-01-10", control_id="d")
    assert (await adapter.post("$process-message", json=died)).status_code == 200
    ids, sent = of_the_living(1, 2, 3, 2)
    answer = (await post(adapter, sent)).json()
    assert [e["response"]["status"] for e in answer["entry"]] == ["200 OK"] * 4
    with psycopg.connect(database_url) as connection:
        transactions = Counter(row[0] for row in connection.execute(STATEMENTS))
        assert sorted(transactions.values()) == [1, 3]
        # Each under its own request id; what was shown of the one who died is on record as theirs.
        found = [connection.execute(ON_RECORD, [f"%{of}%"]).fetchone() for of in ids]
    assert found == [(1, 0), (1, 0), (1, 1), (1, 0)]
    # What follows from a message about somebody known follows at once.
    provider = await ask(T1, "provider")
    stays = (await provider.get("Encounter")).json()["entry"]
    assert [e["resource"]["period"]["start"][:10] for e in stays] == ["2026-01-05"]


async def test_messages_that_are_not_taken_together_are_taken_alone(
    ask: Ask, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def take_together(*_: Any) -> None:
        raise psycopg.DataError("a value that the database does not take")

    monkeypatch.setattr(ProcessMessage, "take_together", take_together)
    adapter = await ask(T1, "adapter")
    ids, sent = of_the_living(1, 2)
    answer = (await post(adapter, sent)).json()
    assert [e["response"]["status"] for e in answer["entry"]] == ["200 OK"] * 2
    with psycopg.connect(database_url) as connection:
        transactions = Counter(row[0] for row in connection.execute(STATEMENTS))
        assert sorted(transactions.values()) == [1, 1]
        found = [connection.execute(ON_RECORD, [f"%{of}%"]).fetchone() for of in ids]
    assert found == [(1, 0), (1, 0)]


async def test_a_transaction_holds_no_message(ask: Ask) -> None:
    adapter = await ask(T1, "adapter")
    refused = await post(adapter, bundle("transaction", told(IN_HOSPITAL)))
    assert refused.status_code == 422
    assert "cannot hold process-message" in refused.json()["issue"][0]["diagnostics"]


async def test_an_entry_whose_resource_is_wrong_is_refused_by_itself(ask: Ask) -> None:
    provider, (one, other) = await two_tasks(ask)
    wrong = put({**other, "status": 7})
    answer = await post(provider, bundle("batch", wrong, put(one, status="accepted")))
    assert [e["response"]["status"][:3] for e in answer.json()["entry"]] == ["400", "200"]


async def test_a_transaction_is_all_or_nothing(ask: Ask) -> None:
    provider, (one, other) = await two_tasks(ask)
    stale = put(other, version=9, status="accepted")
    refused = await post(provider, bundle("transaction", put(one, status="accepted"), stale))
    assert refused.status_code == 412
    assert refused.json()["issue"][0]["expression"] == ["Bundle.entry[1]"]
    assert len((await provider.get("Task?status=requested")).json()["entry"]) == 2
    done = await post(
        provider,
        bundle("transaction", get("Task?status=accepted"), put(one, status="accepted"),
               patch(other)),
    )  # fmt: skip
    assert done.status_code == 200, done.text
    answer = done.json()
    assert [e["response"]["status"] for e in answer["entry"]] == ["200 OK"] * 3
    # Reads come after writes, whatever the order of the entries.
    assert len(answer["entry"][0]["resource"]["entry"]) == 2
    assert len((await provider.get("Task?status=accepted")).json()["entry"]) == 2


async def test_a_transaction_asked_for_again_is_done_once(ask: Ask) -> None:
    provider, (one, other) = await two_tasks(ask)
    sent = bundle("transaction", put(one, status="accepted"), put(other, status="accepted"))
    same = {"X-Request-ID": str(uuid4())}
    first, again = await post(provider, sent, **same), await post(provider, sent, **same)
    assert first.status_code == again.status_code == 200
    assert first.content == again.content


async def test_what_is_no_batch_or_transaction_is_refused(ask: Ask) -> None:
    provider, (one, _) = await two_tasks(ask)
    twice = bundle("transaction", put(one, status="accepted"), patch(one))
    many = bundle("batch", *[get("Task/1")] * 501)
    cases: list[tuple[Any, int]] = [
        ({"resourceType": "Task"}, 400),
        (bundle("message"), 400),
        (bundle("batch", {"resource": one}), 400),
        (bundle("batch", {"request": {"method": "GET"}}), 400),
        (twice, 400),
        (many, 413),
        ([], 400),
        ({"resourceType": "Bundle", "type": "batch", "entry": {}}, 400),
        (bundle("transaction", get("Account/1")), 404),
        (bundle("transaction", get("metadata")), 422),
    ]
    for sent, status in cases:
        answer = await post(provider, sent)
        assert answer.status_code == status, answer.text
    assert (await post(provider, {"resourceType": "Bundle", "type": "batch"})).json() == {
        "resourceType": "Bundle",
        "type": "batch-response",
    }


async def test_a_bundle_opens_nothing_that_is_shut(ask: Ask) -> None:
    provider = await ask(T1, "provider")
    await tell(ask, IN_HOSPITAL)
    task = await the_task(provider)
    practice, adapter = await ask(P1, "gp"), await ask(T1, "adapter")
    sent = bundle("batch", get(f"Task/{task['id']}"), put(task, status="accepted"), get("Flag"))
    seen = (await post(practice, sent)).json()["entry"]
    assert [e["response"]["status"][:3] for e in seen] == ["200", "403", "403"]
    assert "input" not in seen[0]["resource"]
    shut = (await post(adapter, sent)).json()["entry"]
    assert {e["response"]["status"][:3] for e in shut} == {"403"}
