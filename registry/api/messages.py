"""Messages as they come: one in a request, or several as the entries of a batch.

In a batch each is read, judged, put on record and answered as if it had come alone. Nearly all
messages are about somebody alive, and nothing follows from them: those are kept in one transaction,
because its beginning and end cost more than a message. Should it fail, each is taken by itself.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from psycopg import DatabaseError, OperationalError

from registry.access.bearer import AccessDenied
from registry.api.auditing import Auditing, Ledger, Noted
from registry.api.call import Answer, Call
from registry.api.interactions import Match
from registry.api.outcomes import FhirError
from registry.api.process_message import Message, ProcessMessage
from registry.api.service import Service
from registry.audit.act import Act, Subject
from registry.request_id import answering
from registry.store.transaction import Connection

_log = logging.getLogger(__name__)

# More would gain little, and whoever reads meanwhile waits for their connection.
TOGETHER = 16

Refusal = FhirError | AccessDenied


@dataclass(frozen=True, slots=True)
class _Read:
    """A message of a batch that was read: its place, and what it came as."""

    place: int
    found: Match
    call: Call
    message: Message


class Messages:
    """What takes messages in."""

    def __init__(self, service: Service, auditing: Auditing) -> None:
        self._process_message = ProcessMessage(service)
        self._auditing = auditing

    async def alone(
        self, found: Match, call: Call, body: Callable[[], Any], ledger: Ledger
    ) -> Answer:
        """Takes what is asked for, its call, what reads the body, and the request's ledger; takes
        the message in. FhirError or AccessDenied where it is refused."""
        message = self._read(found, call, body, ledger)
        await self._take(found, call, message)
        return message.answer

    async def in_batch(
        self, asked: Sequence[tuple[Match, Call]], ledger: Ledger
    ) -> list[Answer | Refusal]:
        """Takes messages, each as it would have come alone, and the request's ledger; returns what
        each is answered, in order."""
        answers: dict[int, Answer | Refusal] = {}
        read: list[_Read] = []
        for place, (found, call) in enumerate(asked):
            # Reading hundreds of messages takes long enough for others to notice.
            await asyncio.sleep(0)
            try:
                body = call.body
                message = self._read(found, call, lambda body=body: body, ledger)
            except (FhirError, AccessDenied) as error:
                answers[place] = error
            else:
                read.append(_Read(place, found, call, message))
        living = [one for one in read if one.message.is_of_one_alive]
        for begin in range(0, len(living), TOGETHER):
            together = living[begin : begin + TOGETHER]
            if len(together) > 1 and await self._taken_together(together):
                answers |= {one.place: one.message.answer for one in together}
        for one in read:
            if one.place not in answers:
                with answering(one.call.origin.request_id):
                    await self._take(one.found, one.call, one.message)
                answers[one.place] = one.message.answer
        for place, (_, call) in enumerate(asked):
            with answering(call.origin.request_id):
                _log.info("message of a batch status=%d", answers[place].status)
        return [answers[place] for place in range(len(asked))]

    async def _taken_together(self, together: Sequence[_Read]) -> bool:
        """False where the database did not take them so."""

        async def keep(connection: Connection, shown: Sequence[Sequence[Subject]]) -> None:
            acts = [
                self._act(one.found, one.call, one.message, subjects)
                for one, subjects in zip(together, shown, strict=True)
            ]
            await self._auditing.keep(connection, *acts)

        messages = [(one.message, one.call.origin.request_id) for one in together]
        try:
            await self._process_message.take_together(messages, keep)
        except OperationalError:
            # The database is away: it would not take them alone either.
            raise
        except DatabaseError as error:
            _log.warning("messages of a batch are taken alone error=%s", type(error).__name__)
            return False
        return True

    def _read(self, found: Match, call: Call, body: Callable[[], Any], ledger: Ledger) -> Message:
        try:
            return self._process_message.read(call.caller, body)
        except (FhirError, AccessDenied) as error:
            ledger.noted.append(Noted(self._auditing.act(found, call, error.status), call))
            raise

    async def _take(self, found: Match, call: Call, message: Message) -> None:
        async def keep(connection: Connection, shown: Sequence[Subject]) -> None:
            await self._auditing.keep(connection, self._act(found, call, message, shown))

        await self._process_message.take(message, keep)

    def _act(self, found: Match, call: Call, message: Message, shown: Sequence[Subject]) -> Act:
        return replace(self._auditing.act(found, call, 200, shown), asked=message.asked)
