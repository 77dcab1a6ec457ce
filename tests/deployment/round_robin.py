"""Stands in for the proxy where nginx is missing: each new connection goes to the next server."""

from __future__ import annotations

import asyncio
import itertools
import sys
from collections.abc import Iterator
from contextlib import suppress


async def serve(port: int, servers: list[int]) -> None:
    """Takes the port to listen on and those of the servers, all on the loopback; never returns."""
    turns = itertools.cycle(servers)

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            onward, back = await _next(turns, len(servers))
            await asyncio.gather(_copy(reader, back), _copy(onward, writer))
        writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", port)
    await server.serve_forever()


async def _next(
    turns: Iterator[int], tries: int
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """The next server that answers."""
    for _ in range(tries):
        with suppress(OSError):
            return await asyncio.open_connection("127.0.0.1", next(turns))
    raise ConnectionRefusedError


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(65536):
            target.write(data)
            await target.drain()
    target.close()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), [int(word) for word in sys.argv[2:]]))
