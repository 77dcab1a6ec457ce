"""Delivers the outbox to the registry: for ever where that may help, and in parallel."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import LiteralString
from uuid import UUID

import psycopg

from adapter.backoff import OWN_DATABASE_CAP, wait
from adapter.database import Connection, connect
from adapter.metrics import Metrics
from adapter.registry_client import Delivered, Later, Outcome, Refused, RegistryClient, Unavailable
from tracing import spans

_log = logging.getLogger(__name__)

LOOK_EVERY = 1.0
_ROWS = 64
# While the slowest answers of one batch are awaited, another is on its way.
_BATCHES = 2

_DUE: LiteralString = """
    SELECT inbox_id, request_id, bundle, attempts, last_error IS NOT NULL, traceparent
    FROM adapter.outbox
    WHERE next_attempt_at <= clock_timestamp()
    ORDER BY next_attempt_at, inbox_id LIMIT %s FOR UPDATE SKIP LOCKED
"""
_FINISH: LiteralString = """
    WITH finished AS (
        UPDATE adapter.inbox SET
            state = new.state, state_since = clock_timestamp(), reason_text = new.text,
            reason_code = CASE WHEN new.text IS NOT NULL THEN '207' END,
            reason_location = NULL
        FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS new (id, state, text)
        WHERE inbox.id = new.id
        RETURNING inbox.id, extract(epoch FROM state_since - received_at)::float8 AS seconds
    )
    DELETE FROM adapter.outbox USING finished WHERE outbox.inbox_id = finished.id
    RETURNING finished.id, finished.seconds
"""
_POSTPONE: LiteralString = """
    UPDATE adapter.outbox SET attempts = attempts + 1, last_error = new.error,
           next_attempt_at = clock_timestamp() + new.seconds * interval '1 second'
    FROM unnest(%s::bigint[], %s::text[], %s::float8[]) AS new (id, error, seconds)
    WHERE outbox.inbox_id = new.id
"""
# To the end of the queue: one message that topples the registry must not be every probe.
_BACK: LiteralString = """
    UPDATE adapter.outbox SET last_error = %s, next_attempt_at = clock_timestamp()
    WHERE inbox_id = %s
"""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A row of the outbox. `attempts` are those that it may be blamed for; `was_tried`: once it was
    not taken, whatever is to blame."""

    inbox_id: int
    request_id: UUID
    bundle: bytes
    attempts: int = 0
    was_tried: bool = False
    traceparent: str | None = None

    @property
    def goes_alone(self) -> bool:
        """What is traced, so that its trace is followed; and what was not taken before, so that it
        holds up no other."""
        return self.was_tried or self.traceparent is not None


@dataclass(frozen=True, slots=True)
class _Attempt:
    parcel: Parcel
    outcome: Outcome


class Delivery:
    """Several requests in flight, in batches beside each other; the registry needs no order. Where
    more wait than there are requests, each takes several.

    While the registry is unavailable it probes with one message, and no message is blamed.
    """

    def __init__(
        self,
        database: str,
        registry: RegistryClient,
        metrics: Metrics,
        wake: asyncio.Event,
        in_flight: int = 8,
    ) -> None:
        self._database = database
        self._registry = registry
        self._metrics = metrics
        self._wake = wake
        self._in_flight = in_flight
        self._free = asyncio.Semaphore(in_flight)
        self._unavailable = 0
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Works until `stop`; reconnects when the database goes away."""
        async with asyncio.TaskGroup() as batches:
            for number in range(_BATCHES):
                batches.create_task(self._run_one(probes=number == 0))

    async def _run_one(self, *, probes: bool) -> None:
        failures = 0
        while not self._stopping.is_set():
            try:
                async with await connect(self._database, "adapter delivery") as connection:
                    failures = 0
                    await self._work(connection, probes=probes)
            except (psycopg.Error, OSError) as error:
                failures += 1
                _log.error("delivery lost the database error=%s", type(error).__name__)
                await self._sleep(wait(failures, cap=OWN_DATABASE_CAP))

    def stop(self) -> None:
        """Ends after the requests in flight."""
        self._stopping.set()
        self._wake.set()

    async def _work(self, connection: Connection, *, probes: bool) -> None:
        while not self._stopping.is_set():
            if self._unavailable and not probes:
                await self._sleep(LOOK_EVERY)
                continue
            attempts = await self.deliver(connection)
            pause = self._pause(attempts)
            if pause is not None:
                await self._sleep(pause)
            elif not attempts:
                await self._look_again()

    async def deliver(self, connection: Connection) -> list[Outcome]:
        """Tries one batch (one message while the registry is away); returns what came of each.

        The rows stay locked meanwhile, so that no other process tries them, and are free again
        at once if this one dies.
        """
        async with connection.transaction():
            limit = 1 if self._unavailable else _ROWS
            rows = await (await connection.execute(_DUE, [limit], binary=True)).fetchall()
            attempts = await self._try_all([Parcel(*row) for row in rows])
            seconds = await _record(connection, attempts)
        outcomes = [attempt.outcome for attempt in attempts]
        self._count(outcomes)
        self._note(attempts, seconds)
        return outcomes

    async def _try_all(self, parcels: Sequence[Parcel]) -> list[_Attempt]:
        queue = list(reversed(loads(parcels, self._in_flight)))
        attempts: list[_Attempt] = []

        async def work() -> None:
            while queue:
                async with self._free:
                    if not queue or self._stopping.is_set():
                        return
                    done = await self._attempt(queue.pop())
                attempts.extend(done)
                if any(isinstance(attempt.outcome, Unavailable) for attempt in done):
                    queue.clear()

        async with asyncio.TaskGroup() as workers:
            for _ in range(min(self._in_flight, len(queue))):
                workers.create_task(work())
        return attempts

    async def _attempt(self, load: Sequence[Parcel]) -> list[_Attempt]:
        # What is traced goes alone.
        with spans.followed("adapter delivery", "client", load[0].traceparent) as span:
            outcomes = await self._registry.submit_all(load)
            span.note(
                request_id=str(load[0].request_id),
                attempt=load[0].attempts + 1,
                outcome=type(outcomes[0]).__name__.lower(),
            )
        return [_Attempt(*pair) for pair in zip(load, outcomes, strict=True)]

    def _pause(self, outcomes: Sequence[Outcome]) -> float | None:
        """Seconds to wait as a whole, None when it answers or nothing was tried."""
        if not outcomes:
            return None
        away = [outcome for outcome in outcomes if isinstance(outcome, Unavailable)]
        failing = all(isinstance(outcome, Unavailable | Later) for outcome in outcomes)
        if not away and not failing:
            self._unavailable = 0
            return None
        self._unavailable += 1
        asked = max((outcome.retry_after or 0.0 for outcome in away), default=0.0)
        pause = max(asked, wait(self._unavailable))
        _log.warning(
            "registry unavailable reason=%s pause_seconds=%.1f",
            away[0].why.replace(" ", "_") if away else "answers_with_errors",
            pause,
        )
        return pause

    def _count(self, outcomes: Sequence[Outcome]) -> None:
        for outcome in outcomes:
            self._metrics.delivery_attempts.labels(type(outcome).__name__.lower()).inc()
        if outcomes:
            reachable = not any(isinstance(outcome, Unavailable) for outcome in outcomes)
            self._metrics.registry_reachable.set(reachable)

    def _note(self, attempts: Sequence[_Attempt], seconds: Mapping[int, float]) -> None:
        """How long what is delivered took since its receipt, and the name of its request."""
        for attempt in attempts:
            if not isinstance(attempt.outcome, Delivered):
                continue
            parcel, lag = attempt.parcel, max(seconds.get(attempt.parcel.inbox_id, 0.0), 0.0)
            self._metrics.receipt_to_delivery_seconds.observe(lag)
            _log.info(
                "delivered inbox_id=%d request_id=%s attempts=%d seconds=%.3f",
                parcel.inbox_id, parcel.request_id, parcel.attempts + 1, lag,
            )  # fmt: skip

    async def _look_again(self) -> None:
        try:
            async with asyncio.timeout(LOOK_EVERY):
                await self._wake.wait()
        except TimeoutError:
            return
        self._wake.clear()

    async def _sleep(self, seconds: float) -> None:
        """A pause that new messages do not shorten, but `stop` does."""
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return


def loads(parcels: Sequence[Parcel], requests: int) -> list[list[Parcel]]:
    """Takes what is due, and how many requests may be under way; returns what to send with each
    request: several together where there are more than requests."""
    together = [parcel for parcel in parcels if not parcel.goes_alone]
    size = max(-(-len(together) // requests), 1)
    shared = [together[at : at + size] for at in range(0, len(together), size)]
    return shared + [[parcel] for parcel in parcels if parcel.goes_alone]


async def _record(connection: Connection, attempts: Sequence[_Attempt]) -> dict[int, float]:
    """Returns, for each row that is finished, the seconds since its message was received."""
    finished: list[tuple[int, str, str | None]] = []
    postponed: list[tuple[int, str, float]] = []
    for attempt in attempts:
        parcel, outcome = attempt.parcel, attempt.outcome
        match outcome:
            case Delivered():
                finished.append((parcel.inbox_id, "delivered", None))
            case Refused(text):
                _log.warning(
                    "message refused by the registry inbox_id=%d request_id=%s",
                    parcel.inbox_id, parcel.request_id,
                )  # fmt: skip
                finished.append((parcel.inbox_id, "quarantined", text))
            case Later(why):
                postponed.append((parcel.inbox_id, why, wait(parcel.attempts + 1)))
            case Unavailable(why):
                await connection.execute(_BACK, [why, parcel.inbox_id])
    if postponed:
        await connection.execute(_POSTPONE, _columns(postponed))
    if not finished:
        return {}
    rows = await (await connection.execute(_FINISH, _columns(finished))).fetchall()
    return dict(rows)


def _columns(rows: Sequence[tuple[object, ...]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]
