"""A client that costs little beside the server it measures: plain HTTP/1.1."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Request:
    """A request, ready to be sent but for the address: what it is, its head and its body."""

    kind: str
    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Reply:
    """Status, headers by their lower-case name, and body."""

    status: int
    headers: dict[str, str]
    body: bytes


class Connection:
    """One kept-alive connection to a server; without a token, requests bring their own."""

    def __init__(self, url: str, token: str | None = None) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._token = token
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def open(self) -> None:
        """Connects."""
        self._reader, self._writer = await asyncio.open_connection(self._host, self._port)

    async def close(self) -> None:
        """Disconnects."""
        if self._writer is not None:
            self._writer.close()
            await self._writer.wait_closed()

    async def ask(self, request: Request) -> Reply:
        """Takes a request; returns the reply."""
        assert self._reader is not None and self._writer is not None
        lines = [
            f"{request.method} {request.path} HTTP/1.1",
            f"Host: {self._host}:{self._port}",
            f"Content-Length: {len(request.body)}",
            *([f"Authorization: Bearer {self._token}"] if self._token else []),
            *(f"{name}: {value}" for name, value in request.headers),
        ]
        self._writer.write(("\r\n".join(lines) + "\r\n\r\n").encode() + request.body)
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        status = int(head[0].split(" ", 2)[1])
        headers: dict[str, str] = {}
        for line in head[1:]:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        has_no_body = status in (204, 304)
        length = 0 if has_no_body else int(headers.get("content-length", "0"))
        return Reply(status, headers, await self._reader.readexactly(length))
