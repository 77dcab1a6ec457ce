"""The MLLP listener: accepts connections up to a number, and stops without losing an answer."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field

from adapter.admission import AdmissionLimits
from adapter.listener import Listener, Tls, bound
from adapter.metrics import Metrics
from adapter.mllp.connection import Connection, ConnectionLimits, Handle

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Listening:
    """Where to listen (port 0: any free one), how many connections, what each of them may use.

    `tls` gives the TLS context of the next connection; without it they are not encrypted.
    `shares_port`: other adapters of the same user may listen at the same address.
    """

    host: str = "127.0.0.1"
    port: int = 2575
    admission: AdmissionLimits = field(default_factory=AdmissionLimits)
    each: ConnectionLimits = field(default_factory=ConnectionLimits)
    tls: Tls | None = None
    shares_port: bool = False


class Server:
    """Listens from `start` to `stop`."""

    def __init__(self, listening: Listening, handle: Handle, metrics: Metrics) -> None:
        self._listening = listening
        self._handle = handle
        self._metrics = metrics
        self._listener: Listener[Connection] | None = None
        self._port = 0
        self._open: set[Connection] = set()

    @property
    def port(self) -> int:
        """The port listened on; RuntimeError before `start` and after `stop`."""
        if self._listener is None:
            raise RuntimeError("not listening")
        return self._port

    @property
    def is_listening(self) -> bool:
        """True between `start` and `stop`."""
        return self._listener is not None

    async def start(self) -> None:
        """Begins to listen. Raises OSError when the port is taken."""
        listening = self._listening
        socket = bound(listening.host, listening.port, shared=listening.shares_port)
        self._port = socket.getsockname()[1]
        refused = self._metrics.connections_refused
        self._listener = Listener(
            socket,
            self._connection,
            self._serve,
            lambda reason: refused.labels("mllp", reason).inc(),
            listening.admission,
            listening.tls,
        )
        self._listener.start()
        _log.info("mllp listening host=%s port=%d", listening.host, self.port)

    async def stop(self, within: float = 10.0) -> None:
        """Accepts and reads no more, answers what was read, and closes, in `within` seconds."""
        listener, self._listener = self._listener, None
        if listener is None:
            return
        await listener.stop()
        for connection in self._open:
            connection.stop()
        await listener.drain(within)

    def _connection(self) -> Connection:
        return Connection(self._handle, self._listening.each, self._metrics.junk_bytes.inc)

    async def _serve(self, _: asyncio.Transport, connection: Connection) -> None:
        self._open.add(connection)
        self._metrics.connections.inc()
        try:
            await connection.run()
        finally:
            self._open.discard(connection)
            self._metrics.connections.dec()
