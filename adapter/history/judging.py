"""What becomes of a message of history: the same as if it had come live, decided in one step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from adapter.conversion import Converter
from adapter.door import Door, Entry, Verdict
from adapter.history.piece import Piece
from adapter.mllp.framing import LIMIT
from adapter.reason import Reason
from adapter.rules import door, treat
from adapter.treatment import QUARANTINED, Treated, unexpected
from mappings import Site

LEFT_OUT = "left-out"
LONGEST = LIMIT
"""The longest message in bytes, as at the door."""


@dataclass(frozen=True, slots=True)
class Judged:
    """The state a message comes to; what the inbox keeps of it (None: nothing, it is left out); the
    Bundle to deliver; and what is wrong with it."""

    state: str
    entry: Entry | None = None
    bundle: bytes | None = None
    reasons: tuple[Reason, ...] = ()


class Pieces(NamedTuple):
    """Pieces to be judged; those of a CSV are written by us and not in the sender's dialect."""

    pieces: Sequence[Piece]
    are_rows: bool = False


class Judge:
    """Judges pieces. It can go to another process, which reads the mappings anew."""

    def __init__(self, site: Site) -> None:
        """Takes the site whose messages they are."""
        self._site = site
        self._as_sent = _Rules(site)
        self._as_written_by_us: _Rules | None = None

    def __reduce__(self) -> tuple[type[Judge], tuple[Site]]:
        return Judge, (self._site,)

    def __call__(self, some: Pieces) -> list[Judged]:
        """Takes pieces; returns what becomes of each, in order. It never fails."""
        rules = self._rules_of_rows() if some.are_rows else self._as_sent
        return [
            Judged(LEFT_OUT, reasons=piece.faults) if piece.faults else rules.judge(piece.raw)
            for piece in some.pieces
        ]

    def _rules_of_rows(self) -> _Rules:
        if self._as_written_by_us is None:
            self._as_written_by_us = _Rules(dialect_of_rows(self._site))
        return self._as_written_by_us


def dialect_of_rows(site: Site) -> Site:
    """Takes a site; returns how rows of a CSV are written: by the national specifications, with the
    site's organisations."""
    return replace(Site.default(), organisation=site.organisation, organisations=site.organisations)


class _Rules:
    """Door and conversion of one site."""

    def __init__(self, site: Site) -> None:
        self._door: Door = door(site)
        self._converter = Converter(site)

    def judge(self, raw: bytes) -> Judged:
        verdict = self._verdict(raw)
        reasons = () if verdict.reason is None else (verdict.reason,)
        if verdict.entry is None:
            return Judged(LEFT_OUT, reasons=reasons)
        if verdict.entry.fault is not None:
            return Judged(QUARANTINED, verdict.entry, reasons=reasons)
        treated = self._treated(raw)
        reasons = () if treated.reason is None else (treated.reason,)
        return Judged(treated.state, verdict.entry, treated.bundle, reasons)

    def _verdict(self, raw: bytes) -> Verdict:
        if len(raw) > LONGEST:
            return self._door.judge_oversize(raw, LONGEST)
        return self._door.judge(raw)

    def _treated(self, raw: bytes) -> Treated:
        try:
            return treat(self._converter, raw)
        except Exception as error:
            # One message that nobody foresaw must not end a load of millions.
            return unexpected(error)
