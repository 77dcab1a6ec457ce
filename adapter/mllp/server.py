"""The MLLP listener: accepts connections up to a number, and stops without losing an answer."""

from __future__ import annotations

import asyncio
import logging
import ssl
from dataclasses import dataclass, field

from adapter.metrics import Metrics
from adapter.mllp.connection import Connection, ConnectionLimits, Handle

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Listening:
    """Where to listen (port 0: any free one), how many connections, what each of them may use."""

    host: str = "127.0.0.1"
    port: int = 2575
    connections: int = 256
    each: ConnectionLimits = field(default_factory=ConnectionLimits)
    tls: ssl.SSLContext | None = None


class Server:
    """Listens from `start` to `stop`."""

    def __init__(self, listening: Listening, handle: Handle, metrics: Metrics) -> None:
        self._listening = listening
        self._handle = handle
        self._metrics = metrics
        self._server: asyncio.Server | None = None
        self._stopping = False
        self._open: dict[asyncio.Task[None], Connection] = {}

    @property
    def port(self) -> int:
        """The port listened on; RuntimeError before `start` and after `stop`."""
        if self._server is None:
            raise RuntimeError("not listening")
        return self._server.sockets[0].getsockname()[1]

    @property
    def is_listening(self) -> bool:
        """True between `start` and `stop`."""
        return self._server is not None

    async def start(self) -> None:
        """Begins to listen. Raises OSError when the port is taken."""
        self._server = await asyncio.start_server(
            self._accept,
            self._listening.host,
            self._listening.port,
            ssl=self._listening.tls,
            reuse_address=True,
        )
        _log.info("mllp listening host=%s port=%d", self._listening.host, self.port)

    async def stop(self, within: float = 10.0) -> None:
        """Accepts and reads no more, answers what was read, and closes, in `within` seconds."""
        server, self._server = self._server, None
        if server is None:
            return
        self._stopping = True
        server.close()
        for connection in self._open.values():
            connection.stop()
        if self._open:
            _, late = await asyncio.wait(self._open, timeout=within)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await server.wait_closed()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if len(self._open) >= self._listening.connections or self._stopping:
            _log.warning("mllp connection refused open=%d", len(self._open))
            self._metrics.connections_refused.inc()
            writer.close()
            return
        connection = Connection(
            reader, writer, self._handle, self._listening.each, self._metrics.junk_bytes.inc
        )
        self._open[task] = connection
        self._metrics.connections.inc()
        try:
            await connection.run()
        finally:
            del self._open[task]
            self._metrics.connections.dec()
