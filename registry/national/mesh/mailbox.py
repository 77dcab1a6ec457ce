"""A MESH mailbox: look, take, acknowledge, send.

Source: NHS England, Message Exchange for Social Care and Health API; the maintained client is
`mesh-client`, which signs each request (HMAC-SHA256 of mailbox, nonce, password and time) and puts
chunks and compression together. It blocks, so each call has a thread, one at a time: its session is
not made for several.

To send (a subscription's notification, say):

    async with Mailbox(settings) as mailbox:
        message_id = await mailbox.send("X26HC001", "LFD_REVIEW_1", content, local_id="...")

`send` returns when the exchange has taken the message; MailboxError where it did not, and then it
may be sent again: `local_id` tells the recipient that it is the same one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeVar, cast

from mesh_client import MeshClient, MeshError
from requests import HTTPError, RequestException

from registry.national.settings import MailboxSettings

Result = TypeVar("Result")

# Larger than any delivery of events; a file that somebody sent by mistake is not read to its end.
LONGEST = 16 * 1024 * 1024
_SECONDS = 60


class MailboxError(Exception):
    """The exchange did not do it; the text says what and why, without any content."""


@dataclass(frozen=True, slots=True)
class MailboxMessage:
    """A message as it came: its id, workflow, sender's mailbox and content; `is_whole` is False
    where it is longer than LONGEST."""

    message_id: str
    workflow: str | None
    sender: str | None
    content: bytes
    is_whole: bool = True


class Mailbox:
    """One mailbox, open while the context is."""

    def __init__(self, settings: MailboxSettings) -> None:
        self._settings = settings
        self._client: MeshClient | None = None
        self._one_at_a_time = asyncio.Lock()

    @property
    def name(self) -> str:
        """The mailbox's id."""
        return self._settings.mailbox

    async def __aenter__(self) -> Self:
        said = self._settings
        certificate = said.certificate
        self._client = await asyncio.to_thread(
            lambda: MeshClient(
                said.url,
                said.mailbox,
                said.password,
                shared_key=said.shared_key,
                cert=(str(certificate[0]), str(certificate[1])) if certificate else None,
                verify=str(said.authorities) if said.authorities else None,
                timeout=_SECONDS,
                max_retries=0,
                application_name="learning-from-deaths",
            )
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._client is not None:
            await asyncio.to_thread(self._client.close)

    async def handshake(self) -> None:
        """Says that the mailbox is in use, which the exchange wants once a day. MailboxError."""
        await self._do("handshake", lambda client: client.handshake())

    async def waiting(self) -> list[str]:
        """Returns the ids of messages that wait, oldest first, 500 at most. MailboxError."""
        return await self._do("the list of messages", lambda client: client.list_messages())

    async def take(self, message_id: str) -> MailboxMessage:
        """Takes the id of a message that waits; returns it. It waits on, until it is acknowledged.
        MailboxError."""

        def retrieve(client: MeshClient) -> MailboxMessage:
            message = client.retrieve_message(message_id)
            try:
                read = cast(Callable[[int], bytes], message.read)  # pyright: ignore[reportUnknownMemberType] - mesh-client types it in part
                content = read(LONGEST + 1)
            finally:
                message.close()
            is_whole = len(content) <= LONGEST
            return MailboxMessage(
                message_id, message.workflow_id, message.sender, content[:LONGEST], is_whole
            )

        return await self._do("a message", retrieve)

    async def acknowledge(self, message_id: str) -> None:
        """Takes the id of a message that is in safe keeping; it waits no longer. MailboxError."""
        await self._do("the acknowledgement", lambda client: client.acknowledge_message(message_id))

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
        """Takes the recipient's mailbox, the workflow both agreed on, the content, and an id and a
        subject of ours; returns the exchange's id of the message. MailboxError."""
        more = {"local_id": local_id, "subject": subject}
        said = {name: value for name, value in more.items() if value is not None}
        said |= {"workflow_id": workflow, "content_type": content_type}

        def post(client: MeshClient) -> str:
            send = cast(Callable[..., str], client.send_message)  # pyright: ignore[reportUnknownMemberType] - mesh-client types it in part
            return send(to, content, **said)

        return await self._do("the sending", post)

    async def _do(self, what: str, work: Callable[[MeshClient], Result]) -> Result:
        client = self._client
        if client is None:
            raise RuntimeError("the mailbox is not open")
        async with self._one_at_a_time:
            try:
                return await asyncio.to_thread(work, client)
            except HTTPError as error:
                status = error.response.status_code if error.response is not None else 0
                raise MailboxError(f"MESH: {what}: HTTP {status}") from None
            except MeshError:
                # The exchange's own words may repeat the recipient's and ours: they stay out.
                raise MailboxError(f"MESH: {what} was refused") from None
            except (RequestException, ValueError, OSError) as error:
                raise MailboxError(f"MESH: {what}: {type(error).__name__}") from None
