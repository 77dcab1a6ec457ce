"""One MLLP connection: reads blocks, lets several be worked on at once, answers in their order."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import cast

from adapter.certificate import Certificate, presented
from adapter.mllp.framing import HEAD, LIMIT, Decoder, Frame, Junk, Oversize, frame

_log = logging.getLogger(__name__)
_CLOSE_SECONDS = 1.0

Handle = Callable[[Frame | Oversize, Certificate | None], Awaitable[list[bytes]]]
"""Takes a block, and the certificate of the peer if it showed one; returns the acknowledgements to
send for it, once they may be sent."""


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


@dataclass(slots=True)
class _Waiting:
    size: int
    answers: asyncio.Task[list[bytes]]


class Connection(asyncio.Protocol):
    """Goes on until the peer closes, falls silent or misbehaves, or `stop` is called. Every block
    that was read whole is answered before it closes.

    A protocol and no stream: at the rate at which messages come, what a stream does in between
    costs more than what we do with them.
    """

    def __init__(
        self, handle: Handle, limits: ConnectionLimits, count_junk: Callable[[int], object]
    ) -> None:
        """Takes what answers a block, what the connection may use, and what counts the bytes that
        stood between blocks."""
        self._handle = handle
        self._limits = limits
        self._count_junk = count_junk
        self._loop = asyncio.get_running_loop()
        self._decoder = Decoder(limits.message, HEAD)
        self._read: deque[Frame | Oversize] = deque()
        self._waiting: deque[_Waiting] = deque()
        self._waiting_bytes = 0
        self._transport: asyncio.Transport | None = None
        self._certificate: Certificate | None = None
        self._over_tls = False
        self._reads = True
        self._writes = True
        self._ended = False
        self._since = 0.0
        self._silence: asyncio.TimerHandle | None = None
        self._stuck: asyncio.TimerHandle | None = None
        self._closing: asyncio.TimerHandle | None = None
        self._closed: asyncio.Future[None] = self._loop.create_future()

    async def run(self) -> None:
        """Returns when the connection is over. Whoever cancels it breaks it off."""
        try:
            await asyncio.shield(self._closed)
        finally:
            self._end()
            unanswered = [waiting.answers for waiting in self._waiting]
            for answers in unanswered:
                answers.cancel()
            # Their messages may be committed all the same; only nobody is there to be told.
            await asyncio.gather(*unanswered, return_exceptions=True)

    def stop(self) -> None:
        """Reads no more. What was read is still answered."""
        self._end()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is open, after the handshake where there is TLS."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by its class
        tls = transport.get_extra_info("ssl_object")
        self._certificate = presented(tls)
        self._over_tls = tls is not None
        self._heard()
        self._silence = self._loop.call_later(self._allowed(), self._look_for_silence)

    def data_received(self, data: bytes) -> None:
        """Takes bytes of the peer, as they come."""
        if self._ended:
            return
        within = self._decoder.within_frame
        ended = False
        for event in self._decoder.feed(data):
            ended = True
            if isinstance(event, Junk):
                self._count_junk(event.size)
            else:
                self._read.append(event)
        # Bytes that neither begin nor end a block buy the connection no time.
        if ended or within != self._decoder.within_frame:
            self._heard()
        self._take()
        if self._decoder.junk > self._limits.junk:
            self._note("ConnectionError")
            self._end()

    def eof_received(self) -> bool:
        """The peer sends no more; it may still be there for its answers, but not through TLS."""
        self._end()
        return not self._over_tls

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        if exc is not None:
            self._note(type(exc).__name__)
        self._ended = True
        self._read.clear()
        for timer in (self._silence, self._stuck, self._closing):
            if timer is not None:
                timer.cancel()
        if not self._closed.done():
            self._closed.set_result(None)

    def pause_writing(self) -> None:
        """The peer does not take its answers. It has a while to do so."""
        self._writes = False
        self._stuck = self._loop.call_later(self._limits.idle, self._give_up, "TimeoutError")

    def resume_writing(self) -> None:
        """The peer takes answers again."""
        self._writes = True
        if self._stuck is not None:
            self._stuck.cancel()
            self._stuck = None
        self._answer()

    def _take(self) -> None:
        """Has as many blocks worked on as may wait, and reads on once none is left over."""
        while self._read and self._has_room(_size(self._read[0])):
            event = self._read.popleft()
            self._waiting_bytes += (size := _size(event))
            answers = self._loop.create_task(self._call(event))
            self._waiting.append(_Waiting(size, answers))
            answers.add_done_callback(self._answer)
        self._read_on(not self._read)

    def _has_room(self, size: int) -> bool:
        together = self._waiting_bytes + size
        return not self._waiting or (
            len(self._waiting) < self._limits.pipelined and together <= self._limits.pipelined_bytes
        )

    async def _call(self, event: Frame | Oversize) -> list[bytes]:
        return await self._handle(event, self._certificate)

    def _answer(self, _: object = None) -> None:
        """Sends what is ready, in the order of the blocks."""
        if self._closed.done() or self._transport is None:
            return
        while self._waiting and self._writes and self._waiting[0].answers.done():
            answers = self._waiting[0].answers
            error = asyncio.CancelledError() if answers.cancelled() else answers.exception()
            if error is not None:
                self._give_up(type(error).__name__)
                return
            self._waiting_bytes -= self._waiting.popleft().size
            if said := answers.result():
                self._transport.write(b"".join(map(frame, said)))
        if self._read:
            self._take()
        self._close_when_done()

    def _read_on(self, is_wanted: bool) -> None:
        if self._transport is None or is_wanted == self._reads or self._transport.is_closing():
            return
        self._reads = is_wanted
        if is_wanted:
            self._heard()
            self._transport.resume_reading()
        else:
            self._transport.pause_reading()

    def _heard(self) -> None:
        """A block began or ended, or the peer can be heard again: its time begins anew."""
        self._since = self._loop.time()
        late = self._since + self._allowed()
        if self._silence is not None and late < self._silence.when():
            self._silence.cancel()
            self._silence = self._loop.call_at(late, self._look_for_silence)

    def _allowed(self) -> float:
        return self._limits.block if self._decoder.within_frame else self._limits.idle

    def _look_for_silence(self) -> None:
        """Comes when the time may be over, and not anew with every block: then it looks again."""
        if self._ended:
            return
        late = self._since + self._allowed()
        if not self._reads:
            late = self._loop.time() + self._allowed()
        elif self._loop.time() >= late:
            self._note("TimeoutError")
            self._end()
            return
        self._silence = self._loop.call_at(late, self._look_for_silence)

    def _end(self) -> None:
        """Takes no more, and closes once all that was read is answered.

        What still comes is read and dropped: to close over bytes that nobody read resets the
        connection, and could take the last answers with it.
        """
        self._ended = True
        self._close_when_done()

    def _close_when_done(self) -> None:
        if not self._ended or self._read or self._waiting or self._transport is None:
            return
        if self._closing is None and not self._closed.done():
            self._transport.close()
            self._closing = self._loop.call_later(_CLOSE_SECONDS, self._transport.abort)

    def _give_up(self, why: str) -> None:
        """Nobody can be answered any more."""
        self._note(why)
        self._ended = True
        self._read.clear()
        if self._transport is not None:
            self._transport.abort()

    def _note(self, why: str) -> None:
        """Says why it ended, unless the peer simply closed or we were told to stop."""
        _log.info("mllp connection ended error=%s within_block=%s", why, self._decoder.within_frame)


def _size(event: Frame | Oversize) -> int:
    return len(event.content if isinstance(event, Frame) else event.head)
