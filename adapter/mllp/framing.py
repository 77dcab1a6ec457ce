"""MLLP blocks (VT content FS CR) in and out of a byte stream, without any input or output.

Source: HL7 v2 Transport Specification, MLLP Release 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

START = b"\x0b"
END = b"\x1c"
CARRIAGE_RETURN = b"\r"

LIMIT = 8 * 1024 * 1024
HEAD = 4096
_BETWEEN_FRAMES = b"\r\n"


@dataclass(frozen=True, slots=True)
class Frame:
    """The content of one block."""

    content: bytes


@dataclass(frozen=True, slots=True)
class Oversize:
    """A block over the limit: its first bytes, enough to answer it, and its whole size in bytes."""

    head: bytes
    size: int


@dataclass(frozen=True, slots=True)
class Junk:
    """How many bytes stood between blocks where nothing should; reported when a block begins."""

    size: int


Event = Frame | Oversize | Junk


def frame(content: bytes) -> bytes:
    """Takes the content of a block; returns the block."""
    return START + content + END + CARRIAGE_RETURN


class Decoder:
    """Cuts a byte stream into blocks; the same stream gives the same events however it is split.

    Holds at most `limit` bytes of the block that is being received. FS ends a block with or
    without the CR after it. A VT inside a block is content: word processors leave it in text.
    """

    def __init__(self, limit: int = LIMIT, head: int = HEAD) -> None:
        """Takes the largest content in bytes, and how much of a larger one is kept."""
        self._limit = limit
        self._head = min(head, limit)
        self._held = bytearray()
        self._size = 0
        self._within = False
        self._junk = 0

    @property
    def within_frame(self) -> bool:
        """True when a block has begun and not ended."""
        return self._within

    @property
    def junk(self) -> int:
        """Bytes outside blocks since the last block."""
        return self._junk

    def feed(self, data: bytes) -> Iterator[Event]:
        """Takes the next bytes of the stream; yields what they complete. Run it to its end."""
        position = 0
        while position < len(data):
            if self._within:
                position = self._take(data, position)
                if not self._within:
                    yield self._finish()
            else:
                position = self._skip(data, position)
                if self._within and self._junk:
                    yield Junk(self._junk)
                    self._junk = 0

    def _skip(self, data: bytes, position: int) -> int:
        start = data.find(START, position)
        end = len(data) if start < 0 else start
        self._junk += len(data[position:end].translate(None, _BETWEEN_FRAMES))
        self._within = start >= 0
        return end + 1

    def _take(self, data: bytes, position: int) -> int:
        found = data.find(END, position)
        end = len(data) if found < 0 else found
        self._hold(data, position, end)
        self._within = found < 0
        return end + 1

    def _hold(self, data: bytes, start: int, end: int) -> None:
        self._size += end - start
        if self._size <= self._limit:
            self._held += memoryview(data)[start:end]
            return
        missing = max(0, self._head - len(self._held))
        self._held += memoryview(data)[start : min(end, start + missing)]
        del self._held[self._head :]

    def _finish(self) -> Frame | Oversize:
        content, size = bytes(self._held), self._size
        self._held = bytearray()
        self._size = 0
        return Frame(content) if size <= self._limit else Oversize(content, size)
