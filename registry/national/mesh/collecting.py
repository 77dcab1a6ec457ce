"""Collects national events from a mailbox: taken, committed, and only then acknowledged.

Killed in between, a message waits on and is taken again, which adds nothing.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time

from psycopg import Error
from psycopg_pool import PoolTimeout

from registry.national.event import Event, UnreadableEvent, events
from registry.national.mesh.mailbox import Mailbox, MailboxError, MailboxMessage
from registry.national.metrics import NationalMetrics
from registry.national.reception import Reception
from registry.store.transaction import Pool

_HANDSHAKE_SECONDS = 12 * 3600.0
_REFUSE = """
    INSERT INTO national_refused (mailbox, message, workflow, reason, content)
    VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""

_log = logging.getLogger(__name__)


class Collecting:
    """The collecting from one mailbox."""

    def __init__(
        self, mailbox: Mailbox, pool: Pool, reception: Reception, metrics: NationalMetrics
    ) -> None:
        self._mailbox = mailbox
        self._pool = pool
        self._reception = reception
        self._metrics = metrics
        self._shaken_at: float | None = None

    async def run(self, seconds: float) -> None:
        """Takes the seconds between two looks; collects for ever."""
        while True:
            try:
                while await self.collect():
                    pass
            except (MailboxError, Error, PoolTimeout) as error:
                said = str(error) if isinstance(error, MailboxError) else type(error).__name__
                _log.warning("national feed: %s; trying again", said)
                self._metrics.mailbox("failed")
            await asyncio.sleep(seconds)

    async def collect(self) -> int:
        """Takes in what waits; returns how many messages that were. MailboxError where nothing can
        be had at all, or an error of the database: what was not acknowledged waits on."""
        await self._shake_hands()
        taken = 0
        for message_id in await self._mailbox.waiting():
            try:
                await self._take_in(await self._mailbox.take(message_id))
                await self._mailbox.acknowledge(message_id)
            except MailboxError as error:
                # Another process may have been quicker; and one message holds up no other.
                _log.warning("national feed: %s; going on with the next message", error)
                self._metrics.mailbox("failed")
            else:
                taken += 1
        return taken

    async def _shake_hands(self) -> None:
        now = time.monotonic()
        if self._shaken_at is None or now - self._shaken_at > _HANDSHAKE_SECONDS:
            await self._mailbox.handshake()
            self._shaken_at = now

    async def _take_in(self, message: MailboxMessage) -> None:
        try:
            found = _read(message)
        except (UnreadableEvent, ValueError, RecursionError) as error:
            # Kept for people to look at, so that one message stops nothing and is not lost.
            reason = str(error) if isinstance(error, UnreadableEvent) else "it is not JSON"
            await self._refuse(message, reason)
            self._metrics.mailbox("refused")
            return
        await self._reception.take(found, "mesh")
        self._metrics.mailbox("taken")

    async def _refuse(self, message: MailboxMessage, reason: str) -> None:
        async with self._pool.connection() as connection:
            said = (self._mailbox.name, message.message_id, message.workflow)
            await connection.execute(_REFUSE, (*said, reason, message.content))
        _log.warning("national feed: a message of the mailbox is no national event: %s", reason)


def _read(message: MailboxMessage) -> list[Event]:
    if not message.is_whole:
        raise UnreadableEvent("", "The message is longer than a delivery of events may be.")
    return events(json.loads(message.content))
