"""HTTP for those who may not mean well: uvicorn behind our own listener."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import uvicorn
from starlette.types import ASGIApp

from adapter.admission import AdmissionLimits
from adapter.http_connection import BODY_SECONDS, HEAD_SECONDS, HttpConnection
from adapter.listener import Listener, Tls, bound
from lfd import serving
from lfd.endpoint import Endpoint
from lfd.listening import not_listening


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """How many connections, and the seconds in which the head and then the body of a request must
    have arrived."""

    admission: AdmissionLimits = field(default_factory=AdmissionLimits)
    head: float = HEAD_SECONDS
    body: float = BODY_SECONDS


# Behind a proxy every connection to a registry comes from one address; a process is commonly
# allowed 1024 open files.
OF_REGISTRY = HttpLimits(AdmissionLimits(connections=800, of_address=600))


class GuardedService(serving.Service):
    """Serves on a listening socket, with limits on how many peers there are and how slow."""

    def __init__(
        self,
        config: uvicorn.Config,
        listening: socket.socket,
        refused: Callable[[str], object],
        limits: HttpLimits,
        tls: Tls | None,
    ) -> None:
        super().__init__(config)
        self._limits = limits
        self._listener = Listener(
            listening, self._connection, _until_closed, refused, limits.admission, tls
        )

    # The signature is uvicorn's; the listener brings its own socket.
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:  # noqa: ARG002
        """Begins to accept, and says so; uvicorn's own servers would take any number of peers."""
        self.servers = []
        self._listener.start()
        self.started = True
        self.is_up.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accepts no more, lets requests end, and closes."""
        await self._listener.stop()
        await super().shutdown(sockets)
        await self._listener.drain(within=1.0)

    def _connection(self) -> HttpConnection:
        return HttpConnection(
            self._limits.head,
            self._limits.body,
            config=self.config,
            server_state=self.server_state,
            app_state=self.lifespan.state,
        )


@asynccontextmanager
async def serving_guarded(
    app: ASGIApp,
    where: Endpoint,
    refused: Callable[[str], object],
    tls: Tls | None = None,
    limits: HttpLimits | None = None,
) -> AsyncGenerator[int]:
    """Takes an application, where to serve it, what counts refused connections by their reason,
    and what gives the TLS context of the next one; serves until the end, and gives the port."""
    try:
        listening = bound(*where)
    except OSError as error:
        raise not_listening("serve HTTP", where, "--http", error) from error
    port = listening.getsockname()[1]
    config = serving.configuration(app)
    service = GuardedService(config, listening, refused, limits or HttpLimits(), tls)
    task = asyncio.create_task(service.serve())
    try:
        await service.is_up.wait()
        yield port
    finally:
        service.should_exit = True
        await task


async def _until_closed(_: asyncio.Transport, connection: HttpConnection) -> None:
    await connection.closed.wait()
