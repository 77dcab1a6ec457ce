"""Those who ask, and those who are told: practices that poll, a board that watches for leads, and
an endpoint for notifications."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

import orjson

from benchmarks.api.client import Connection, Request
from conformance import canonical

_FHIR = ("Content-Type", "application/fhir+json")
_WATCH_EVERY = 0.1
TOPIC = f"{canonical.SUBSCRIPTION_TOPIC}death-in-scope"


class Reader:
    """Asks for what changed since it last asked, as docs/fhir-api.md says to."""

    def __init__(self, url: str, token: str, count: int, more: str = "") -> None:
        """Takes the registry's address, a token, how many at once, and more of the query."""
        self._connection = Connection(url)
        self.token = token
        self._query = f"/fhir/Task?_sort=_lastUpdated&_count={count}{more}"
        self._since = ""

    async def open(self) -> None:
        """Connects."""
        await self._connection.open()

    async def close(self) -> None:
        """Disconnects."""
        await self._connection.close()

    async def ask(self) -> dict[str, Any]:
        """Returns the Bundle. RuntimeError where it is not given."""
        since = f"&_lastUpdated=ge{quote(self._since)}" if self._since else ""
        headers = (("Authorization", f"Bearer {self.token}"),)
        reply = await self._connection.ask(Request("poll", "GET", self._query + since, headers))
        if reply.status != 200:
            raise RuntimeError(f"a poll was answered {reply.status}")
        bundle = orjson.loads(reply.body)
        if "next" not in {one["relation"] for one in bundle["link"]}:
            self._since = bundle["meta"]["lastUpdated"]
        elif bundle.get("entry"):
            tasks = [e["resource"] for e in bundle["entry"] if e["search"]["mode"] == "match"]
            self._since = tasks[-1]["meta"]["lastUpdated"]
        return bundle


async def poll(readers: Sequence[Reader], rate: float, until: float, spent: list[float]) -> None:
    """Takes practices' readers, how many polls a second they make together, until when (by
    `time.perf_counter`), and where to put seconds from when a poll was due to its answer."""
    began = time.perf_counter()

    async def one(place: int, reader: Reader) -> None:
        turn = place
        while (due := began + turn / rate) < until:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            await reader.ask()
            spent.append(time.perf_counter() - due)
            turn += len(readers)

    await asyncio.gather(*(one(place, reader) for place, reader in enumerate(readers)))


async def watch(reader: Reader, seen: Callable[[str, float], bool]) -> None:
    """Takes a board's reader and what is told each NHS number whose review
    has a lead, and when it was seen; ends when that says so."""
    while True:
        bundle = await reader.ask()
        now = time.perf_counter()
        ended = False
        for number in _led(bundle):
            ended = seen(number, now) or ended
        if ended:
            return
        await asyncio.sleep(_WATCH_EVERY)


def _led(bundle: dict[str, Any]) -> list[str]:
    """The NHS numbers of those whose review has somebody to lead it."""
    tasks = [entry["resource"] for entry in bundle.get("entry", [])]
    return [task["for"]["identifier"]["value"] for task in tasks if "owner" in task]


class Endpoint:
    """Takes notifications on one port, for all subscribers, and counts their events."""

    def __init__(self) -> None:
        self.events = 0
        self._server: asyncio.Server | None = None

    async def start(self) -> str:
        """Listens; returns its address."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=256)
        port = self._server.sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}/told"

    def stop(self) -> None:
        """Listens no more."""
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
                length = int(head.partition("content-length:")[2].partition("\r\n")[0] or 0)
                body = await reader.readexactly(length)
                # Each event of a notification has its number beside it.
                self.events += body.count(b'"event-number"')
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


async def subscribe(url: str, token: str, endpoint: str) -> None:
    """Takes the registry's address, a token and an endpoint; subscribes to deaths in scope."""
    backport = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-"
    content = {"url": f"{backport}payload-content", "valueCode": "id-only"}
    resource = {
        "resourceType": "Subscription",
        "status": "requested",
        "reason": "Benchmark",
        "criteria": TOPIC,
        "channel": {
            "type": "rest-hook",
            "endpoint": endpoint,
            "payload": "application/fhir+json",
            "_payload": {"extension": [content]},
        },
    }
    connection = Connection(url, token)
    await connection.open()
    reply = await connection.ask(
        Request("subscribe", "POST", "/fhir/Subscription", (_FHIR,), orjson.dumps(resource))
    )
    await connection.close()
    if reply.status != 201:
        raise RuntimeError(f"a subscription was answered {reply.status}: {reply.body[:300]!r}")
