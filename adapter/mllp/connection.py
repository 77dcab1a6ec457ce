"""One MLLP connection: reads blocks, lets several be worked on at once, answers in their order."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from adapter.certificate import Certificate
from adapter.mllp.framing import HEAD, LIMIT, Decoder, Event, Frame, Junk, Oversize, frame

_log = logging.getLogger(__name__)
_CHUNK = 64 * 1024

Handle = Callable[[Frame | Oversize, Certificate | None], Awaitable[list[bytes]]]
"""Takes a block, and the certificate of the peer if it showed one; returns the acknowledgements to
send for it, once they may be sent."""

Answer = Callable[[Frame | Oversize], Awaitable[list[bytes]]]
"""The same, of one connection."""

_Answers = asyncio.Task[list[bytes]]


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """What one connection may use; sizes in bytes, times in seconds.

    `idle` is the longest time between two blocks, `block` the longest for one to arrive.
    `pipelined` is the number of blocks that may wait for their answer, `pipelined_bytes` their
    size together; one block may always wait.
    """

    message: int = LIMIT
    junk: int = 64 * 1024
    pipelined: int = 64
    pipelined_bytes: int = 2 * LIMIT
    idle: float = 300.0
    block: float = 60.0


class Connection:
    """Runs from `run` until the peer closes, falls silent or misbehaves, or `stop` is called."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        answer: Answer,
        limits: ConnectionLimits,
        count_junk: Callable[[int], object],
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._answer = answer
        self._limits = limits
        self._count_junk = count_junk
        self._decoder = Decoder(limits.message, HEAD)
        self._waiting: deque[int] = deque()
        self._answered = asyncio.Event()
        self._answers: asyncio.Queue[_Answers | None] = asyncio.Queue()
        self._reading: asyncio.Task[None] | None = None
        self._silent = False
        self._stopping = False

    async def run(self) -> None:
        """Reads and answers; every block that was read whole is answered before it returns."""
        answering = asyncio.create_task(self._answer_all())
        reading = self._reading = asyncio.create_task(self._read_all())
        # Nobody can be answered any more, so there is no sense in reading.
        answering.add_done_callback(lambda _: reading.cancel())
        try:
            await asyncio.wait([reading])
            self._answers.put_nowait(None)
            await asyncio.wait([answering])
        finally:
            reading.cancel()
            answering.cancel()
            await asyncio.wait([reading, answering])
            self._note(reading)
            self._note(answering)
            await self._finish()

    def stop(self) -> None:
        """Reads no more. What was read is still answered."""
        self._stopping = True
        if self._reading is not None and self._silent:
            self._reading.cancel()

    async def _read_all(self) -> None:
        clock = asyncio.get_running_loop().time
        since = clock()
        while not self._stopping and (chunk := await self._read(since)):
            within = self._decoder.within_frame
            ended = False
            for event in self._decoder.feed(chunk):
                ended = True
                await self._take(event)
            if self._decoder.junk > self._limits.junk:
                raise ConnectionError
            # Bytes that neither begin nor end a block buy the connection no time.
            if ended or within != self._decoder.within_frame:
                since = clock()

    async def _read(self, since: float) -> bytes:
        """The next bytes, none at the end. TimeoutError where no block began or ended in time."""
        allowed = self._limits.block if self._decoder.within_frame else self._limits.idle
        self._silent = True
        try:
            async with asyncio.timeout_at(since + allowed):
                return await self._reader.read(_CHUNK)
        finally:
            self._silent = False

    async def _take(self, event: Event) -> None:
        if isinstance(event, Junk):
            self._count_junk(event.size)
            return
        size = len(event.content if isinstance(event, Frame) else event.head)
        while self._waiting and not self._has_room(size):
            self._answered.clear()
            await self._answered.wait()
        self._waiting.append(size)
        # The task is in the queue before anything can interrupt, so it is always answered.
        self._answers.put_nowait(asyncio.ensure_future(self._call(event)))

    def _has_room(self, size: int) -> bool:
        together = sum(self._waiting) + size
        return (
            len(self._waiting) < self._limits.pipelined and together <= self._limits.pipelined_bytes
        )

    async def _call(self, event: Frame | Oversize) -> list[bytes]:
        return await self._answer(event)

    async def _answer_all(self) -> None:
        while (answers := await self._answers.get()) is not None:
            for answer in await answers:
                self._writer.write(frame(answer))
            self._waiting.popleft()
            self._answered.set()
            async with asyncio.timeout(self._limits.idle):
                await self._writer.drain()

    def _note(self, task: asyncio.Task[None]) -> None:
        """Says why a side ended, unless the peer simply closed or we were told to stop."""
        error = None if task.cancelled() else task.exception()
        if error is not None:
            _log.info(
                "mllp connection ended error=%s within_block=%s",
                type(error).__name__,
                self._decoder.within_frame,
            )

    async def _finish(self) -> None:
        unanswered: list[_Answers] = []
        while not self._answers.empty():
            if (answers := self._answers.get_nowait()) is not None:
                unanswered.append(answers)
                answers.cancel()
        # Their messages may be committed all the same; only nobody is there to be told.
        await asyncio.gather(*unanswered, return_exceptions=True)
        self._writer.close()
        try:
            async with asyncio.timeout(1):
                await self._writer.wait_closed()
        except (OSError, TimeoutError):
            self._writer.transport.abort()
