"""A server of keys on this machine, which answers whatever a test wants."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import pytest
from joserfc.jwk import ECKey

from registry.access.jwks.fetching import FetchLimits, JwksFetcher
from registry.outgoing.address import AllowedHosts

Behaviour = Callable[[asyncio.StreamWriter], Awaitable[None]]


def public(kid: str, key: ECKey) -> dict[str, object]:
    """A public key as it stands in a set."""
    return {**key.as_dict(private=False), "kid": kid}


def answer(
    body: bytes, status: str = "200 OK", content_type: str = "application/json", **headers: str
) -> bytes:
    """A whole HTTP answer."""
    head = [f"HTTP/1.1 {status}", f"Content-Type: {content_type}", f"Content-Length: {len(body)}"]
    head += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*head, "Connection: close", "", ""]).encode() + body


@dataclass
class KeyServer:
    """Serves the keys of a set, or what `behaviour` does instead; remembers the requests."""

    keys: list[dict[str, object]] = field(default_factory=list[dict[str, object]])
    headers: dict[str, str] = field(default_factory=dict[str, str])
    behaviour: Behaviour | None = None
    requests: list[bytes] = field(default_factory=list[bytes])
    port: int = 0

    @property
    def url(self) -> str:
        """Where the keys are."""
        return f"http://127.0.0.1:{self.port}/jwks"

    @property
    def hosts(self) -> AllowedHosts:
        """A list with this server on it."""
        return AllowedHosts.of([f"127.0.0.1:{self.port}", f"localhost:{self.port}"])

    def fetcher(self, limits: FetchLimits | None = None) -> JwksFetcher:
        """A fetcher that may fetch from here."""
        return JwksFetcher(self.hosts, limits)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers one request."""
        try:
            self.requests.append(await reader.readuntil(b"\r\n\r\n"))
            if self.behaviour is not None:
                await self.behaviour(writer)
            else:
                writer.write(answer(json.dumps({"keys": self.keys}).encode(), **self.headers))
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


async def started(server: KeyServer, tls: ssl.SSLContext | None = None) -> asyncio.Server:
    """Has a server listen on a free port of this machine."""
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=tls)
    server.port = listening.sockets[0].getsockname()[1]
    return listening


@pytest.fixture
async def key_server() -> AsyncIterator[KeyServer]:
    server = KeyServer()
    listening = await started(server)
    yield server
    listening.close()
