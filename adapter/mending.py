"""A message that waits, mended by hand: its text for people, and the bytes that take its place."""

from __future__ import annotations

import re

from adapter import er7
from adapter.er7.charset import decode

_LINE_END = re.compile(r"\r\n|\r|\n")
_FRAME = "\x0b\x1c\ufeff"
MOST_CHARACTERS = 48_000


class CannotMend(ValueError):
    """The text can't take the message's place; str() says why, without any of its content."""


def text_of(raw: bytes) -> str:
    """Takes a message; returns its text, a segment on each line."""
    text, _ = decode(raw.strip(b"\x0b\x1c"))
    return "\n".join(line for line in _LINE_END.split(text.strip(_FRAME)) if line)


def is_mendable(raw: bytes) -> bool:
    """Takes a message; True where its text can be changed in a form and put back without loss."""
    text = text_of(raw)
    return "\ufffd" not in text and "\0" not in text and len(text) <= MOST_CHARACTERS


def mended(raw: bytes, text: str) -> bytes:
    """Takes a message and the text that somebody made of it; returns the new bytes, in the
    message's own character set. CannotMend: it is no message, or of another sender."""
    _, charset = decode(raw.strip(b"\x0b\x1c"))
    lines = [line for line in _LINE_END.split(text.strip()) if line.strip()]
    try:
        made = ("\r".join(lines) + "\r").encode(charset)
    except UnicodeEncodeError as error:
        raise CannotMend(
            f"It holds a character that the message's character set ({charset}) does not have."
        ) from error
    try:
        after = er7.read(made)
    except er7.NotHl7 as fault:
        raise CannotMend(f"It could not be read: {fault.reason}.") from fault
    if _sender(after) != _sender_as_sent(raw):
        raise CannotMend(
            "MSH-4 says another sender than before. A message can be mended, not given to another "
            "organisation: put MSH-4 back as it was."
        )
    return made


def _sender(message: er7.Message) -> list[str]:
    return [message.header.text(4, part) for part in (1, 2, 3)]


def _sender_as_sent(raw: bytes) -> list[str]:
    """The sender in the header alone: the rest may be what could not be read."""
    head = _LINE_END.split(text_of(raw), maxsplit=1)[0]
    try:
        return _sender(er7.read(head.encode()))
    except er7.NotHl7 as fault:
        raise CannotMend(
            "The message's own header can't be read, so nobody can tell whose it is. Have the "
            "sender send it again."
        ) from fault
