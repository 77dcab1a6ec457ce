"""The channel message: a notification goes to a MESH mailbox, `mesh:MAILBOXID`.

Source: Backport IG, "FHIR Messaging" (a channel of its own, with the notification Bundle as
content); NHS England, Message Exchange for Social Care and Health.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Protocol

from registry.national.mesh.mailbox import MailboxError
from registry.subscriptions.channel import Message, NotSent
from registry.subscriptions.endpoints import EndpointRefused
from registry.subscriptions.terms import Terms

_ENDPOINT = re.compile(r"mesh:([A-Z0-9]{4,40})")


class Sending(Protocol):
    """A mailbox of ours, as far as it sends."""

    async def send(
        self,
        to: str,
        workflow: str,
        content: bytes,
        *,
        local_id: str | None = None,
        subject: str | None = None,
        content_type: str = "application/fhir+json",
    ) -> str:
        """Takes the recipient's mailbox, the workflow, the content, and an id and a subject of
        ours; returns the exchange's id of the message. MailboxError."""
        ...


class MeshChannel:
    """Sends from our mailbox to those on a list, in one workflow. Taken is what the exchange took:
    it keeps it until the recipient fetches it."""

    def __init__(self, sending: Sending, mailboxes: Collection[str], workflow: str) -> None:
        self._sending = sending
        self._mailboxes = frozenset(mailboxes)
        self._workflow = workflow

    def check(self, endpoint: str) -> None:
        """As every channel."""
        self._mailbox(endpoint)

    async def send(self, terms: Terms, message: Message) -> None:
        """As every channel. The signature is the message's subject; its id is the same when it is
        sent again."""
        try:
            to = self._mailbox(terms.endpoint)
            await self._sending.send(
                to,
                self._workflow,
                message.body,
                local_id=message.label,
                subject=message.signature,
                content_type=message.media_type,
            )
        except (EndpointRefused, MailboxError) as error:
            raise NotSent(str(error)) from None

    def _mailbox(self, endpoint: str) -> str:
        found = _ENDPOINT.fullmatch(endpoint)
        if found is None:
            raise EndpointRefused("the endpoint of the channel message reads mesh:MAILBOXID")
        if found[1] not in self._mailboxes:
            raise EndpointRefused(
                "the mailbox is not on this registry's list (--subscription-mailboxes); ask "
                "whoever runs it to add it"
            )
        return found[1]
