"""Turns received messages into minimised Bundles in the outbox; what fails is quarantined."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import LiteralString

import psycopg

from adapter.backoff import OWN_DATABASE_CAP, wait
from adapter.database import Connection, connect
from adapter.metrics import Metrics
from adapter.reason import Reason
from adapter.treatment import TreatAll, Treated
from tracing import spans
from tracing.spans import Span

_log = logging.getLogger(__name__)

LOOK_EVERY = 1.0
_ROWS = 128
# Seconds in which a steady trickle becomes a batch. Each costs the door a turn and the database
# five questions, whether it holds one message or many.
_GATHER = 0.05
_BYTES = 16 * 1024 * 1024

_CLAIM: LiteralString = """
    SELECT id, octet_length(coalesce(corrected, raw))
    FROM adapter.inbox WHERE state = 'received'
    ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
"""
_CONTENT: LiteralString = """
    SELECT id, coalesce(corrected, raw), traceparent
    FROM adapter.inbox WHERE id = ANY(%s) ORDER BY id
"""
_SETTLE: LiteralString = """
    WITH settled AS (
        UPDATE adapter.inbox SET
            state = new.state, state_since = clock_timestamp(),
            reason_code = new.code, reason_location = new.location, reason_text = new.text
        FROM unnest(%b::bigint[], %b::text[], %b::text[], %b::text[], %b::text[])
             AS new (id, state, code, location, text)
        WHERE inbox.id = new.id
    )
    INSERT INTO adapter.outbox (inbox_id, bundle)
    SELECT id, bundle FROM unnest(%b::bigint[], %b::bytea[]) AS new (id, bundle)
    WHERE bundle IS NOT NULL
    ON CONFLICT (inbox_id) DO UPDATE SET bundle = excluded.bundle
"""
_TRACE: LiteralString = """
    UPDATE adapter.outbox SET traceparent = new.traceparent
    FROM unnest(%s::bigint[], %s::text[]) AS new (id, traceparent) WHERE inbox_id = new.id
"""


@dataclass(frozen=True, slots=True)
class _Claimed:
    id: int
    raw: bytes
    traceparent: str | None


@dataclass(frozen=True, slots=True)
class _Row:
    id: int
    treated: Treated


class Processing:
    """One worker; any number may run beside each other, in this process or in others.

    `wake` says that messages came; without that it looks once a second. `converted` is called
    when something was put into the outbox.
    """

    def __init__(
        self,
        database: str,
        treat: TreatAll,
        metrics: Metrics,
        wake: asyncio.Event,
        converted: asyncio.Event,
    ) -> None:
        self._database = database
        self._treat = treat
        self._metrics = metrics
        self._wake = wake
        self._converted = converted
        self._stopping = False

    async def run(self) -> None:
        """Works until `stop`; reconnects when the database goes away."""
        failures = 0
        while not self._stopping:
            try:
                async with await connect(self._database, "adapter processing") as connection:
                    failures = 0
                    await self._work(connection)
            except (psycopg.Error, OSError) as error:
                failures += 1
                _log.error("processing lost the database error=%s", type(error).__name__)
                await _sleep(self._wake, wait(failures, cap=OWN_DATABASE_CAP))

    def stop(self) -> None:
        """Ends after the batch in hand."""
        self._stopping = True
        self._wake.set()

    async def _work(self, connection: Connection) -> None:
        while not self._stopping:
            done = await self.process(connection)
            if not done:
                await _sleep(self._wake, LOOK_EVERY)
            elif done < _ROWS:
                await asyncio.sleep(_GATHER)

    async def process(self, connection: Connection) -> int:
        """Processes one batch in one transaction; returns how many messages it held."""
        async with connection.transaction():
            claimed = await _claim(connection)
            done = await self._convert(connection, claimed) if claimed else []
        for row in done:
            self._metrics.processed.labels(row.treated.state).inc()
            self._metrics.unmapped_fields.count(row.treated.organisation, row.treated.unmapped)
            _log_quarantine(row)
        if any(row.treated.bundle for row in done):
            self._converted.set()
        return len(done)

    async def _convert(self, connection: Connection, claimed: Sequence[_Claimed]) -> list[_Row]:
        with spans.each("adapter conversion", "consumer", [one.traceparent for one in claimed]) as (
            traced
        ):
            treated = await self._treat([one.raw for one in claimed])
            done = [_Row(was.id, one) for was, one in zip(claimed, treated, strict=True)]
            await connection.execute(_SETTLE, _columns(done))
            if spans.are_on():
                await _trace(connection, done, traced)
        return done


async def _trace(connection: Connection, rows: Sequence[_Row], traced: Sequence[Span]) -> None:
    """Says what became of each, and keeps where its delivery goes on."""
    for row, span in zip(rows, traced, strict=True):
        span.note(state=row.treated.state, messages=len(rows))
    places = [(row.id, span.traceparent) for row, span in zip(rows, traced, strict=True)]
    if known := [(row_id, place) for row_id, place in places if place is not None]:
        columns = [list(column) for column in zip(*known, strict=True)]
        await connection.execute(_TRACE, columns)


def _log_quarantine(row: _Row) -> None:
    if (reason := row.treated.reason) is not None:
        _log.warning(
            "message quarantined inbox_id=%d condition=%s location=%s",
            row.id,
            reason.code,
            reason.location or "-",
        )


async def _claim(connection: Connection) -> list[_Claimed]:
    """Locks a batch that fits into memory; returns it."""
    claimed = await (await connection.execute(_CLAIM, [_ROWS])).fetchall()
    ids: list[int] = []
    size = 0
    for row_id, length in claimed:
        size += length
        if ids and size > _BYTES:
            break
        ids.append(row_id)
    if not ids:
        return []
    cursor = await connection.execute(_CONTENT, [ids], binary=True)
    rows = await cursor.fetchall()
    return [_Claimed(row_id, bytes(raw), place) for row_id, raw, place in rows]


def _columns(rows: Sequence[_Row]) -> list[list[object]]:
    ids: list[object] = [row.id for row in rows]
    treated = [row.treated for row in rows]
    reasons = [one.reason or Reason("", "", "") for one in treated]
    return [
        ids,
        [one.state for one in treated],
        [reason.code or None for reason in reasons],
        [reason.location or None for reason in reasons],
        [reason.text or None for reason in reasons],
        ids,
        [one.bundle for one in treated],
    ]


async def _sleep(wake: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await wake.wait()
    except TimeoutError:
        return
    wake.clear()
