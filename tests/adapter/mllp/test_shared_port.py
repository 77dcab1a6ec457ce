"""Several adapters on one port and one database: connections are dealt out, and what comes to two
of them at once is one row."""

from __future__ import annotations

import asyncio
import hashlib
from contextlib import AsyncExitStack
from dataclasses import replace

import psycopg
import pytest

from adapter.certificate import Certificate
from adapter.door import Entry
from adapter.inbox import Inbox, Limits
from adapter.metrics import Metrics
from adapter.mllp.client import Client
from adapter.mllp.framing import Frame, Oversize
from adapter.mllp.server import Handle, Listening, Server

HERE = "127.0.0.1"
SHARED = Listening(HERE, 0, shares_port=True)


def answering(name: bytes) -> Handle:
    async def handle(_: Frame | Oversize, __: Certificate | None) -> list[bytes]:
        return [name]

    return handle


async def test_connections_are_dealt_out_and_go_on_when_one_listener_stops(
    metrics: Metrics,
) -> None:
    first = Server(SHARED, answering(b"first"), metrics)
    await first.start()
    second = Server(replace(SHARED, port=first.port), answering(b"second"), metrics)
    await second.start()

    async def ask() -> bytes:
        async with Client(HERE, second.port) as client:
            return await client.send(b"who are you")

    # All 64 at one of two: once in 2^63 runs.
    assert {await ask() for _ in range(64)} == {b"first", b"second"}
    await first.stop()
    assert {await ask() for _ in range(16)} == {b"second"}
    await second.stop()


async def test_a_port_that_is_not_shared_by_both_is_taken(metrics: Metrics) -> None:
    first = Server(SHARED, answering(b"first"), metrics)
    await first.start()
    alone = replace(SHARED, port=first.port, shares_port=False)
    with pytest.raises(OSError, match="in use"):
        await Server(alone, answering(b"second"), metrics).start()
    await first.stop()


async def test_same_messages_at_two_inboxes_in_opposite_order_are_kept_once(
    database: str, metrics: Metrics
) -> None:
    """Each commits hundreds together, so their rows lock each other out; nobody is refused."""
    entries = [_entry(f"message {number}") for number in range(512)]
    async with AsyncExitStack() as stack:
        inboxes: list[Inbox] = []
        for _ in range(2):
            inbox = Inbox(database, metrics, lambda: None, Limits(rows=256))
            running = asyncio.create_task(inbox.run())
            stack.push_async_callback(asyncio.wait_for, running, 30)
            stack.push_async_callback(inbox.close)
            inboxes.append(inbox)
        one, other = inboxes
        await asyncio.gather(
            *(one.store(entry) for entry in entries),
            *(other.store(entry) for entry in reversed(entries)),
        )
    with psycopg.connect(database) as connection:
        row = connection.execute("SELECT count(*) FROM adapter.inbox").fetchone()
    assert row == (len(entries),)


def _entry(text: str) -> Entry:
    raw = text.encode()
    return Entry("RXA", text, "A03", raw, hashlib.sha256(raw).digest())
