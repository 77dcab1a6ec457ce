"""Values of search parameters: how FHIR writes them (R4, search, "Search Parameter Types")."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import cast

from nhs.london_time import LONDON
from registry.api.outcomes import bad_parameter
from registry.store.conditions import Prefix

PREFIXES = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
# Two codes and a system fit many times over; a value longer than this is no search.
MAX_VALUE = 2000
_DATE = re.compile(
    r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(\.\d{1,9})?)?"
    r"(Z|[+-]\d{2}:\d{2})?)?)?)?"
)
_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")


def either(text: str) -> list[str]:
    """Takes a parameter's text; returns the values of its comma-separated or, still escaped."""
    if len(text) > MAX_VALUE:
        raise bad_parameter(f"A search parameter is longer than {MAX_VALUE} characters.")
    if any(ord(character) < 32 for character in text):
        raise bad_parameter("A search parameter holds a control character.")
    values = _split(text, ",")
    if not all(values):
        raise bad_parameter("A search parameter has no value.")
    return values


def token(text: str) -> tuple[str | None, str | None]:
    """Takes a token, `code`, `system|code`, `|code` or `system|`; returns system (None: any;
    empty: none) and code (None: any)."""
    parts = [unescaped(part) for part in _split(text, "|")]
    if len(parts) == 1:
        return None, parts[0]
    if len(parts) > 2 or parts == ["", ""]:
        raise bad_parameter("A token is written code, system|code, |code or system|.")
    return parts[0], parts[1] or None


def reference(text: str, base: str, targets: tuple[str, ...]) -> list[str]:
    """Takes a reference, `id`, `Type/id` or our own address of it, and the types it may be to;
    returns the references it stands for, as `Type/id`."""
    said = unescaped(text).removeprefix(f"{base}/")
    resource_type, slash, resource_id = said.rpartition("/")
    if not _ID.fullmatch(resource_id):
        raise bad_parameter("A reference is written id, Type/id, or the resource's address here.")
    if not slash:
        return [f"{target}/{resource_id}" for target in targets]
    if resource_type not in targets:
        known = ", ".join(targets)
        raise bad_parameter(f"This reference is to one of: {known}, of this registry.")
    return [f"{resource_type}/{resource_id}"]


def boolean(text: str) -> bool:
    """Takes `true` or `false`; returns it."""
    if text not in ("true", "false"):
        raise bad_parameter("The value is true or false.")
    return text == "true"


def identifier(value: str) -> bool:
    """True where the text can be the id of a resource."""
    return _ID.fullmatch(value) is not None


def date(text: str) -> tuple[Prefix, datetime, datetime]:
    """Takes a date with or without prefix, to the year, month, day, minute or second; returns the
    prefix and the moments from low up to, not including, high. A date without a zone is
    London's."""
    prefix, rest = (text[:2], text[2:]) if text[:2] in PREFIXES else ("eq", text)
    # A plus that was not escaped reaches us as a blank.
    low, high = moments(rest.replace(" ", "+"))
    if prefix == "ap":
        leeway = abs(datetime.now(UTC) - low) / 10
        low, high = low - leeway, high + leeway
    return cast(Prefix, prefix), low, high


def moments(text: str) -> tuple[datetime, datetime]:
    """Takes a FHIR date or dateTime; returns the moments from low up to, not including, high."""
    match = _DATE.fullmatch(text)
    if match is None:
        raise _no_date()
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    try:
        zoneless = datetime(
            int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0),
            int(second or 0), int(((fraction or ".0")[1:] + "00000")[:6]),
        )  # fmt: skip
        offset = "+00:00" if zone == "Z" else zone
        low = datetime.fromisoformat(zoneless.isoformat() + offset) if offset else zoneless
        high = _next(low, match)
        low, high = (m if m.tzinfo else m.replace(tzinfo=LONDON) for m in (low, high))
        # Both ends must be moments in every zone, for the database to compare them.
        return low.astimezone(UTC), high.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _no_date() from None


def unescaped(text: str) -> str:
    r"""Takes a value with `\,`, `\|`, `\$` and `\\`; returns it as meant."""
    return re.sub(r"\\([,|$\\])", r"\1", text)


def _next(low: datetime, match: re.Match[str]) -> datetime:
    if match[7]:
        return low + timedelta(microseconds=max(1, 10 ** (7 - len(match[7]))))
    for part, length in ((6, timedelta(seconds=1)), (4, timedelta(minutes=1)), (3, timedelta(1))):
        if match[part]:
            return low + length
    if match[2]:
        return low.replace(year=low.year + low.month // 12, month=low.month % 12 + 1)
    return low.replace(year=low.year + 1)


def _no_date() -> Exception:
    return bad_parameter(
        "A date is written like 2026, 2026-01, 2026-01-31 or 2026-01-31T09:00:00Z, "
        f"with one of {', '.join(PREFIXES)} before it or none."
    )


def _split(text: str, separator: str) -> list[str]:
    parts = re.findall(r"\\.|[^\\]|\\$", text)
    values = [""]
    for part in parts:
        if part == separator:
            values.append("")
        else:
            values[-1] += part
    return values
