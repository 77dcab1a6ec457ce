"""Sends the story to the trusts' adapters by MLLP, and sees each message reach the registry."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import LiteralString

from adapter import database, er7
from adapter.acknowledgement import Answer, read_answer
from adapter.mllp.client import Client, NoAnswer
from lfd.demo.story import Told
from lfd.endpoint import Endpoint
from lfd.failure import Failure

DELIVERED_WITHIN = 30.0
LOOK_EVERY = 0.02

_WAITING: LiteralString = """
    SELECT (SELECT count(*) FROM adapter.inbox WHERE state = 'received')
         + (SELECT count(*) FROM adapter.outbox)
"""
_QUARANTINED: LiteralString = """
    SELECT reason_text FROM adapter.inbox WHERE state = 'quarantined' AND control_id = %s
"""


@dataclass(frozen=True, slots=True)
class Sent:
    """A message and the acknowledgement it got."""

    told: Told
    answer: Answer


@dataclass(frozen=True, slots=True)
class Adapter:
    """Where one trust's adapter listens for MLLP, and its database."""

    mllp: Endpoint
    database: str


async def send_all(story: Iterable[Told], adapters: Mapping[str, Adapter]) -> list[Sent]:
    """Takes the messages and each trust's adapter; sends each message to its sender's own, and the
    next one when the registry has it: what the history shows is then the same every time.

    Failure: an adapter does not answer, or a message could not be processed or delivered.
    """
    async with AsyncExitStack() as stack:
        try:
            lines = {trust: await _Line.open(adapter, stack) for trust, adapter in adapters.items()}
            return [await lines[told.sender].send(told) for told in story]
        except (NoAnswer, OSError, TimeoutError, er7.NotHl7) as error:
            raise Failure(f"an adapter gave no acknowledgement: {error}") from error


class _Line:
    """A connection to one adapter, and one to its database to see how far a message is."""

    def __init__(self, client: Client, connection: database.Connection) -> None:
        self._client = client
        self._connection = connection

    @classmethod
    async def open(cls, adapter: Adapter, stack: AsyncExitStack) -> _Line:
        client = await stack.enter_async_context(Client(*adapter.mllp))
        connection = await database.connect(adapter.database, "demo")
        return cls(client, await stack.enter_async_context(connection))

    async def send(self, told: Told) -> Sent:
        answer = read_answer(await self._client.send(told.raw))
        try:
            async with asyncio.timeout(DELIVERED_WITHIN):
                await self._delivered()
        except TimeoutError as error:
            text = f"message {told.control_id} has not reached the registry"
            raise Failure(f"{text} within {DELIVERED_WITHIN:.0f} seconds: see the logs") from error
        await self._not_quarantined(told)
        return Sent(told, answer)

    async def _delivered(self) -> None:
        while True:
            row = await (await self._connection.execute(_WAITING)).fetchone()
            assert row is not None
            if row[0] == 0:
                return
            await asyncio.sleep(LOOK_EVERY)

    async def _not_quarantined(self, told: Told) -> None:
        found = await self._connection.execute(_QUARANTINED, [told.control_id])
        if row := await found.fetchone():
            raise Failure(f"message {told.control_id} could not be processed: {row[0]}")
