"""The ERR segment of an acknowledgement, in the form that each version of HL7 v2 knows."""

from __future__ import annotations

import re

from adapter import er7
from adapter.er7 import Delimiters
from adapter.reason import Reason

CODING_SYSTEM = "HL70357"
CONDITIONS = {
    "0": "Message accepted",
    "100": "Segment sequence error",
    "101": "Required field missing",
    "102": "Data type error",
    "103": "Table value not found",
    "104": "Value too long",
    "200": "Unsupported message type",
    "201": "Unsupported event code",
    "202": "Unsupported processing id",
    "203": "Unsupported version id",
    "204": "Unknown key identifier",
    "205": "Duplicate key identifier",
    "206": "Application record locked",
    "207": "Application error",
}
"""Table 0357, message error condition codes."""

_LOCATION = re.compile(
    r"(?P<segment>[A-Z][A-Z0-9]{2})(?:\[(?P<sequence>\d+)\])?"
    r"(?:-(?P<field>\d+)(?:\[(?P<repetition>\d+)\])?(?:\.(?P<component>\d+))?)?"
)
_VERSION = re.compile(r"(\d+)\.(\d+)")


def version_of(text: str) -> tuple[int, int]:
    """Takes the text of MSH-12.1; returns its first two numbers, (2, 4) where it has none."""
    match = _VERSION.match(text.strip())
    return (int(match[1]), int(match[2])) if match else (2, 4)


def error_segment(reason: Reason, version: tuple[int, int], delimiters: Delimiters) -> str:
    """Takes why, the version and delimiters to say it in; returns the ERR segment, without CR."""
    if version >= (2, 5):
        return _since_2_5(reason, delimiters)
    return _before_2_5(reason, delimiters)


def _since_2_5(reason: Reason, delimiters: Delimiters) -> str:
    where = delimiters.component.join(_position(reason.location))
    code = delimiters.component.join(_coded(reason.code, delimiters))
    user_message = er7.escape(reason.text, delimiters)
    return delimiters.field.join(["ERR", "", where, code, "E", "", "", "", user_message])


def _before_2_5(reason: Reason, delimiters: Delimiters) -> str:
    """ERR-1 as ELD: segment, sequence, field and, in subcomponents, the code."""
    segment, sequence, field = (*_position(reason.location), "", "", "")[:3]
    coded = _coded(reason.code, delimiters)
    code = delimiters.subcomponent.join(coded) if delimiters.subcomponent else coded[0]
    return "ERR" + delimiters.field + delimiters.component.join([segment, sequence, field, code])


def _coded(code: str, delimiters: Delimiters) -> list[str]:
    return [code, er7.escape(CONDITIONS.get(code, CONDITIONS["207"]), delimiters), CODING_SYSTEM]


def _position(location: str) -> list[str]:
    """`PID[1]-3[2].1` as the components of an ERL: PID, 1, 3, 2, 1; nothing where unknown."""
    match = _LOCATION.fullmatch(location)
    if match is None:
        return []
    parts = [match["segment"], match["sequence"] or "1"]
    parts += [match[name] or "" for name in ("field", "repetition", "component")]
    while not parts[-1]:
        parts.pop()
    return parts
