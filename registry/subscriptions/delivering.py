"""Tells one subscriber what is still to be told: handshake, events in order, heartbeat.

Whoever delivers holds the subscription's lock in the database, with its connection: a process
that is killed loses the lock with it, and another goes on. What was sent and not yet written down
is then sent once more; nothing is passed over.
"""

from __future__ import annotations

import logging
import random
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import LiteralString

import orjson
from psycopg import Error

from registry.audit import event, storing
from registry.audit.act import Act, Actor, Origin
from registry.store.reader import as_reader
from registry.store.transaction import Connection, Pool
from registry.subscriptions import events, kept, terms
from registry.subscriptions.channel import Channel, Channels, Message, NotSent
from registry.subscriptions.endpoints import EndpointRefused
from registry.subscriptions.events import Shown, Wanted
from registry.subscriptions.kept import Kept
from registry.subscriptions.notification import Kind, notification
from registry.subscriptions.progress import Step, is_given_up, next_step, wait
from registry.subscriptions.settings import SubscriptionSettings
from registry.subscriptions.signing import Signing
from registry.subscriptions.terms import Terms, UnreadableTerms
from tracing import spans

_log = logging.getLogger(__name__)

# After so many notifications in a row others have their turn.
IN_A_ROW = 50
INTERACTION = "notification"
_KINDS: dict[Step, Kind] = {
    "handshake": "handshake",
    "events": "event-notification",
    "heartbeat": "heartbeat",
}

_LOCK: LiteralString = "SELECT pg_try_advisory_lock(hashtextextended('subscription ' || %s, 0))"
_UNLOCK: LiteralString = "SELECT pg_advisory_unlock(hashtextextended('subscription ' || %s, 0))"
# A client that was taken away, or now acts for another, is told nothing any more.
_IS_OUT: LiteralString = """
    SELECT s.is_registered AND NOT EXISTS (SELECT FROM client AS c WHERE c.id = s.client
        AND c.organisation = s.organisation AND c.role = s.role)
    FROM subscription AS s WHERE s.id = %s
"""
_RECORDED: LiteralString = "UPDATE subscription SET recorded = greatest(recorded, %s) WHERE id = %s"
# Of another version the client has meanwhile made another subscription: it begins anew.
_TOOK: LiteralString = """
    UPDATE subscription SET delivered = greatest(delivered, %(delivered)s), failures = 0,
        failing_since = NULL, error = NULL, next_at = clock_timestamp(),
        contacted_at = clock_timestamp(), status = 'active',
        version = version + (status <> 'active')::integer,
        updated_at = CASE WHEN status = 'active' THEN updated_at ELSE clock_timestamp() END
    WHERE id = %(id)s AND version = %(version)s
"""
_FAILED: LiteralString = """
    UPDATE subscription SET failures = failures + 1,
        failing_since = coalesce(failing_since, %(now)s), next_at = %(next_at)s,
        error = %(error)s, status = %(status)s,
        version = version + (status <> %(status)s)::integer,
        updated_at = CASE WHEN status = %(status)s THEN updated_at ELSE clock_timestamp() END
    WHERE id = %(id)s AND version = %(version)s
"""
_OFF: LiteralString = """
    UPDATE subscription SET status = 'off', error = %s, version = version + 1,
        updated_at = clock_timestamp()
    WHERE id = %s AND version = %s
"""


@dataclass(frozen=True, slots=True)
class Telling:
    """What every delivery works with: the channels, the maker of signatures, the settings, the
    address of the FHIR API, and what has the audit record's new rows linked."""

    channels: Channels
    signing: Signing
    settings: SubscriptionSettings
    base: str
    sealed_soon: Callable[[], None]


@dataclass(frozen=True, slots=True)
class _Next:
    """One notification to be sent: which step, of how many events the last, with what."""

    step: Step
    last: int
    shown: Sequence[Shown] = ()


class Delivery:
    """The delivery of one subscription, for as long as it holds its lock."""

    def __init__(self, pool: Pool, telling: Telling, subscription_id: str) -> None:
        self._pool = pool
        self._telling = telling
        self._id = subscription_id

    async def run(self) -> bool:
        """Sends what is to be sent, up to a failure or so many in a row. Returns False where it
        did nothing, because another process is at it or there was nothing to do."""
        async with self._pool.connection() as connection, _locked(connection, self._id) as is_ours:
            left = IN_A_ROW if is_ours else 0
            while left and await self._one(connection):
                left -= 1
        return is_ours and left < IN_A_ROW

    async def _one(self, connection: Connection) -> bool:
        """Does the next step; returns whether there may be another."""
        async with connection.transaction():
            one = await kept.whoever_it_is_of(connection, self._id)
            step = None if one is None else next_step(one.progress, datetime.now(UTC))
            if one is None or step is None:
                return False
            row = await (await connection.execute(_IS_OUT, (self._id,))).fetchone()
            if step == "end" or row == (True,):
                why = None if step == "end" else "The client is no longer registered as it was."
                await connection.execute(_OFF, (why, self._id, one.version))
                return False
        try:
            asked = terms.read(one.content)
            channel = self._telling.channels.of(asked)
            channel.check(asked.endpoint)
        except (UnreadableTerms, EndpointRefused) as error:
            # What was taken once is no longer: other settings, or another release.
            return await self._failed(connection, one, "handshake", NotSent(str(error)))
        following = await self._next(connection, one, asked, step)
        message = self._message(one, asked, following)
        await self._put_on_record(connection, one, asked, following)
        try:
            await _sent(channel, asked, message, one, following)
        except NotSent as error:
            return await self._failed(connection, one, step, error)
        _log.info(
            "notified subscription=%s step=%s last=%d correlation_id=%s",
            self._id, step, following.last, message.correlation,
        )  # fmt: skip
        values = {"delivered": following.last, "id": self._id, "version": one.version}
        async with connection.transaction():
            await connection.execute(_TOOK, values)
        return True

    async def _next(self, connection: Connection, one: Kept, asked: Terms, step: Step) -> _Next:
        delivered = one.progress.delivered
        if step != "events":
            return _Next(step, delivered)
        wanted = Wanted(
            self._id, delivered + 1, one.progress.events, asked.max_count, one.organisation,
            one.role, asked.content == "full-resource",
        )  # fmt: skip
        async with connection.transaction():
            await as_reader(connection, one.organisation, one.role)
            shown = await events.read(connection, wanted)
        # All of it may be older than what is kept: then the count is all there is to tell.
        last = shown[-1].told.number if shown else one.progress.events
        return _Next(step, last, shown)

    def _message(self, one: Kept, asked: Terms, following: _Next) -> Message:
        told = [shown.told for shown in following.shown]
        standing = replace(one.standing, events=max(following.last, one.progress.delivered))
        kind = _KINDS[following.step]
        if kind != "event-notification":
            standing = one.standing
        bundle = notification(
            self._telling.base, standing, kind, datetime.now(UTC), asked.content, told
        )
        body = orjson.dumps(bundle)
        signature = self._telling.signing.signature(self._id, body)
        label = f"{self._id} {kind} {following.last}"
        known = [one.request_id for one in following.shown if one.request_id is not None]
        correlation = known[-1] if known else None
        return Message(body, asked.media_type, signature, label, correlation)

    async def _put_on_record(
        self, connection: Connection, one: Kept, asked: Terms, following: _Next
    ) -> None:
        """Before it is sent: what was told and not recorded would be worse than the reverse. What
        is sent again is not recorded again."""
        subjects = [
            shown.subject
            for shown in following.shown
            if shown.subject is not None and shown.told.number > one.recorded
        ]
        if not subjects or asked.content == "empty":
            return
        act = Act(
            at=datetime.now(UTC),
            interaction=INTERACTION,
            actor=Actor(one.client, one.organisation, one.role),
            origin=Origin(),
            status=200,
            asked=f"Subscription/{self._id}",
            shown=tuple(dict.fromkeys(subjects)),
        )
        async with connection.transaction():
            await storing.add(connection, event.records(act, self._telling.base))
            await connection.execute(_RECORDED, (following.last, self._id))
        self._telling.sealed_soon()

    async def _failed(self, connection: Connection, one: Kept, step: Step, error: NotSent) -> bool:
        now = datetime.now(UTC)
        progress = one.progress
        since = progress.failing_since or now
        patience = self._telling.settings.patience
        # Not of the kind that secrets need.
        jitter = random.random()  # noqa: S311 - only spreads attempts over time
        values = {
            "id": self._id,
            "version": one.version,
            "now": now,
            "next_at": now + wait(progress.failures + 1, jitter, error.retry_after),
            "error": str(error),
            "status": "error" if is_given_up(step, since, now, patience) else progress.status,
        }
        async with connection.transaction():
            await connection.execute(_FAILED, values)
        return False


async def _sent(
    channel: Channel, asked: Terms, message: Message, one: Kept, following: _Next
) -> None:
    """Sends it, as part of the trace of the newest event that has one. NotSent."""
    places = [told.traceparent for told in following.shown if told.traceparent is not None]
    newest = places.pop() if places else None
    beside = [*dict.fromkeys(places)]
    with spans.followed("registry notification", "producer", newest, beside) as span:
        span.note(
            organisation=one.organisation,
            events=len(following.shown),
            attempt=one.progress.failures + 1,
        )
        await channel.send(asked, replace(message, traceparent=span.traceparent))


@asynccontextmanager
async def _locked(connection: Connection, subscription_id: str) -> AsyncGenerator[bool]:
    """Holds the subscription's lock, which is the connection's; says whether we have it."""
    async with connection.transaction():
        row = await (await connection.execute(_LOCK, (subscription_id,))).fetchone()
    is_ours = row == (True,)
    try:
        yield is_ours
    finally:
        if is_ours:
            await _let_go(connection, subscription_id)


async def _let_go(connection: Connection, subscription_id: str) -> None:
    try:
        await connection.rollback()
        async with connection.transaction():
            await connection.execute(_UNLOCK, (subscription_id,))
    except BaseException as error:
        # The lock must not stay with a connection that goes back to the pool.
        await connection.close()
        if not isinstance(error, Error):
            raise
