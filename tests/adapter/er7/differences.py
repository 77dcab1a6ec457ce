"""Where adapter.er7 reads a message in another way than hl7apy, and why ours is right.

A `Mend` is about a whole message: hl7apy does not read it as it is, so it is rewritten for hl7apy
alone and everything else is compared. A `Difference` is about one value.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from adapter.er7 import Delimiters
from tests.adapter.er7.hl7apy_reading import UNPLACED, VERSIONS, Value, segments

JOINED = chr(0xE000)
_UNUSED = tuple(chr(0xE001 + n) for n in range(4))
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_FALL_BACK = "2.5"


@dataclass(frozen=True, slots=True)
class Mend:
    """A kind of message that hl7apy does not read as it is; `rewrite` gives what it reads."""

    name: str
    reason: str
    rewrite: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Difference:
    """A kind of value that is another one for hl7apy."""

    name: str
    reason: str
    applies: Callable[[str, Value, Delimiters], bool]
    """Takes our value ('' if we have none) and hl7apy's; True where they differ in this way."""


def _without_frame(text: str) -> str:
    return text.strip("\x0b\x1c\ufeff \t\r\n\0")


def _without_controls(text: str) -> str:
    return _CONTROLS.sub("", text)


def _with_carriage_returns(text: str) -> str:
    lines = re.split(r"[\r\n]+", text)
    return "\r".join(line.strip("\ufeff \t") for line in lines if line.strip("\ufeff \t"))


def _joined(text: str) -> str:
    lines: list[str] = []
    for line in text.split("\r"):
        begins = re.match(r"[A-Za-z0-9]{3}(?:\Z|" + re.escape(text[3:4]) + ")", line)
        if begins or not lines:
            lines.append(line)
        else:
            lines[-1] += JOINED + line
    return "\r".join(lines)


def _in_capitals(text: str) -> str:
    return "\r".join(line[:3].upper() + line[3:] for line in text.split("\r"))


def _with_four_delimiters(text: str) -> str:
    separator = text[3:4]
    header, _, rest = text.partition("\r")
    pieces = header.split(separator)
    written = pieces[1]
    version = version_of(text)
    if len(written) == 4 or (len(written) == 5 and version >= "2.7"):
        return text
    plain = written.strip().replace("\\\\", "\\")[:4]
    pieces[1] = plain + "".join(_UNUSED)[: 4 - len(plain)]
    return separator.join(pieces) + "\r" + rest


def version_of(text: str) -> str:
    """Takes a message's text; returns the first component of MSH-12, '' where there is none."""
    header = text.partition("\r")[0].split(text[3:4])
    return header[11].split(header[1][:1] or "^")[0].strip() if len(header) > 11 else ""


def _with_known_version(text: str) -> str:
    if version_of(text) in VERSIONS:
        return text
    header, _, rest = text.partition("\r")
    pieces = header.split(text[3:4])
    pieces += [""] * (12 - len(pieces))
    component = pieces[1][:1]
    others = pieces[11].split(component)[1:]
    pieces[11] = component.join([_FALL_BACK, *others])
    return text[3:4].join(pieces) + "\r" + rest


def _with_known_segments(text: str) -> str:
    known = segments(version_of(text))
    lines = text.split("\r")
    renamed = [
        line if line[:3] in known or line.startswith("Z") or not line else f"ZZZ{line[3:]}"
        for line in lines
    ]
    return "\r".join(renamed)


# In this order: each may count on those before it.
MENDS = (
    Mend("frame", "MLLP bytes, byte-order marks and blanks are no content", _without_frame),
    Mend("controls", "no control character is allowed in HL7 nor in FHIR", _without_controls),
    Mend(
        "line ends", "files and senders end lines with LF, CRLF or blanks", _with_carriage_returns
    ),
    Mend("continuation", "a line that begins no segment belongs to the one before", _joined),
    Mend("capitals", "segment ids in small letters can mean nothing else", _in_capitals),
    Mend("delimiters", "MSH-2 may leave delimiters out (v2.9 2.5.4)", _with_four_delimiters),
    Mend("version", "values stand in the same places in every version", _with_known_version),
    Mend("segment", "a segment the version does not have is kept", _with_known_segments),
)


def unescaped(text: str, delimiters: Delimiters) -> str:
    """Takes a text; returns it with HL7's escapes undone, read one character after another."""
    mark = delimiters.escape
    if not mark:
        return text
    meaning = {
        "F": delimiters.field,
        "S": delimiters.component,
        "T": delimiters.subcomponent or "&",
        "R": delimiters.repetition or "~",
        "E": mark,
        "P": delimiters.truncation or "#",
        "H": "",
        "N": "",
    }
    out, position = "", 0
    while position < len(text):
        end = text.find(mark, position + 1) if text[position] == mark else -1
        name = text[position + 1 : end] if end > 0 else "?"
        if end > 0 and name in meaning:
            out += meaning[name]
        elif end > 0 and re.fullmatch(r"\.(br|ce|sp\d*)", name):
            out += "\n"
        elif end > 0 and re.fullmatch(r"[Xx](?:[0-9A-Fa-f]{2})+", name):
            out += _CONTROLS.sub("", bytes.fromhex(name[1:]).decode("cp1252", "replace"))
        else:
            out += text[position]
            position += 1
            continue
        position = end + 1
    return out


def _is_escaped(ours: str, theirs: Value, delimiters: Delimiters) -> bool:
    written = theirs.written.strip()
    return delimiters.escape in written and written != ours == unescaped(written, delimiters)


def _is_padded(ours: str, theirs: Value, _delimiters: Delimiters) -> bool:
    return theirs.is_text and theirs.written != ours and theirs.written.strip() == ours


def _is_number(ours: str, theirs: Value, _delimiters: Delimiters) -> bool:
    if theirs.is_text:
        return False
    try:
        return Decimal(ours) == Decimal(theirs.written)
    except InvalidOperation:
        return False


def _is_unplaced(ours: str, theirs: Value, delimiters: Delimiters) -> bool:
    is_same = ours == theirs.written or any(
        difference.applies(ours, theirs, delimiters) for difference in DIFFERENCES[:-1]
    )
    return UNPLACED in theirs.place[1:] and is_same


DIFFERENCES = (
    Difference("escaped", "hl7apy leaves escape sequences as they are written", _is_escaped),
    Difference("padded", "blanks around a value are no part of it (v2.9 2.5.3)", _is_padded),
    Difference("number", "hl7apy drops leading zeros; a number is kept as written", _is_number),
    Difference(
        "unplaced",
        "beyond what the version defines hl7apy loses the place; later versions define it",
        _is_unplaced,
    ),
)
