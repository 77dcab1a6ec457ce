"""Senders that keep a ledger: what was acknowledged, and how often it had to be sent."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from adapter import er7
from adapter.mllp.client import Client, NoAnswer

LANES = 4
SILENCE = 5.0


@dataclass
class Ledger:
    """What the senders know. A message is in `acknowledged` from the moment its AA is read."""

    written: dict[str, bytes] = field(default_factory=dict[str, bytes])
    acknowledged: set[str] = field(default_factory=set[str])
    unanswered: int = 0
    refused: Counter[str] = field(default_factory=Counter[str])


class Sender:
    """Several connections that send what waits, each message until it is acknowledged, and none
    again after that: as an integration engine does."""

    def __init__(self, port: int) -> None:
        """Takes the port of the MLLP listener, or of what stands before it."""
        self.ledger = Ledger()
        self._port = port
        self._waiting: deque[tuple[str, bytes]] = deque()
        self._changed = asyncio.Condition()
        self._lanes: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begins to send."""
        self._lanes = [asyncio.create_task(self._lane()) for _ in range(LANES)]

    async def stop(self) -> None:
        """Stops, whatever still waits."""
        for lane in self._lanes:
            lane.cancel()
        await asyncio.gather(*self._lanes, return_exceptions=True)

    async def put(self, messages: Iterable[str]) -> None:
        """Takes messages to be sent, each under a control id of its own."""
        async with self._changed:
            for text in messages:
                raw = text.encode()
                control_id = er7.read(raw).header.text(10)
                assert control_id not in self.ledger.written
                self.ledger.written[control_id] = raw
                self._waiting.append((control_id, raw))
            self._changed.notify_all()

    async def all_acknowledged(self) -> None:
        """Returns once every message is acknowledged."""
        async with self._changed:
            await self._changed.wait_for(
                lambda: len(self.ledger.acknowledged) == len(self.ledger.written)
            )

    async def _lane(self) -> None:
        while True:
            try:
                async with Client("127.0.0.1", self._port, SILENCE) as client:
                    while True:
                        await self._next(client)
            except (OSError, TimeoutError, NoAnswer):
                await asyncio.sleep(0.1)

    async def _next(self, client: Client) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: self._waiting)
            control_id, raw = self._waiting.popleft()
        try:
            answer = await client.send(raw)
        except BaseException:
            self.ledger.unanswered += 1
            await self._again(control_id, raw)
            raise
        msa = er7.read(answer).first("MSA")
        assert msa is not None
        assert msa.text(2) == control_id
        if msa.text(1) != "AA":
            self.ledger.refused[msa.text(1)] += 1
            await self._again(control_id, raw)
            await asyncio.sleep(0.1)
            return
        async with self._changed:
            self.ledger.acknowledged.add(control_id)
            self._changed.notify_all()

    async def _again(self, control_id: str, raw: bytes) -> None:
        async with self._changed:
            self._waiting.appendleft((control_id, raw))
            self._changed.notify_all()
