"""When a return may be published, and published anew."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from nhs.london_time import spoken_date
from registry.returns.periods import FinancialYear, Quarter

Period = Quarter | FinancialYear


class PublicationRefused(Exception):
    """The return cannot be published now; str() says why and what to do."""


def parse_period(text: str) -> Period:
    """Takes text such as `2026-27-Q1` (a quarter) or `2026-27` (a financial year); ValueError if it
    is neither."""
    try:
        return Quarter.parse(text) if "Q" in text else FinancialYear.parse(text)
    except ValueError:
        raise ValueError(
            "expected a quarter of a financial year, such as 2026-27-Q1 (April to June 2026), or a "
            "financial year, such as 2026-27"
        ) from None


def period_code(period: Period) -> str:
    """Takes a period; returns it as addresses have it."""
    return str(period) if isinstance(period, Quarter) else period.code


def refuse_untimely(period: Period, today: date, published_on: Iterable[date]) -> None:
    """Takes a period, the date in London, and the dates on which it was published before;
    PublicationRefused where the period is not over, or it was published in this quarter already.

    Later quarters update earlier ones (NHS Improvement 2017). More often than that, two public
    versions a few days apart would show when a rounded number passes from one step to the next, and
    so the exact number on that day.
    """
    if today <= period.last_day:
        raise PublicationRefused(
            f"The period ends on {spoken_date(period.last_day)}; publish its return after that."
        )
    now = Quarter.containing(today)
    if any(Quarter.containing(day) >= now for day in published_on):
        raise PublicationRefused(
            f"This return was published in {now.spoken} already. A published version is never "
            f"changed; an update can be published from {spoken_date(now.following.first_day)} on."
        )
