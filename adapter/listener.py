"""Accepts TCP connections on a socket: counts them, does the TLS handshake, hands them over.

We accept ourselves, and not by the loop's servers, because those let in any number of peers that
never finish their handshake.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from adapter.admission import Admission, AdmissionLimits

_log = logging.getLogger(__name__)
_AFTER_FAILURE = 0.5
BACKLOG = 256
HANDSHAKE = "handshake"

Tls = Callable[[], ssl.SSLContext]
"""Returns the context for the next connection, so that certificates can change between two."""

P = TypeVar("P", bound=asyncio.Protocol)


def bound(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """Takes an address (port 0: any free one), and whether other processes of the same user may
    listen there too (SO_REUSEPORT: the system deals out new connections); returns a socket that
    listens there. OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.create_server((host, port), family=family, backlog=BACKLOG, reuse_port=shared)
    made.setblocking(False)
    return made


class Listener(Generic[P]):
    """Accepts from `start` to `stop`; `serve` runs for each connection, until it ends."""

    def __init__(
        self,
        listening: socket.socket,
        make: Callable[[], P],
        serve: Callable[[asyncio.Transport, P], Awaitable[None]],
        refused: Callable[[str], object],
        limits: AdmissionLimits,
        tls: Tls | None = None,
    ) -> None:
        """Takes the listening socket, which it closes; what makes the protocol of a connection
        and what serves it; and what counts refusals, by their reason."""
        self._listening = listening
        self._make = make
        self._serve = serve
        self._refused = refused
        self._admission = Admission(limits)
        self._handshake_seconds = limits.handshake
        self._tls = tls
        self._accepting: asyncio.Task[None] | None = None
        self._shaking_hands: set[asyncio.Task[None]] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Begins to accept."""
        self._accepting = asyncio.create_task(self._accept(), name="accepting connections")

    async def stop(self) -> None:
        """Accepts no more, and drops whoever is still shaking hands; the others go on."""
        accepting, self._accepting = self._accepting, None
        if accepting is None:
            return
        for task in (accepting, *self._shaking_hands):
            task.cancel()
        await asyncio.wait([accepting])
        self._listening.close()

    async def drain(self, within: float) -> None:
        """Waits that many seconds for the connections to end, then ends them."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=within)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, address = await loop.sock_accept(self._listening)
            except OSError as error:
                # The peer has left already, or the process has no more files: others wait.
                _log.warning("connection not accepted error=%s", type(error).__name__)
                await asyncio.sleep(_AFTER_FAILURE)
                continue
            self._admit(connection, str(address[0]))
            # While peers queue, accepting one does not wait: the others' bytes must get a turn.
            await asyncio.sleep(0)

    def _admit(self, connection: socket.socket, address: str) -> None:
        if reason := self._admission.enter(address):
            self._refuse(reason, address)
            connection.close()
            return
        task = asyncio.create_task(self._run(connection, address))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: self._admission.leave(address))

    async def _run(self, connection: socket.socket, address: str) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._shaking_hands.add(task)
        try:
            transport, protocol = await self._open(connection)
        except (OSError, TimeoutError) as error:
            connection.close()
            self._refuse(HANDSHAKE, address, error)
            return
        finally:
            self._shaking_hands.discard(task)
        try:
            await self._serve(transport, protocol)
        finally:
            transport.abort()

    async def _open(self, connection: socket.socket) -> tuple[asyncio.Transport, P]:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        tls = self._tls() if self._tls else None
        protocol = self._make()
        # The protocol that this returns is uvloop's own, where there is TLS.
        transport, _ = await asyncio.get_running_loop().connect_accepted_socket(
            lambda: protocol,
            connection,
            ssl=tls,
            ssl_handshake_timeout=self._handshake_seconds if tls else None,
        )
        return transport, protocol

    def _refuse(self, reason: str, address: str, error: Exception | None = None) -> None:
        """Counts and says it. What OpenSSL says is a name of its own, never the peer's words."""
        self._refused(reason)
        why = error.reason if isinstance(error, ssl.SSLError) else None
        detail = why or (type(error).__name__ if error else "-")
        _log.warning("connection refused reason=%s detail=%s peer=%s", reason, detail, address)
