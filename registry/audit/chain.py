"""The chain of the audit record: each row's hash covers its own content and the hash before it.

Nothing can be changed, removed, added or put in another order without breaking it, but at its end:
what is cut off there is missed only by whoever kept an anchor.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

import orjson


@dataclass(frozen=True, slots=True)
class Row:
    """An event as it is stored: all of it that is hashed."""

    at: datetime
    number: int
    event_id: str
    organisation: str | None
    person: str | None
    audience: tuple[str, ...] | None
    roles: tuple[str, ...]
    content: str


@dataclass(frozen=True, slots=True)
class Seal:
    """A place in the chain of a month, the number of its event, and its hash."""

    month: date
    place: int
    number: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Anchor:
    """What is kept elsewhere: how long a month's chain was, and the hash it had there."""

    month: date
    place: int
    hash: bytes

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.place} {self.hash.hex()}"


@dataclass(frozen=True, slots=True)
class Break:
    """Where a chain does not hold: month, place, the event's number where it is known, and what is
    wrong in words."""

    month: date
    place: int
    number: int | None
    why: str

    def __str__(self) -> str:
        event = "" if self.number is None else f", event {self.number}"
        return f"{self.month:%Y-%m}, row {self.place}{event}: {self.why}"


class UnreadableAnchor(ValueError):
    """A line is no anchor; str() says which."""


def month_of(at: datetime) -> date:
    """Takes a moment; returns the first day of its month in UTC, which names its chain."""
    return at.astimezone(UTC).date().replace(day=1)


def beginning(month: date) -> bytes:
    """Takes a month; returns what stands before the first hash of its chain."""
    return hashlib.sha256(f"learning-from-deaths audit {month:%Y-%m}".encode()).digest()


def link(before: bytes, row: Row) -> bytes:
    """Takes the hash before and a row; returns the row's hash (SHA-256)."""
    said = [
        row.at.astimezone(UTC).isoformat(timespec="microseconds"),
        row.number,
        row.event_id,
        row.organisation,
        row.person,
        None if row.audience is None else list(row.audience),
        list(row.roles),
        row.content,
    ]
    return hashlib.sha256(before + orjson.dumps(said)).digest()


def breaks(
    month: date, linked: Iterable[tuple[Seal, Row | None]], after: Seal | None = None
) -> Iterator[Break]:
    """Takes a month and its chain in order (or the part of it after a seal), each seal with its
    event (None: it is gone); gives where it does not hold. After a break it goes on from the hash
    that is stored there, so that one change is one break."""
    before, place = (after.hash, after.place) if after else (beginning(month), 0)
    for seal, row in linked:
        place += 1
        if seal.place != place:
            yield Break(month, place, None, f"rows {place} to {seal.place - 1} are gone")
            place = seal.place
        elif row is None:
            yield Break(month, place, seal.number, "the event is gone")
        elif link(before, row) != seal.hash:
            yield Break(month, place, seal.number, "the event, or its place, was changed")
        before = seal.hash


def read_anchors(text: str) -> list[Anchor]:
    """Takes lines as `str(anchor)` writes them (blank lines and # lines are passed over); returns
    the anchors. UnreadableAnchor for the first line that is none."""
    return [
        _anchor(number, line)
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip() and not line.startswith("#")
    ]


def _anchor(number: int, line: str) -> Anchor:
    try:
        month, place, digest = line.split()
        anchor = Anchor(date.fromisoformat(f"{month}-01"), int(place), bytes.fromhex(digest))
    except ValueError:
        raise UnreadableAnchor(
            f"line {number} is no anchor: it reads like 2026-11 57 and 64 hex digits"
        ) from None
    if len(anchor.hash) != 32 or anchor.place < 1:
        raise UnreadableAnchor(f"line {number} is no anchor: its hash has 64 hex digits")
    return anchor
