"""Sends the trusts' messages at their pace, whatever comes back, and notes the acknowledgements."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from adapter.mllp.framing import frame
from benchmarks.area.feed import Told

_END = b"\x1c\r"


@dataclass
class Acknowledged:
    """Seconds from when a message was due to its acknowledgement, and when each death was
    acknowledged (`time.perf_counter`), by its person's NHS number."""

    spent: list[float] = field(default_factory=list[float])
    deaths: dict[str, float] = field(default_factory=dict[str, float])


async def send(
    port: int, told: Iterator[Told], rate: float, until: float, into: Acknowledged
) -> None:
    """Takes an adapter's port, messages, how many a second, until when, and where to note what
    comes of them. Messages are on their way together, as many as it takes; a sender that is behind
    hurries. RuntimeError where one is not accepted."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    waiting: deque[tuple[float, str | None]] = deque()
    is_sent = False

    async def answers() -> None:
        held = b""
        while not is_sent or waiting:
            chunk = await reader.read(64 * 1024)
            if not chunk:
                raise RuntimeError("the adapter closed the connection")
            now = time.perf_counter()
            *blocks, held = (held + chunk).split(_END)
            for block in blocks:
                due, died = waiting.popleft()
                if b"\rMSA|AA|" not in block:
                    raise RuntimeError("a message was not accepted")
                into.spent.append(now - due)
                if died is not None:
                    into.deaths[died] = now

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(answers())
        began, turn = time.perf_counter(), 0
        while (due := began + turn / rate) < until:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            one = next(told)
            waiting.append((due, one.died))
            writer.write(frame(one.raw))
            await writer.drain()
            turn += 1
        # One more, so that whoever waits for an answer gets one after all was sent.
        is_sent = True
        waiting.append((time.perf_counter(), None))
        writer.write(frame(next(told).raw))
    writer.close()
