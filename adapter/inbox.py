"""The inbox: messages that wait are committed together, and answered only after the commit."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import LiteralString

import psycopg

from adapter.database import Connection, connect
from adapter.door import Entry
from adapter.metrics import Metrics

_log = logging.getLogger(__name__)

_STORE: LiteralString = """
    INSERT INTO adapter.inbox (organisation, control_id, trigger, sha256, raw, state,
                               reason_code, reason_location, reason_text)
    SELECT organisation, control_id, trigger, sha256, raw,
           CASE WHEN reason_text IS NULL THEN 'received' ELSE 'quarantined' END,
           reason_code, reason_location, reason_text
    FROM unnest(%b::text[], %b::text[], %b::text[], %b::bytea[], %b::bytea[],
                %b::text[], %b::text[], %b::text[])
         AS new (organisation, control_id, trigger, sha256, raw,
                 reason_code, reason_location, reason_text)
    ON CONFLICT (organisation, sha256) DO NOTHING
"""


class CannotStore(Exception):
    """The message is not known to be committed; the sender has to send it again."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may wait or be committed at once, and how long one commit may take (seconds)."""

    rows: int = 256
    bytes: int = 16 * 1024 * 1024
    waiting_bytes: int = 64 * 1024 * 1024
    seconds: float = 10.0


@dataclass(slots=True)
class _Waiting:
    entry: Entry
    stored: asyncio.Future[None]


class Inbox:
    """One writer on one connection; reconnects by itself.

    `woken` is called after each commit, so that processing need not wait for its next look.
    """

    def __init__(
        self,
        database: str,
        metrics: Metrics,
        woken: Callable[[], None],
        limits: Limits | None = None,
    ) -> None:
        self._database = database
        self._metrics = metrics
        self._woken = woken
        self._limits = limits or Limits()
        self._waiting: list[_Waiting] = []
        self._waiting_bytes = 0
        self._changed = asyncio.Condition()
        self._connection: Connection | None = None
        self._closing = False

    async def store(self, entry: Entry) -> None:
        """Takes an entry; returns once it is committed. A message already kept is no error.

        Raises CannotStore when the commit failed or its outcome is unknown. Waits while too
        much is waiting.
        """
        stored = asyncio.get_running_loop().create_future()
        async with self._changed:
            await self._changed.wait_for(self._has_room)
            if self._closing:
                raise CannotStore
            self._waiting.append(_Waiting(entry, stored))
            self._waiting_bytes += len(entry.raw)
            self._changed.notify_all()
        await stored

    async def run(self) -> None:
        """Writes until `close`, then what still waits, and returns."""
        try:
            while batch := await self._next_batch():
                await self._write(batch)
        finally:
            self._closing = True
            _refuse(self._waiting)
            await self._disconnect()

    async def close(self) -> None:
        """Takes no more entries; `run` ends when those that wait are written."""
        async with self._changed:
            self._closing = True
            self._changed.notify_all()

    def _has_room(self) -> bool:
        return self._closing or self._waiting_bytes < self._limits.waiting_bytes

    async def _next_batch(self) -> list[_Waiting]:
        async with self._changed:
            await self._changed.wait_for(lambda: self._waiting or self._closing)
            size = count = 0
            for waiting in self._waiting[: self._limits.rows]:
                size += len(waiting.entry.raw)
                if count and size > self._limits.bytes:
                    break
                count += 1
            batch, self._waiting = self._waiting[:count], self._waiting[count:]
            self._waiting_bytes -= sum(len(waiting.entry.raw) for waiting in batch)
            self._changed.notify_all()
        return batch

    async def _write(self, batch: Sequence[_Waiting]) -> None:
        began = time.perf_counter()
        try:
            await self._commit([waiting.entry for waiting in batch])
        except (psycopg.DataError, psycopg.errors.DeadlockDetected) as error:
            await self._write_singly(batch, error)
        except Exception as error:
            # Whatever it was, it is not committed for certain, and the next batch is to be tried.
            _log.error("inbox commit failed messages=%d error=%s", len(batch), _name(error))
            _refuse(batch)
        except BaseException:
            _refuse(batch)
            raise
        else:
            self._metrics.commit_seconds.observe(time.perf_counter() - began)
            for waiting in batch:
                _resolve(waiting.stored)
            self._woken()

    async def _write_singly(self, batch: Sequence[_Waiting], error: psycopg.Error) -> None:
        """One row the database does not take must not refuse the others of its batch; rows one by
        one cannot lock another writer's out that holds the same in another order."""
        if len(batch) == 1:
            _log.error("inbox row refused error=%s sqlstate=%s", _name(error), error.sqlstate)
            _refuse(batch)
            return
        for waiting in batch:
            await self._write([waiting])

    async def _commit(self, entries: Sequence[Entry]) -> None:
        """Commits, once more on a new connection where the old one is found broken.

        To store again what was already stored changes nothing, so the unknown outcome of a
        commit on a broken connection does no harm.
        """
        if self._connection is not None:
            try:
                return await self._insert(self._connection, entries)
            except psycopg.errors.DeadlockDetected:
                raise
            except (psycopg.OperationalError, TimeoutError) as error:
                _log.warning("inbox connection lost error=%s", _name(error))
                await self._disconnect()
        self._connection = await connect(self._database, "adapter inbox")
        try:
            await self._insert(self._connection, entries)
        except (psycopg.OperationalError, TimeoutError):
            await self._disconnect()
            raise

    async def _insert(self, connection: Connection, entries: Sequence[Entry]) -> None:
        """One statement, and autocommit: it has returned only when it is committed."""
        async with asyncio.timeout(self._limits.seconds):
            await connection.execute(_STORE, _columns(entries))

    async def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()


def _columns(entries: Sequence[Entry]) -> list[list[object]]:
    rows: list[tuple[object, ...]] = [
        (
            entry.organisation,
            entry.control_id,
            entry.trigger,
            entry.sha256,
            entry.raw,
            entry.fault and entry.fault.code,
            entry.fault and entry.fault.location,
            entry.fault and entry.fault.text,
        )
        for entry in entries
    ]
    return [list(column) for column in zip(*rows, strict=True)]


def _refuse(batch: Sequence[_Waiting]) -> None:
    for waiting in batch:
        if not waiting.stored.done():
            waiting.stored.set_exception(CannotStore())


def _resolve(stored: asyncio.Future[None]) -> None:
    if not stored.done():
        stored.set_result(None)


def _name(error: BaseException) -> str:
    return type(error).__name__
