"""An HTTP door on a real socket for tests, and what it needs around it."""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from starlette.applications import Starlette

from adapter import http
from adapter.door import Door, Entry
from adapter.http_authentication import Guard
from adapter.metrics import Metrics
from adapter.receiver import Receiver
from adapter.security import Security
from lfd.endpoint import Endpoint
from lfd.guarded_http import HttpLimits, serving_guarded

HERE = "127.0.0.1"
LIMIT = 10_000
TOKEN = "f" * 64
SENDERS = f"""
senders:
  - name: engine
    organisations: [RXA]
    certificates: [dns: engine.example]
    tokens: [sha256: {hashlib.sha256(TOKEN.encode()).hexdigest()}]
"""
ONLY_TOKENS = SENDERS.replace("    certificates: [dns: engine.example]\n", "")


@dataclass
class Memory:
    """Keeps what it is given, as an inbox does and as the record of refusals does."""

    kept: list[str] = field(default_factory=list[str])
    refused: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    async def store(self, entry: Entry) -> None:
        """Keeps a message."""
        self.kept.append(entry.control_id)

    async def keep(self, sender: str, refused: Entry) -> None:
        """Records a refusal."""
        self.refused.append((sender, refused.organisation))


@dataclass
class HttpDoor:
    """A running door."""

    port: int
    scheme: str
    memory: Memory

    async def post(
        self, body: bytes, tls: ssl.SSLContext | None = None, **headers: str
    ) -> httpx.Response:
        """Posts a message; the other side's certificate is checked by `tls`."""
        url = f"{self.scheme}://{HERE}:{self.port}{http.PATH}"
        async with httpx.AsyncClient(verify=tls or True, timeout=20) as client:
            return await client.post(url, content=body, headers=headers)


@asynccontextmanager
async def http_door(
    door: Door,
    metrics: Metrics,
    security: Security | None = None,
    limits: HttpLimits | None = None,
    within: float = http.BODY_SECONDS,
) -> AsyncGenerator[HttpDoor]:
    """Runs an HTTP door."""
    memory, security = Memory(), security or Security()
    receiver = Receiver(door, memory, metrics, LIMIT, memory)
    route = http.route(receiver, LIMIT, Guard(security, metrics), within)
    tls = security.http_context if security.has_tls else None

    def refused(reason: str) -> None:
        metrics.connections_refused.labels("http", reason).inc()

    app, where = Starlette(routes=[route]), Endpoint(HERE, 0)
    async with serving_guarded(app, where, refused, tls, limits) as port:
        yield HttpDoor(port, "https" if security.has_tls else "http", memory)


def sender_file(folder: Path, text: str = SENDERS) -> Path:
    """Takes a folder and the content of a sender file; returns the file."""
    path = folder / "senders.yaml"
    path.write_text(text)
    return path
