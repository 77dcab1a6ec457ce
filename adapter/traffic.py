"""Counts what each sender sends, by hour and by acknowledgement code, for people to look at."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import LiteralString

import psycopg

from adapter.database import Connection, connect

_log = logging.getLogger(__name__)

WRITE_EVERY = 5.0
KEEP_DAYS = 92
MOST_KEYS = 1000
"""So many counts are held between two writes; a sender that invents names gets one for all."""
_ODS = re.compile(r"[A-Z0-9]{3,8}")
_ADD: LiteralString = """
    INSERT INTO adapter.traffic AS t (organisation, hour, acknowledgement_code, messages, last_at)
    SELECT organisation, hour, code, messages, last_at
    FROM unnest(%s::text[], %s::timestamptz[], %s::text[], %s::bigint[], %s::timestamptz[])
         AS new (organisation, hour, code, messages, last_at)
    ORDER BY organisation, hour, code
    ON CONFLICT (organisation, hour, acknowledgement_code) DO UPDATE
    SET messages = t.messages + excluded.messages, last_at = greatest(t.last_at, excluded.last_at)
"""
_FORGET: LiteralString = """
    DELETE FROM adapter.traffic WHERE hour < clock_timestamp() - %s * interval '1 day'
"""


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class _Count:
    messages: int
    last_at: datetime


class Traffic:
    """Counts in memory and writes every few seconds, so that no acknowledgement waits for it. What
    a killed process had not written is lost: a few seconds of numbers, never a message."""

    def __init__(self, database: str, clock: Callable[[], datetime] = _now) -> None:
        self._database = database
        self._clock = clock
        self._counts: dict[tuple[str, datetime, str], _Count] = {}
        self._stopping = asyncio.Event()

    def count(self, organisation: str, code: str) -> None:
        """Takes the sender's ODS code as far as it is known, and the acknowledgement code of one
        message; counts it."""
        now = self._clock()
        known = organisation if _ODS.fullmatch(organisation) else ""
        hour = now.replace(minute=0, second=0, microsecond=0)
        if (known, hour, code) not in self._counts and len(self._counts) >= MOST_KEYS:
            known = ""
        found = self._counts.setdefault((known, hour, code), _Count(0, now))
        found.messages += 1
        found.last_at = max(found.last_at, now)

    async def run(self) -> None:
        """Writes until `stop`, and then what is left. Where the database is away by then, that is
        lost."""
        while True:
            try:
                async with await connect(self._database, "adapter traffic") as connection:
                    await connection.execute(_FORGET, [KEEP_DAYS])
                    await self._write_until_stopped(connection)
                return
            except (psycopg.Error, OSError) as error:
                _log.error("traffic lost the database error=%s", type(error).__name__)
                if self._stopping.is_set():
                    return
                await self._pause()

    def stop(self) -> None:
        """Ends after one more write."""
        self._stopping.set()

    async def _write_until_stopped(self, connection: Connection) -> None:
        is_last = False
        while not is_last:
            await self._pause()
            # Before the write, so that what is counted until then is in it.
            is_last = self._stopping.is_set()
            await self.write(connection)

    async def write(self, connection: Connection) -> None:
        """Takes a connection; adds what was counted to what is stored. Where that fails it is kept
        for the next time."""
        counts, self._counts = self._counts, {}
        if not counts:
            return
        columns = [list(column) for column in zip(*counts, strict=True)]
        messages = [one.messages for one in counts.values()]
        last = [one.last_at for one in counts.values()]
        try:
            await connection.execute(_ADD, [*columns, messages, last])
        except BaseException:
            self._take_back(counts)
            raise

    def _take_back(self, counts: dict[tuple[str, datetime, str], _Count]) -> None:
        for key, one in counts.items():
            found = self._counts.setdefault(key, _Count(0, one.last_at))
            found.messages += one.messages
            found.last_at = max(found.last_at, one.last_at)

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(WRITE_EVERY):
                await self._stopping.wait()
        except TimeoutError:
            return
