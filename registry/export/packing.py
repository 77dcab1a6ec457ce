"""NDJSON as one gzip stream in parts: packed once, sent as it is to whoever takes gzip, unpacked
for others; never more of it in memory than a part."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator

# The fastest: text that repeats itself so much gains little from more.
_LEVEL = 1
_GZIP = zlib.MAX_WBITS | 16
# So much text is packed at a time, and so much of the stream makes a part (bytes).
TEXT_BYTES = 1 << 20
PART_BYTES = 1 << 18


class Packer:
    """One file as it grows: text goes in, parts of its gzip stream come out."""

    def __init__(self) -> None:
        self._stream = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
        self._waiting = b""
        self.size = 0
        self.packed = 0

    def add(self, text: bytes) -> bytes | None:
        """Takes text; returns the next part, None where there is not yet enough for one."""
        self.size += len(text)
        self._waiting += self._stream.compress(text)
        return self._part() if len(self._waiting) >= PART_BYTES else None

    def end(self) -> bytes:
        """Ends the stream; returns the last part."""
        self._waiting += self._stream.flush()
        return self._part()

    def _part(self) -> bytes:
        part, self._waiting = self._waiting, b""
        self.packed += len(part)
        return part


async def unpacked(parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Takes the parts of a stream, in order; gives the text, a piece at a time."""
    stream = zlib.decompressobj(_GZIP)
    async for part in parts:
        piece = stream.decompress(part, TEXT_BYTES)
        while piece:
            yield piece
            piece = stream.decompress(stream.unconsumed_tail, TEXT_BYTES)


def takes_gzip(accept_encoding: str | None) -> bool:
    """Takes the Accept-Encoding header; True where the client would have gzip."""
    for part in (accept_encoding or "").split(","):
        coding, _, weight = part.partition(";")
        if coding.strip().lower() in ("gzip", "x-gzip", "*"):
            return weight.replace(" ", "").removeprefix("q=").strip("0.") != "" or not weight
    return False
