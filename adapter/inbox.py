"""The inbox: messages that wait are committed together, and answered only after the commit."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import psycopg

from adapter.database import Connection, connect
from adapter.door import Entry
from adapter.metrics import Metrics
from adapter.statement import BYTEA, TEXT, Column, Statement

_log = logging.getLogger(__name__)

# What each message has, what one with a fault has as well, and one that is traced.
_MESSAGE = {
    "organisation": TEXT,
    "control_id": TEXT,
    "trigger": TEXT,
    "sha256": BYTEA,
    "raw": BYTEA,
}
_FAULT = {"reason_code": TEXT, "reason_location": TEXT, "reason_text": TEXT}
_TRACED = {"traceparent": TEXT}
_KINDS = {TEXT: "text[]", BYTEA: "bytea[]"}


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
        self._waiting: deque[_Waiting] = deque()
        self._waiting_bytes = 0
        self._outside: deque[_Waiting] = deque()
        self._come = asyncio.Event()
        self._connection: Connection | None = None
        self._statements: dict[tuple[bool, bool], Statement] = {}
        self._closing = False

    async def store(self, entry: Entry) -> None:
        """Takes an entry; returns once it is committed. A message already kept is no error.

        Raises CannotStore when the commit failed or its outcome is unknown. Waits while too
        much is waiting.
        """
        if self._closing:
            raise CannotStore
        waiting = _Waiting(entry, asyncio.get_running_loop().create_future())
        self._outside.append(waiting)
        self._let_in()
        await waiting.stored

    async def run(self) -> None:
        """Writes until `close`, then what still waits, and returns."""
        try:
            while batch := await self._next_batch():
                await self._write(batch)
        finally:
            self._shut()
            _refuse(self._waiting)
            await self._disconnect()

    async def close(self) -> None:
        """Takes no more entries; `run` ends when those that wait are written."""
        self._shut()

    def _shut(self) -> None:
        self._closing = True
        _refuse(self._outside)
        self._outside.clear()
        self._come.set()

    def _let_in(self) -> None:
        """Has those wait for the next commit for whom there is room, in the order they came."""
        while self._outside and self._waiting_bytes < self._limits.waiting_bytes:
            waiting = self._outside.popleft()
            self._waiting.append(waiting)
            self._waiting_bytes += len(waiting.entry.raw)
            self._come.set()

    async def _next_batch(self) -> list[_Waiting]:
        """Those that are committed next; none when there are no more and it is closing."""
        while not self._waiting and not self._closing:
            self._come.clear()
            await self._come.wait()
        batch: list[_Waiting] = []
        size = 0
        while self._waiting and len(batch) < self._limits.rows:
            length = len(self._waiting[0].entry.raw)
            if batch and size + length > self._limits.bytes:
                break
            batch.append(self._waiting.popleft())
            size += length
        self._waiting_bytes -= size
        self._let_in()
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
        # Most messages have neither, and the server takes its time for every column.
        has_fault = any(entry.fault is not None for entry in entries)
        is_traced = any(entry.traceparent is not None for entry in entries)
        async with asyncio.timeout(self._limits.seconds):
            statement = self._statement(connection, has_fault, is_traced)
            await statement.run(_columns(entries, has_fault, is_traced))

    def _statement(self, connection: Connection, has_fault: bool, is_traced: bool) -> Statement:
        found = self._statements.get((has_fault, is_traced))
        if found is None:
            types = _MESSAGE | (_FAULT if has_fault else {}) | (_TRACED if is_traced else {})
            name = f"store_{has_fault:d}{is_traced:d}"
            found = Statement(connection, name, _query(types), list(types.values()))
            self._statements[has_fault, is_traced] = found
        return found

    async def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        self._statements.clear()
        if connection is not None:
            await connection.close()


def _query(types: Mapping[str, int]) -> str:
    names = ", ".join(types)
    arrays = ", ".join(f"${at}::{_KINDS[kind]}" for at, kind in enumerate(types.values(), 1))
    state = "'received'"
    if "reason_text" in types:
        state = f"CASE WHEN reason_text IS NULL THEN {state} ELSE 'quarantined' END"
    return (
        f"INSERT INTO adapter.inbox ({names}, state) SELECT {names}, {state}"
        f" FROM unnest({arrays}) AS new ({names}) ON CONFLICT (organisation, sha256) DO NOTHING"
    )


def _columns(entries: Sequence[Entry], has_fault: bool, is_traced: bool) -> list[Column]:
    columns: list[Column] = [
        [entry.organisation for entry in entries],
        [entry.control_id for entry in entries],
        [entry.trigger for entry in entries],
        [entry.sha256 for entry in entries],
        [entry.raw for entry in entries],
    ]
    if has_fault:
        faults = [entry.fault for entry in entries]
        columns += [
            [fault and fault.code for fault in faults],
            [fault and fault.location for fault in faults],
            [fault and fault.text for fault in faults],
        ]
    if is_traced:
        columns.append([entry.traceparent for entry in entries])
    return columns


def _refuse(batch: Iterable[_Waiting]) -> None:
    for waiting in batch:
        if not waiting.stored.done():
            waiting.stored.set_exception(CannotStore())


def _resolve(stored: asyncio.Future[None]) -> None:
    if not stored.done():
        stored.set_result(None)


def _name(error: BaseException) -> str:
    return type(error).__name__
