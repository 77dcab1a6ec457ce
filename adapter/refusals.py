"""Keeps the record of messages that their sender may not send; never their content."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import LiteralString

import psycopg

from adapter.database import Connection, connect
from adapter.door import Entry

_log = logging.getLogger(__name__)
_SECONDS = 10.0
_LONGEST = 100

_KEEP: LiteralString = """
    INSERT INTO adapter.refused (sender, organisation, control_id, trigger, sha256, size)
    VALUES (%s, %s, %s, %s, %s, %s)
    ON CONFLICT (sender, sha256)
    DO UPDATE SET times = refused.times + 1, last_at = clock_timestamp()
"""


class Refusals:
    """One writer on one connection of its own, made when it is first needed."""

    def __init__(self, database: str) -> None:
        self._database = database
        self._connection: Connection | None = None
        self._alone = asyncio.Lock()

    async def keep(self, sender: str, refused: Entry) -> None:
        """Takes the sender's name and the message it sent; returns once that is on record.

        Where that cannot be, it is said in the log and the message stays refused.
        """
        cut = [text[:_LONGEST] for text in (refused.organisation, refused.control_id)]
        row = [sender, *cut, refused.trigger[:_LONGEST], refused.sha256, len(refused.raw)]
        async with self._alone:
            try:
                async with asyncio.timeout(_SECONDS):
                    await self._insert(row)
            except (psycopg.Error, OSError, TimeoutError) as error:
                _log.error("refusal not recorded error=%s", type(error).__name__)
                await self._disconnect()

    async def close(self) -> None:
        """Closes the connection; the next refusal would open another."""
        async with self._alone:
            await self._disconnect()

    async def _insert(self, row: Sequence[object]) -> None:
        if self._connection is None or self._connection.broken:
            await self._disconnect()
            self._connection = await connect(self._database, "adapter refusals")
        await self._connection.execute(_KEEP, row)

    async def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()
