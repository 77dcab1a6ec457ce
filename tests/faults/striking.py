"""What is killed, and when: at random, or at a chosen byte of a conversation."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from tests.faults.area import Area
from tests.faults.relay import Point, Relay, Side

Victim = Callable[[Area], Awaitable[bool]]
"""Kills something of an area (-9); returns whether it was there to be killed."""


async def adapter(area: Area) -> bool:
    """The adapter."""
    return await area.adapter.kill()


async def a_registry(area: Area) -> bool:
    """The registry that runs longest; the other goes on."""
    oldest = min(area.registries, key=lambda one: one.starts)
    return await oldest.kill()


async def registries(area: Area) -> bool:
    """All registries at once."""
    return any(await asyncio.gather(*(one.kill() for one in area.registries)))


async def postgres(area: Area) -> bool:
    """PostgreSQL's first process."""
    return await area.database.kill()


async def backend(area: Area) -> bool:
    """The server's end of a connection: PostgreSQL throws everybody out and recovers."""
    return await area.database.kill_a_backend()


async def keeper(area: Area) -> bool:
    """What keeps PostgreSQL running, and PostgreSQL with it."""
    return await area.database.kill_keeper()


async def everything(area: Area) -> bool:
    """All of it, as when the power goes."""
    struck = await asyncio.gather(postgres(area), adapter(area), registries(area))
    return any(struck)


@dataclass(frozen=True)
class Chosen:
    """A moment at which somebody is killed. `where` is the relay that sees it; see `Point`."""

    name: str
    where: Callable[[Area], Relay]
    side: Side
    said: tuple[bytes, ...]
    victim: Victim
    of: bytes = b""

    def armed(self, area: Area) -> Point:
        """Takes an area; returns the point, which is struck when it comes."""

        async def strike() -> None:
            await self.victim(area)

        return self.where(area).at(Point(self.side, self.said, strike, self.of))


def _inbox(area: Area) -> Relay:
    return area.adapter_to_database


def _to_registry(area: Area) -> Relay:
    return area.to_registry


def _recording(area: Area) -> Relay:
    return area.registry_to_database


def _subscriber(area: Area) -> Relay:
    return area.to_subscriber


def _sender(area: Area) -> Relay:
    return area.to_adapter


# What only the storing, the converting and the recording of a message says to PostgreSQL: prepared
# statements are named by number, so it is known by the values.
_MESSAGE, _CONVERTED, _DELIVERED = b"MSH|^~", b"converted", b"delivered"
_STATEMENT, _COMMIT = b"urn:hash::sha256:", b"COMMIT"
_POST, _OK = b"$process-message", b"HTTP/1.1 200"
_TOLD = b"event-notification"
_STORES, _CONVERTS, _DELIVERS = b"adapter inbox", b"adapter processing", b"adapter delivery"

POINTS: Sequence[Chosen] = (
    Chosen("before the inbox commits", _inbox, "request", (_MESSAGE,), adapter, _STORES),
    Chosen("before the inbox commits", _inbox, "request", (_MESSAGE,), postgres, _STORES),
    Chosen("committed, not acknowledged", _inbox, "answer", (_MESSAGE, b"INSERT 0"), adapter,
           _STORES),
    Chosen("committed, not acknowledged", _inbox, "answer", (_MESSAGE, b"INSERT 0"), postgres,
           _STORES),
    Chosen("acknowledgement under way", _sender, "answer", (b"MSH", b"MSA|AA"), adapter),
    Chosen("in the conversion", _inbox, "request", (_CONVERTED,), adapter, _CONVERTS),
    Chosen("in the conversion", _inbox, "request", (_CONVERTED,), postgres, _CONVERTS),
    Chosen("before the conversion commits", _inbox, "request", (_CONVERTED, _COMMIT), adapter,
           _CONVERTS),
    Chosen("delivery arrives", _to_registry, "request", (_POST,), registries),
    Chosen("in the registry's transaction", _recording, "request", (_STATEMENT,), registries),
    Chosen("in the registry's transaction", _recording, "request", (_STATEMENT,), postgres),
    Chosen("in the registry's transaction", _recording, "request", (_STATEMENT,), backend),
    Chosen("before the registry commits", _recording, "request", (_STATEMENT, _COMMIT), registries),
    Chosen("before the registry commits", _recording, "request", (_STATEMENT, _COMMIT), postgres),
    Chosen("the registry committed, not answered", _recording, "answer",
           (_STATEMENT, _COMMIT, _COMMIT), registries),
    Chosen("the registry committed, not answered", _recording, "answer",
           (_STATEMENT, _COMMIT, _COMMIT), postgres),
    Chosen("the registry's answer under way", _to_registry, "answer", (_POST, _OK), adapter),
    Chosen("delivered, not noted", _inbox, "request", (_DELIVERED,), adapter, _DELIVERS),
    Chosen("delivered, not noted", _inbox, "request", (_DELIVERED,), postgres, _DELIVERS),
    Chosen("subscriber is told", _subscriber, "request", (_TOLD,), registries),
    Chosen("subscriber took it, not noted", _subscriber, "answer", (_TOLD, _OK), registries),
    Chosen("subscriber took it, not noted", _subscriber, "answer", (_TOLD, _OK), postgres),
)  # fmt: skip
AT_RANDOM: Sequence[Victim] = (
    adapter, a_registry, registries, postgres, backend, keeper, everything,
)  # fmt: skip
