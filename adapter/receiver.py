"""Takes messages in: judges each, has it committed, and gives back the acknowledgements."""

from __future__ import annotations

import logging
from typing import Protocol

from adapter.acknowledgement import REJECT, acknowledge
from adapter.door import CANNOT_BE_STORED, Door, Entry, Verdict
from adapter.inbox import CannotStore
from adapter.metrics import Metrics

_log = logging.getLogger(__name__)


class Store(Protocol):
    """Where entries are kept; see `adapter.inbox.Inbox.store`."""

    async def store(self, entry: Entry) -> None:
        """Returns once the entry is committed; raises CannotStore."""
        ...


class Receiver:
    """What every way in (MLLP, HTTP) does with a message."""

    def __init__(self, door: Door, inbox: Store, metrics: Metrics, limit: int) -> None:
        """Takes the largest message in bytes as `limit`, to name it in a refusal."""
        self._door = door
        self._inbox = inbox
        self._metrics = metrics
        self._limit = limit

    async def receive(self, raw: bytes) -> list[bytes]:
        """Takes one message; returns its acknowledgements in order, after the commit."""
        return await self._answer(self._door.judge(raw))

    async def refuse_oversize(self, head: bytes) -> list[bytes]:
        """Takes the first bytes of a message over the limit; returns its acknowledgements."""
        return await self._answer(self._door.judge_oversize(head, self._limit))

    async def _answer(self, verdict: Verdict) -> list[bytes]:
        if verdict.entry is not None:
            try:
                await self._inbox.store(verdict.entry)
            except CannotStore:
                verdict = Verdict(REJECT, verdict.message, None, CANNOT_BE_STORED)
        self._metrics.messages.labels(verdict.code).inc()
        if verdict.reason is not None:
            _log.warning(
                "message not accepted acknowledgement_code=%s condition=%s location=%s kept=%s",
                verdict.code,
                verdict.reason.code,
                verdict.reason.location or "-",
                verdict.entry is not None,
            )
        return acknowledge(verdict.message, verdict.code, verdict.reason)
