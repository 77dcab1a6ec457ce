"""From the bytes of one message to its segments, tolerant of line ends, padding and framing."""

from __future__ import annotations

from adapter.er7.charset import decode, has_controls
from adapter.er7.delimiters import Delimiters, NotHl7
from adapter.er7.escapes import without_controls
from adapter.er7.limits import MOST_SEGMENTS
from adapter.er7.message import Message, Segment

_FRAME = "\x0b\x1c\ufeff \t\r\n\0"


def read(raw: bytes) -> Message:
    """Takes the bytes of one message, MLLP framing allowed; returns its segments.

    Raises NotHl7, whose reason is one line without any of the message's content.
    """
    raw = raw.strip(b"\x0b\x1c")
    text, charset = decode(raw)
    text = text.strip(_FRAME)
    if has_controls(raw, charset):
        text = without_controls(text)
    if not text:
        raise NotHl7("the message is empty")
    if text[:3].upper() != "MSH":
        raise NotHl7("the message does not begin with an MSH segment")
    if "\n" in text:
        text = text.replace("\n", "\r")  # the blank lines that CRLF becomes are left out below
    lines = text.split("\r")
    delimiters = Delimiters.of_header(lines[0])
    return Message(_segments(lines, delimiters, charset), delimiters, charset)


def _segments(lines: list[str], delimiters: Delimiters, charset: str) -> list[Segment]:
    """The segments; a line that begins with no segment id goes on where the last one stopped."""
    separator = delimiters.field
    # A message without one of the two has a character in its place that no line holds.
    escape, subcomponent = delimiters.escape or "\r", delimiters.subcomponent or "\r"
    # MSH-1 is the separator itself, and MSH-2 follows it at once.
    fields = [separator, *lines[0].strip(_FRAME)[4:].split(separator)]
    header = separator.join(fields[2:])
    is_plain = escape not in header and subcomponent not in header
    segments = [Segment("MSH", fields, delimiters, charset, is_plain)]
    onward: list[str] = []
    for padded in lines[1:]:
        line = padded.strip(_FRAME)
        fields = line.split(separator)
        name = fields[0]
        if len(name) == 3 and name.isalnum() and name.isascii():
            if onward:
                _go_on(segments[-1], onward)
                onward = []
            name = name.upper()
            if name == "MSH":
                raise NotHl7("more than one MSH segment: several messages sent as one")
            if len(segments) == MOST_SEGMENTS:
                raise NotHl7(f"more than {MOST_SEGMENTS} segments")
            is_plain = escape not in line and subcomponent not in line
            segments.append(Segment(name, fields[1:], delimiters, charset, is_plain))
        elif line:
            onward.append(line)
    if onward:
        _go_on(segments[-1], onward)
    return segments


def _go_on(segment: Segment, lines: list[str]) -> None:
    """Takes a segment and the lines that continue it; adds them to its last field."""
    segment.is_plain = False
    head, *fields = "\n".join(lines).split(segment.delimiters.field)
    if segment.fields:
        segment.fields[-1] += "\n" + head
    else:
        segment.id += "\n" + head.upper()
    segment.fields += fields
