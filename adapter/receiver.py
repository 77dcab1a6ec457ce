"""Takes messages in: judges each, has it committed, and gives back the acknowledgements."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Protocol

from adapter.acknowledgement import REJECT, acknowledge
from adapter.door import CANNOT_BE_STORED, Door, Entry, Verdict
from adapter.inbox import CannotStore
from adapter.metrics import Metrics
from adapter.senders import Sender
from tracing import spans
from tracing.spans import Span

_log = logging.getLogger(__name__)
_RECEIPT = "adapter receipt"


class Store(Protocol):
    """Where entries are kept; see `adapter.inbox.Inbox.store`."""

    async def store(self, entry: Entry) -> None:
        """Returns once the entry is committed; raises CannotStore."""
        ...


class Record(Protocol):
    """Where refusals are recorded; see `adapter.refusals.Refusals.keep`."""

    async def keep(self, sender: str, refused: Entry) -> None:
        """Takes who sent what it may not; returns once that is on record, or cannot be."""
        ...


class Counting(Protocol):
    """Where messages are counted; see `adapter.traffic.Traffic.count`."""

    def count(self, organisation: str, code: str) -> None:
        """Takes the sender's ODS code and an acknowledgement code; counts one message."""
        ...


class Receiver:
    """What every way in (MLLP, HTTP) does with a message."""

    def __init__(
        self,
        door: Door,
        inbox: Store,
        metrics: Metrics,
        limit: int,
        record: Record | None = None,
        traffic: Counting | None = None,
    ) -> None:
        """Takes the largest message in bytes as `limit`, to name it in a refusal, where to record
        who sent what it may not, and where to count what each sends."""
        self._door = door
        self._inbox = inbox
        self._metrics = metrics
        self._limit = limit
        self._record = record
        self._traffic = traffic

    async def receive(self, raw: bytes, by: Sender | None = None) -> list[bytes]:
        """Takes one message and its sender (None: not asked); returns its acknowledgements in
        order, after the commit."""
        return answers(await self.take(raw, by))

    async def refuse_oversize(self, head: bytes) -> list[bytes]:
        """Takes the first bytes of a message over the limit; returns its acknowledgements."""
        with spans.begun(_RECEIPT, "server") as span:
            verdict = self._door.judge_oversize(head, self._limit)
            return answers(await self._settle(verdict, span))

    async def take(
        self, raw: bytes, by: Sender | None = None, traceparent: str | None = None
    ) -> Verdict:
        """As `receive`, with the place in a trace that came with the message (None: none did), and
        returns the verdict in place of the acknowledgements."""
        with spans.begun(_RECEIPT, "server", traceparent) as span:
            verdict = await self._settle(self._door.judge(raw, by), span)
        if by is not None and verdict.forbidden is not None:
            # Certificates that are in no file could be any number, and labels are for ever.
            self._metrics.messages_forbidden.labels(by.name if by.known else "unknown").inc()
            _log.warning("message forbidden sender=%s", by.name)
            if self._record is not None:
                await self._record.keep(by.name, verdict.forbidden)
        return verdict

    async def _settle(self, verdict: Verdict, span: Span) -> Verdict:
        if (entry := verdict.entry) is not None:
            if span.traceparent is not None:
                entry = replace(entry, traceparent=span.traceparent)
                # Whose it is is known only of what is kept: the rest says what it likes.
                span.note(organisation=entry.organisation, trigger=entry.trigger)
            try:
                with spans.child("adapter inbox commit"):
                    await self._inbox.store(entry)
            except CannotStore:
                verdict = Verdict(REJECT, verdict.message, None, CANNOT_BE_STORED)
        self._metrics.messages.labels(verdict.code).inc()
        span.note(acknowledgement=verdict.code)
        # Whoever may not speak for an organisation does not count as it.
        if self._traffic is not None and verdict.forbidden is None:
            self._traffic.count(self._door.named(verdict), verdict.code)
        if verdict.reason is not None:
            _log.warning(
                "message not accepted acknowledgement_code=%s condition=%s location=%s kept=%s",
                verdict.code,
                verdict.reason.code,
                verdict.reason.location or "-",
                verdict.entry is not None,
            )
        return verdict


def answers(verdict: Verdict) -> list[bytes]:
    """Takes a verdict; returns the acknowledgements of its message, in order."""
    return acknowledge(verdict.message, verdict.code, verdict.reason)
