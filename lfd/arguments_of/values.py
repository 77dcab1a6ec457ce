"""What an option's words become; argparse says ArgumentTypeError's text to whoever wrote them."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import date, datetime
from urllib.parse import urlsplit


def count(text: str) -> int:
    """Takes a whole number of one or more, in digits."""
    if not text.isascii() or not text.isdigit() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of one or more")
    return int(text)


def count_to(greatest: int) -> Callable[[str], int]:
    """Takes the greatest number; returns what takes a whole number from one to it."""

    def limited(text: str) -> int:
        number = count(text)
        if number > greatest:
            raise argparse.ArgumentTypeError(f"{text!r} is more than {greatest}")
        return number

    return limited


def web_address(text: str) -> str:
    """Takes an http or https address of a host; without a name and password, which would stand in
    the list of processes."""
    try:
        parts = urlsplit(text)
        is_one = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        is_one = False
    if not is_one or "@" in text or "?" in text or "#" in text:
        raise argparse.ArgumentTypeError(f"{text!r} is not an address like http://127.0.0.1:4318")
    return text


def day(text: str) -> date:
    """Takes a date as ISO 8601 writes it."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date like 2024-01-31") from None


def instant(text: str) -> datetime:
    """Takes a time as ISO 8601 writes it, in London where it has no offset; returns it with its
    offset."""
    from nhs.london_time import localise  # only where it is asked for

    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a time like 2026-01-31T14:00 (in London) or 2026-01-31T14:00:00Z"
        ) from None
    return read if read.tzinfo else localise(read)[0]


def connection_string(text: str) -> str:
    """Takes a libpq connection string, an address or `name=value` pairs; returns it as it is. What
    is wrong with it is not quoted: a password may stand in it."""
    from psycopg import ProgrammingError  # only where it is asked for
    from psycopg.conninfo import conninfo_to_dict

    try:
        conninfo_to_dict(text)
    except ProgrammingError:
        raise argparse.ArgumentTypeError(
            "it is no connection string of PostgreSQL, like postgresql://USER@HOST/NAME"
        ) from None
    return text
