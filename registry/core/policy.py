"""Policies: what an organisation's own learning-from-deaths policy adds to the national rules.

There is no national scope for community and mental-health contacts or for emergency attendances:
each provider publishes its own (NHS Improvement 2017). Deaths of inpatients, and within 30 days of
discharge, are in scope everywhere.
"""

from __future__ import annotations

import calendar
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from registry.core.spells import Kind
from registry.core.statement import Identifier


@dataclass(frozen=True, slots=True)
class Period:
    """A length of time in days or in calendar months."""

    days: int = 0
    months: int = 0

    def after(self, start: date) -> date:
        """Takes a date; returns the last date that lies within the period after it."""
        month = start.month - 1 + self.months
        year, month = start.year + month // 12, month % 12 + 1
        day = min(start.day, calendar.monthrange(year, month)[1])
        return date(year, month, day) + timedelta(days=self.days)

    def __str__(self) -> str:
        if self.months:
            return f"{self.months} month{'' if self.months == 1 else 's'}"
        return f"{self.days} day{'' if self.days == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class ScopeRule:
    """One rule of scope: which stays count, and for how long after they end.

    `source` says where the rule is written, for people who ask. `is_maternity` is True for a rule
    about maternity stays only, which calls for the reviews of mothers and no others.
    """

    name: str
    stays: frozenset[Kind]
    within: Period
    source: str
    is_maternity: bool = False


@dataclass(frozen=True, slots=True)
class Sample:
    """A random sample of deaths to review beyond those that must be: a percentage, and the seed
    with which anybody can draw the same sample again."""

    percent: float
    seed: str

    def draws(self, key: Identifier) -> bool:
        """Takes the identifier that keys a person; True if their death is in the sample."""
        digest = hmac.digest(self.seed.encode(), "|".join(key).encode(), hashlib.sha256)
        return int.from_bytes(digest[:8]) < self.percent / 100 * 2**64


@dataclass(frozen=True, slots=True)
class Policy:
    """One organisation's policy while it is in force; `until` is its last day, None while open."""

    organisation: str
    begins: date
    until: date | None = None
    scope: tuple[ScopeRule, ...] = ()
    sample: Sample | None = None

    def is_in_force(self, on: date) -> bool:
        """True if the policy is in force on a date in London."""
        return self.begins <= on and (self.until is None or on <= self.until)


class Policies:
    """The policies of the organisations that have one."""

    def __init__(self, policies: Iterable[Policy] = ()) -> None:
        self._policies = sorted(policies, key=lambda p: (p.organisation, p.begins))

    def every(self, organisation: str) -> list[Policy]:
        """Takes an ODS code; returns all its policies, those that begin first coming first."""
        return [p for p in self._policies if p.organisation == organisation]

    def of(self, organisation: str, on: date) -> Policy | None:
        """Takes an ODS code and a date; returns the newest policy in force there then."""
        found = [p for p in self._policies if p.organisation == organisation and p.is_in_force(on)]
        return found[-1] if found else None
