"""Values of FHIR R4's primitive types: which texts, numbers and truths they may be."""

from __future__ import annotations

import base64
import binascii
import re
from datetime import date, datetime, time
from typing import Any

_DATE = r"\d{4}(?:-\d{2}(?:-\d{2})?)?"
_ZONE = r"(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)"
_TIME = r"\d{2}:\d{2}:\d{2}(?:\.\d+)?"
_PATTERNS = {
    "canonical": re.compile(r"\S+"),
    "code": re.compile(r"[^\s]+(?:\s[^\s]+)*"),
    "id": re.compile(r"[A-Za-z0-9\-.]{1,64}"),
    "markdown": re.compile(r"[ \r\n\t\S]+"),
    "oid": re.compile(r"urn:oid:[0-2](?:\.(?:0|[1-9]\d*))+"),
    "string": re.compile(r"[ \r\n\t\S]+"),
    "uri": re.compile(r"\S+"),
    "url": re.compile(r"\S+"),
    "uuid": re.compile(r"urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "xhtml": re.compile(r"[ \r\n\t\S]+"),
    "date": re.compile(_DATE),
    "dateTime": re.compile(rf"{_DATE}|\d{{4}}-\d{{2}}-\d{{2}}T{_TIME}{_ZONE}"),
    "instant": re.compile(rf"\d{{4}}-\d{{2}}-\d{{2}}T{_TIME}{_ZONE}"),
    "time": re.compile(_TIME),
}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_LEAST = {"integer": -(2**31), "unsignedInt": 0, "positiveInt": 1}
_MOST = 2**31 - 1


def is_valid(type_name: str, value: Any) -> bool:
    """Takes the name of a primitive type and a JSON value; True if it is one of that type, with a
    date that exists."""
    if type_name == "boolean":
        return isinstance(value, bool)
    if type_name in _LEAST:
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        return is_whole and _LEAST[type_name] <= value <= _MOST
    if type_name == "decimal":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if not isinstance(value, str) or _CONTROL.search(value):
        return False
    if type_name == "base64Binary":
        return _is_base64(value)
    return bool(_PATTERNS[type_name].fullmatch(value)) and _exists(type_name, value)


def _exists(type_name: str, value: str) -> bool:
    """True unless it is a date or time that no calendar or clock has."""
    try:
        if type_name in ("date", "dateTime", "instant"):
            day, is_timed, rest = value.partition("T")
            date.fromisoformat({4: f"{day}-01-01", 7: f"{day}-01"}.get(len(day), day))
            if is_timed:
                datetime.fromisoformat(f"{day}T{_to_microseconds(rest)}")
        elif type_name == "time":
            time.fromisoformat(_to_microseconds(value))
    except ValueError:
        return False
    return True


def _to_microseconds(text: str) -> str:
    return re.sub(r"(\.\d{1,6})\d*", lambda m: m[1].ljust(7, "0"), text)


def _is_base64(value: str) -> bool:
    try:
        base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        return False
    return bool(value.strip())
