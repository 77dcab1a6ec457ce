"""Cuts the contents of a file into single messages, whatever stands around and between them."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from io import BytesIO
from itertools import chain
from typing import BinaryIO

from adapter.er7.charset import mark

# What may begin a message, belong to a batch envelope (HL7 v2.9 section 2.10.3), or begin or end an
# MLLP block.
_CANDIDATE = re.compile(rb"(?:MSH|FHS|BHS|BTS|FTS)(?![A-Za-z0-9])|[\x0b\x1c]")
_MESSAGE = re.compile(rb"MSH(?![A-Za-z0-9])")
_RARE = (b"\x0b", b"\x1c", b"FHS", b"BHS", b"BTS", b"FTS")
_LINE_END = re.compile(rb"[\r\n]|\Z")
_START, _END = b"\x0b\x1c"
_BEFORE_A_LINE = b"\r\n\x0b\x1c"
_BLANK = b" \t\r\n\0\x1a\x0b\x0c"
_LONGEST_MARK = 4
CHUNK = 1 << 20


def split(data: bytes) -> Iterator[bytes]:
    """Takes the contents of a file; yields the messages in it, one after another.

    Envelope lines (FHS, BHS, BTS, FTS), MLLP framing, byte-order marks and blank lines are left
    out. What is none of these and no message is yielded too, so that the reader can say what is
    wrong with it: nothing is dropped in silence.
    """
    return split_file(BytesIO(data))


def split_file(file: BinaryIO, chunk: int = CHUNK) -> Iterator[bytes]:
    """As `split`, of a file that is read a chunk at a time: it holds little more than the message
    that it is in."""
    return (piece for _, piece in split_with_place(file, chunk))


def split_with_place(file: BinaryIO, chunk: int = CHUNK) -> Iterator[tuple[int | None, bytes]]:
    """As `split_file`, each message with the byte of the file at which it begins, from 0; None in a
    file of UTF-16 or UTF-32, whose messages are cut out after decoding."""
    start = file.read(_LONGEST_MARK)
    found = mark(start)
    rest = iter(lambda: file.read(chunk), b"")
    if found is None:
        yield from _split(chain([start], rest))
    elif found[1] == "utf-8":
        yield from _split(chain([start[len(found[0]) :]], rest), len(found[0]))
    else:
        wide = _split_wide(chain([start[len(found[0]) :]], rest), *found)
        yield from ((None, piece) for piece in wide)


def _split(chunks: Iterable[bytes], begin: int = 0) -> Iterator[tuple[int, bytes]]:
    """Takes chunks, and the byte of the file at which the first begins."""
    held, searched, waiting, size = b"", 0, list[bytes](), 0
    for chunk in chunks:
        waiting.append(chunk)
        size += len(chunk)
        # Joined only when there is as much again, so that a huge message is not copied for ever.
        if size < len(held):
            continue
        held = b"".join([held, *waiting])
        waiting, size = [], 0
        # A boundary is known once its line is complete.
        end = 1 + max(held.rfind(b"\r", searched), held.rfind(b"\n", searched))
        if end:
            start = 0
            for before, after in _boundaries(held, searched, end):
                yield from _unless_blank(held[start:before], begin + start)
                start = after
            held, searched, begin = held[start:], end - start, begin + start
    held = b"".join([held, *waiting])
    start = 0
    for before, after in _boundaries(held, searched, len(held)):
        yield from _unless_blank(held[start:before], begin + start)
        start = after
    yield from _unless_blank(held[start:], begin + start)


def _boundaries(data: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Where a message may stop, and where the next may start: in one line or around an envelope."""
    # To look for one word is ten times as fast, and archives mostly have no other.
    plain = all(data.find(rare, start, end) < 0 for rare in _RARE)
    candidate = _MESSAGE if plain else _CANDIDATE
    while found := candidate.search(data, start, end):
        at, start = found.span()
        line = _line_start(data, at)
        # A VT inside a line is content, as for the MLLP decoder.
        if data[at] == _END or (data[at] == _START and line is not None):
            yield at, start
            continue
        if line is None or data[at] == _START:
            continue
        if data[at] != ord("M"):
            ending = _LINE_END.search(data, at, end)
            at = start = ending.start() if ending else end
        yield line, at


def _line_start(data: bytes, at: int) -> int | None:
    """Where the line that a position begins has its padding; None where it begins no line."""
    if data.endswith(codecs.BOM_UTF8, 0, at):
        at -= len(codecs.BOM_UTF8)
    while at and data[at - 1] in b" \t":
        at -= 1
    return at if not at or data[at - 1] in _BEFORE_A_LINE else None


def _split_wide(chunks: Iterable[bytes], byte_order_mark: bytes, codec: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(codec)("replace")
    decoded = (decoder.decode(chunk).encode("utf-8") for chunk in chunks)
    last = (decoder.decode(b"", final=True).encode("utf-8") for _ in range(1))
    for _, piece in _split(chain(decoded, last)):
        yield byte_order_mark + piece.decode("utf-8").encode(codec)


def _unless_blank(piece: bytes, begin: int) -> Iterator[tuple[int, bytes]]:
    if piece.strip(_BLANK):
        yield begin, piece
