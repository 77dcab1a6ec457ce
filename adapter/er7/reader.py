"""From the bytes of one message to its segments, tolerant of line ends, padding and framing."""

from __future__ import annotations

import re

from adapter.er7.charset import decode
from adapter.er7.delimiters import Delimiters, NotHl7
from adapter.er7.escapes import without_controls
from adapter.er7.message import Message, Segment

_LINE_END = re.compile(r"[\r\n]+")
_FRAME = "\x0b\x1c\ufeff \t\r\n\0"


def read(raw: bytes) -> Message:
    """Takes the bytes of one message, MLLP framing allowed; returns its segments.

    Raises NotHl7, whose reason is one line without any of the message's content.
    """
    text, charset = decode(raw.strip(b"\x0b\x1c"))
    text = without_controls(text.strip(_FRAME))
    if not text:
        raise NotHl7("the message is empty")
    if text[:3].upper() != "MSH":
        raise NotHl7("the message does not begin with an MSH segment")
    lines = _LINE_END.split(text)
    delimiters = Delimiters.of_header(lines[0])
    header, *others = _joined(lines, delimiters)
    segments = [_header(header, delimiters, charset)]
    segments += [_segment(line, delimiters, charset) for line in others]
    return Message(segments, delimiters, charset)


def _joined(lines: list[str], delimiters: Delimiters) -> list[str]:
    """The segment lines; one that begins with no segment id goes on where the last one stopped."""
    joined = [lines[0].strip(_FRAME)]
    for padded in lines[1:]:
        line = padded.strip(_FRAME)
        if not line:
            continue
        if _begins_segment(line, delimiters.field):
            if line[:3].upper() == "MSH":
                raise NotHl7("more than one MSH segment: several messages sent as one")
            joined.append(line)
        else:
            joined[-1] += "\n" + line
    return joined


def _begins_segment(line: str, separator: str) -> bool:
    name = line[:3]
    return len(name) == 3 and name.isascii() and name.isalnum() and line[3:4] in {separator, ""}


def _header(line: str, delimiters: Delimiters, charset: str) -> Segment:
    fields = line[4:].split(delimiters.field)
    return Segment("MSH", [delimiters.field, *fields], delimiters, charset)


def _segment(line: str, delimiters: Delimiters, charset: str) -> Segment:
    segment_id, *fields = line.split(delimiters.field)
    return Segment(segment_id.upper(), fields, delimiters, charset)
