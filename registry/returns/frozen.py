"""A return or a Quality Account as it was published: frozen, and read back as it was.

The figures are kept by their codes. One that is no longer defined is not read back; one that was
not defined then has no number.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter

from registry.directory.organisation import Organisation
from registry.returns import account_items
from registry.returns.count import Count, Version
from registry.returns.definitions import MEASURES, NOT_CERTAIN, POPULATIONS
from registry.returns.learning import ThemeCount
from registry.returns.periods import FinancialYear, Quarter
from registry.returns.quality_account import Line, QualityAccount
from registry.returns.quarterly import Figure, QuarterlyReturn
from registry.returns.reviewed_death import Action

Document = QuarterlyReturn | QualityAccount


@dataclass(frozen=True, slots=True)
class _Frozen:
    organisation: Organisation
    period: str
    known_at: datetime
    version: Version
    counts: dict[str, Count]
    themes: tuple[ThemeCount, ...]
    actions: tuple[Action, ...]


def period_of(document: Document) -> str:
    """Takes a return or an account; returns its period as addresses have it: 2026-27-Q1 or
    2026-27."""
    return str(document.quarter) if isinstance(document, QuarterlyReturn) else document.year.code


def to_json(document: Document) -> bytes:
    """Takes a return or an account; returns its canonical JSON."""
    return _FROZEN.dump_json(
        _Frozen(
            organisation=document.organisation,
            period=period_of(document),
            known_at=document.known_at,
            version=document.version,
            counts=counts(document),
            themes=document.themes,
            actions=document.actions,
        )
    )


def counts(document: Document) -> dict[str, Count]:
    """Takes a return or an account; returns its numbers by the codes of their figures."""
    if isinstance(document, QuarterlyReturn):
        found = {figure.code: figure.count for figure in document.figures}
    else:
        found = {line.item.code: line.count for line in document.lines}
        for line in document.lines:
            for number, count in enumerate(line.quarters, 1):
                found[f"{line.item.code}.q{number}"] = count
    return {**found, NOT_CERTAIN.code: document.not_certain}


def from_json(content: str | bytes) -> Document:
    """Takes what `to_json` returned; returns the return or the account as it was."""
    frozen = _FROZEN.validate_json(content)
    if "Q" in frozen.period:
        return _quarterly(frozen)
    return QualityAccount(
        organisation=frozen.organisation,
        year=FinancialYear.parse(frozen.period),
        known_at=frozen.known_at,
        version=frozen.version,
        lines=tuple(_lines(frozen.counts)),
        not_certain=frozen.counts[NOT_CERTAIN.code],
        themes=frozen.themes,
        actions=frozen.actions,
    )


def _quarterly(frozen: _Frozen) -> QuarterlyReturn:
    return QuarterlyReturn(
        organisation=frozen.organisation,
        quarter=Quarter.parse(frozen.period),
        known_at=frozen.known_at,
        version=frozen.version,
        figures=tuple(
            Figure(population, measure, frozen.counts[code])
            for population in POPULATIONS
            for measure in MEASURES
            if (code := f"{population.code}.{measure.code}") in frozen.counts
        ),
        not_certain=frozen.counts[NOT_CERTAIN.code],
        themes=frozen.themes,
        actions=frozen.actions,
    )


def _lines(kept: dict[str, Count]) -> Iterable[Line]:
    for item in account_items.NUMBERS:
        if item.code in kept:
            by_quarter = (kept.get(f"{item.code}.q{number}") for number in range(1, 5))
            parts = tuple(count for count in by_quarter if count is not None)
            yield Line(item, kept[item.code], parts)


_FROZEN = TypeAdapter(_Frozen)
