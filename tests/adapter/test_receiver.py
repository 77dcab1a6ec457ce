"""What every way in does: an acknowledgement only after the commit, and the truth in it."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.types import Message, Scope

from adapter import http
from adapter.acknowledgement import Answer, read_answer
from adapter.door import Door, Entry
from adapter.inbox import CannotStore
from adapter.metrics import Metrics
from adapter.receiver import Receiver

Adt = Callable[..., bytes]
LIMIT = 10_000


class Memory:
    """An inbox that keeps what it is given, or fails."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.fails = False

    async def store(self, entry: Entry) -> None:
        if self.fails:
            raise CannotStore
        self.entries.append(entry)


@pytest.fixture
def memory() -> Memory:
    return Memory()


@pytest.fixture
def receiver(door: Door, memory: Memory, metrics: Metrics) -> Receiver:
    return Receiver(door, memory, metrics, LIMIT)


def counted(samples: CollectorRegistry, code: str) -> float | None:
    return samples.get_sample_value("adapter_messages_total", {"acknowledgement_code": code})


async def answers(receiver: Receiver, raw: bytes) -> list[Answer]:
    return [read_answer(ack) for ack in await receiver.receive(raw)]


async def test_taken(
    receiver: Receiver, memory: Memory, samples: CollectorRegistry, adt: Adt
) -> None:
    assert await answers(receiver, adt("7")) == [Answer("AA", "7", "")]
    assert [entry.control_id for entry in memory.entries] == ["7"]
    assert counted(samples, "AA") == 1


async def test_kept_with_a_fault(receiver: Receiver, memory: Memory, adt: Adt) -> None:
    (answer,) = await answers(receiver, adt("7", pid3=""))
    assert (answer.code, answer.control_id, answer.text) == ("AE", "7", "PID-3 is empty.")
    assert [entry.fault for entry in memory.entries] != [None]


async def test_refused(receiver: Receiver, memory: Memory, adt: Adt) -> None:
    (answer,) = await answers(receiver, adt(""))
    assert answer.code == "AR"
    assert memory.entries == []


@pytest.mark.parametrize("pid3", ["1^^^RXA", ""])
async def test_what_cannot_be_kept_is_rejected_and_to_be_sent_again(
    receiver: Receiver, memory: Memory, samples: CollectorRegistry, adt: Adt, pid3: str
) -> None:
    memory.fails = True
    (ack,) = await receiver.receive(adt("7", pid3=pid3))
    assert read_answer(ack).code == "AR"
    assert "send it again" in read_answer(ack).text
    assert b"207&" in ack
    assert counted(samples, "AA") is None
    assert counted(samples, "AR") == 1


async def test_enhanced_mode_commits_first(receiver: Receiver, adt: Adt) -> None:
    codes = [answer.code for answer in await answers(receiver, adt("7", mode="AL|AL"))]
    assert codes == ["CA", "AA"]


async def test_enhanced_mode_that_cannot_store_has_no_commit_accept(
    receiver: Receiver, memory: Memory, adt: Adt
) -> None:
    memory.fails = True
    codes = [answer.code for answer in await answers(receiver, adt("7", mode="AL|AL"))]
    assert codes == ["CR"]


async def test_logs_hold_nothing_of_the_message(
    receiver: Receiver, adt: Adt, caplog: pytest.LogCaptureFixture
) -> None:
    await receiver.receive(adt("7", organisation="SECRET", pid3=""))
    await receiver.receive(b"SECRET")
    assert len(caplog.records) == 2
    assert "SECRET" not in caplog.text


async def post(receiver: Receiver, body: bytes) -> httpx.Response:
    app = Starlette(routes=[http.route(receiver, LIMIT)])
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://adapter"
    ) as client:
        headers = {"Content-Type": "x-application/hl7-v2+er7; charset=utf-8"}
        return await client.post(http.PATH, content=body, headers=headers)


async def test_http_answers_with_the_acknowledgement(receiver: Receiver, adt: Adt) -> None:
    response = await post(receiver, adt("7"))
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "x-application/hl7-v2+er7"
    assert read_answer(response.content) == Answer("AA", "7", "")


async def test_http_rejection_is_200_too(receiver: Receiver) -> None:
    response = await post(receiver, b"nothing")
    assert response.status_code == 200
    assert read_answer(response.content).code == "AR"


async def test_http_oversize_message_is_rejected_by_its_name(
    receiver: Receiver, memory: Memory, adt: Adt
) -> None:
    response = await post(receiver, adt("7") + b"NTE|1||" + b"x" * LIMIT)
    assert response.status_code == 200
    answer = read_answer(response.content)
    assert (answer.code, answer.control_id) == ("AR", "7")
    assert memory.entries == []


async def test_http_client_that_hangs_up_half_way_leaves_nothing(
    receiver: Receiver, memory: Memory
) -> None:
    received: list[Message] = [
        {"type": "http.request", "body": b"MSH|", "more_body": True},
        {"type": "http.disconnect"},
    ]
    sent: list[Message] = []

    async def receive() -> Message:
        return received.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {"type": "http", "method": "POST", "path": http.PATH, "headers": []}
    await Starlette(routes=[http.route(receiver, LIMIT)])(scope, receive, send)
    assert sent[0]["status"] == 400
    assert memory.entries == []


async def test_http_in_enhanced_mode(receiver: Receiver, adt: Adt) -> None:
    assert read_answer((await post(receiver, adt("7", mode="AL|AL"))).content).code == "AA"
    assert (await post(receiver, adt("8", mode="NE|NE"))).status_code == 204
