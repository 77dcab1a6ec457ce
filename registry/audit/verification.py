"""Does the audit record hold? Every chain from its beginning, and the anchors kept elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from registry.audit import storing
from registry.audit.chain import Anchor, Break, Row, Seal, breaks
from registry.store.transaction import Connection


@dataclass
class Verified:
    """What was found: rows linked in each month, how many still wait to be, and every break."""

    linked: dict[date, int] = field(default_factory=dict[date, int])
    waiting: int = 0
    broken: list[Break] = field(default_factory=list[Break])

    @property
    def holds(self) -> bool:
        """True where no chain is broken."""
        return not self.broken


async def verify(connection: Connection, kept: Sequence[Anchor]) -> Verified:
    """Takes a connection, in one snapshot of the database, and anchors that were kept; returns
    what was found."""
    found = Verified()
    for end in await storing.anchors(connection):
        found.linked[end.month] = end.place
        found.broken += await _broken(connection, end.month)
    for month, number, waits in await storing.loose(connection):
        if waits:
            found.waiting += 1
        else:
            why = "the event was never linked: it was added by something else than a registry"
            found.broken.append(Break(month, 0, number, why))
    for anchor in kept:
        there = await storing.hash_at(connection, anchor.month, anchor.place)
        if there is None:
            why = "the anchor names this row, and the chain ends before it: rows are gone"
            found.broken.append(Break(anchor.month, anchor.place, None, why))
        elif there != anchor.hash:
            why = "the chain is not the one that the anchor was taken from"
            found.broken.append(Break(anchor.month, anchor.place, None, why))
    return found


async def _broken(connection: Connection, month: date) -> list[Break]:
    held: list[Break] = []
    checker = _Checker(month)
    async for linked in storing.chain(connection, month):
        held += checker.next(linked)
    return held


class _Checker:
    """`breaks`, one row after another."""

    def __init__(self, month: date) -> None:
        self._month = month
        self._before: Seal | None = None

    def next(self, linked: tuple[Seal, Row | None]) -> list[Break]:
        found = list(breaks(self._month, [linked], self._before))
        self._before = linked[0]
        return found
