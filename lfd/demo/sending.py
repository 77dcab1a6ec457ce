"""Sends the story to the trusts' adapters by MLLP, and waits until all of it has been delivered."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import LiteralString

from adapter import database, er7
from adapter.acknowledgement import Answer, read_answer
from adapter.mllp.client import Client, NoAnswer
from lfd.arguments import Endpoint
from lfd.demo.story import Told
from lfd.failure import Failure

DELIVERED_WITHIN = 60.0
LOOK_EVERY = 0.05

_WAITING: LiteralString = """
    SELECT (SELECT count(*) FROM adapter.inbox WHERE state = 'received')
         + (SELECT count(*) FROM adapter.outbox)
"""
_QUARANTINED: LiteralString = """
    SELECT control_id, reason_text FROM adapter.inbox WHERE state = 'quarantined' ORDER BY id
"""


@dataclass(frozen=True, slots=True)
class Sent:
    """A message and the acknowledgement it got."""

    told: Told
    answer: Answer


async def send_all(story: Iterable[Told], adapters: Mapping[str, Endpoint]) -> list[Sent]:
    """Takes the messages and each trust's MLLP address; sends each message to its sender's own
    adapter, one after another. Failure: an adapter does not answer."""
    async with AsyncExitStack() as stack:
        try:
            connections = {
                trust: await stack.enter_async_context(Client(*where))
                for trust, where in adapters.items()
            }
            return [await _send(told, connections[told.sender]) for told in story]
        except (NoAnswer, OSError, TimeoutError, er7.NotHl7) as error:
            raise Failure(f"an adapter gave no acknowledgement: {error}") from error


async def delivered(databases: Iterable[str]) -> None:
    """Takes the adapters' databases; returns once the registry has all they were sent. Failure:
    it takes too long, or a message could not be processed."""
    try:
        async with asyncio.timeout(DELIVERED_WITHIN):
            await asyncio.gather(*(_delivered(url) for url in databases))
    except TimeoutError as error:
        text = f"the messages were not delivered within {DELIVERED_WITHIN:.0f} seconds"
        raise Failure(f"{text}: see the adapters' logs") from error


async def _send(told: Told, connection: Client) -> Sent:
    return Sent(told, read_answer(await connection.send(told.raw)))


async def _delivered(url: str) -> None:
    async with await database.connect(url, "demo") as connection:
        while await _count(connection):
            await asyncio.sleep(LOOK_EVERY)
        rows = await (await connection.execute(_QUARANTINED)).fetchall()
    if rows:
        control_id, reason = rows[0]
        raise Failure(f"message {control_id} could not be processed: {reason}")


async def _count(connection: database.Connection) -> int:
    row = await (await connection.execute(_WAITING)).fetchone()
    assert row is not None
    return int(row[0])
