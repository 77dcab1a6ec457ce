"""Cuts the contents of a file into single messages, whatever stands around and between them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from adapter.er7.charset import mark

# A line that begins a message or belongs to a batch envelope (HL7 v2.9 section 2.10.3), or the
# bytes that begin and end an MLLP block.
_BOUNDARY = re.compile(
    rb"\x0b|\x1c|(?:(?<=[\r\n\x0b\x1c])|\A)[ \t]*(?:\xef\xbb\xbf)?"
    rb"(?:(?P<envelope>(?:FHS|BHS|BTS|FTS)(?![A-Za-z0-9])[^\r\n]*)|(?P<message>MSH(?![A-Za-z0-9])))"
)
_BLANK = b" \t\r\n\0\x1a"


def split(data: bytes) -> Iterator[bytes]:
    """Takes the contents of a file; yields the messages in it, one after another.

    Envelope lines (FHS, BHS, BTS, FTS), MLLP framing, byte-order marks and blank lines are left
    out. What is none of these and no message is yielded too, so that the reader can say what is
    wrong with it: nothing is dropped in silence.
    """
    found = mark(data)
    if found is None:
        yield from _split(data)
    elif found[1] == "utf-8":
        yield from _split(data[len(found[0]) :])
    else:
        yield from _split_wide(data[len(found[0]) :], *found)


def _split(data: bytes) -> Iterator[bytes]:
    start = 0
    for boundary in _BOUNDARY.finditer(data):
        yield from _unless_blank(data[start : boundary.start()])
        start = boundary.start("message") if boundary["message"] else boundary.end()
    yield from _unless_blank(data[start:])


def _split_wide(data: bytes, byte_order_mark: bytes, codec: str) -> Iterator[bytes]:
    text = data.decode(codec, "replace")
    for piece in _split(text.encode("utf-8")):
        yield byte_order_mark + piece.decode("utf-8").encode(codec)


def _unless_blank(piece: bytes) -> Iterator[bytes]:
    if piece.strip(_BLANK):
        yield piece
