"""The bound: `python -m benchmarks.ingest.bound`, a listener that stores blocks and acknowledges.

It reads nothing of a message but where it ends. Blocks that wait share one commit, and are answered
after it: all that any adapter has to do, and nothing else.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from typing import cast

import psycopg
import uvloop

_END = b"\x1c\r"
_ANSWER = b"\x0bMSH|^~\\&|TIE|ROUTE|PAS|RT1|20260101000000||ACK|1|P|2.4\rMSA|AA|1\r\x1c\r"
_TABLE = """
    CREATE TABLE IF NOT EXISTS bound_row
    (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, raw bytea STORAGE EXTERNAL NOT NULL)
"""
_STORE = "INSERT INTO bound_row (raw) SELECT unnest(%b::bytea[])"
_ROWS = 256


class _Sender(asyncio.Protocol):
    """One connection."""

    def __init__(self, waiting: asyncio.Queue[tuple[_Sender, bytes]]) -> None:
        self._waiting = waiting
        self._held = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by its class

    def data_received(self, data: bytes) -> None:
        *blocks, self._held = (self._held + data).split(_END)
        for block in blocks:
            self._waiting.put_nowait((self, block[1:]))

    def acknowledge(self) -> None:
        assert self._transport is not None
        self._transport.write(_ANSWER)


async def _serve(database: str, port: int) -> int:
    told = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told.set)
    waiting: asyncio.Queue[tuple[_Sender, bytes]] = asyncio.Queue()
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        await connection.execute(_TABLE)
        server = await asyncio.get_running_loop().create_server(
            lambda: _Sender(waiting), "127.0.0.1", port, backlog=512
        )
        print("ready", flush=True)
        storing = asyncio.create_task(_store(connection, waiting))
        await told.wait()
        storing.cancel()
        server.close()
    return 0


async def _store(
    connection: psycopg.AsyncConnection, waiting: asyncio.Queue[tuple[_Sender, bytes]]
) -> None:
    while True:
        batch = [await waiting.get()]
        while len(batch) < _ROWS and not waiting.empty():
            batch.append(waiting.get_nowait())
        await connection.execute(_STORE, [[raw for _, raw in batch]])
        for sender, _ in batch:
            sender.acknowledge()


def main() -> int:
    """Serves until told to stop; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ingest.bound", description=__doc__)
    parser.add_argument("--database", required=True)
    parser.add_argument("--port", type=int, required=True)
    chosen = parser.parse_args()
    return uvloop.run(_serve(chosen.database, chosen.port))


if __name__ == "__main__":
    sys.exit(main())
