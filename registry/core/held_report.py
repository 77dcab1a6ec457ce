"""The data-protection record: what is held, why, and until when; of everybody in counts, and of one
person fact by fact."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from registry.core.explanation import Fact as Said
from registry.core.explanation import fact_of
from registry.core.retention.holding import Holding
from registry.core.retention.terms import Why


class Form(StrEnum):
    """How much of a message's statement is held."""

    IN_FULL = "in full"
    IN_PART = "in part"
    OVER = "due to be erased"


@dataclass(frozen=True, slots=True)
class HeldFact:
    """One fact about a person: what it says, how much of it is held, why (in sentences), and the
    last day; `until` is None for the record of a death, which has no end here."""

    said: Said
    form: Form
    because: tuple[str, ...]
    until: date | None


@dataclass(frozen=True, slots=True)
class Kind:
    """What the overview counts together: source (ODS code) and reason; no reason: due to go."""

    source: str
    why: Why | None


@dataclass(slots=True)
class Count:
    """How many statements, and the last day on which one of them is held; None: no end is set."""

    statements: int = 0
    last_day: date | None = date.min


class Overview:
    """Counts what is held by source and reason."""

    def __init__(self) -> None:
        self.counts: dict[Kind, Count] = {}

    def add(self, holdings: Iterable[Holding]) -> None:
        """Takes what remains of some facts; counts each under the reason that holds it longest."""
        for holding in holdings:
            longest = max(holding.reasons, key=lambda r: r.until or date.max, default=None)
            source = holding.fact.statement.source
            count = self.counts.setdefault(Kind(source, longest.why if longest else None), Count())
            count.statements += 1
            if holding.until is None and longest is not None:
                count.last_day = None
            elif holding.until is not None and count.last_day is not None:
                count.last_day = max(count.last_day, holding.until)

    def rows(self) -> list[tuple[Kind, Count]]:
        """The counts in order of source and reason."""
        return sorted(self.counts.items(), key=lambda row: (row[0].source, row[0].why or ""))


def held_fact(holding: Holding) -> HeldFact:
    """Takes what remains of a fact; returns it for people: what is to be erased as it still is."""
    remains = holding.remains
    form = Form.OVER
    if remains is not None:
        form = Form.IN_FULL if _is_whole(holding) else Form.IN_PART
    return HeldFact(
        said=fact_of(remains or holding.fact.statement),
        form=form,
        because=tuple(reason.sentence for reason in holding.reasons),
        until=holding.until,
    )


def _is_whole(holding: Holding) -> bool:
    in_part = {Why.EVIDENCE, Why.DESCRIPTION, Why.IDENTITY}
    return not any(reason.why in in_part for reason in holding.reasons)
