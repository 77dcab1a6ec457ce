"""Whether a sender is silent, judged by its own usual rhythm.

The rule: take the whole hours since its last message, at most a week of them, and the same hours
of the same weekdays (London time) in the eight weeks before. A sender is silent when it sent
something in every one of those weeks that we know of, and we know of at least two. So a clinic that
is shut at night is not silent at night, and nothing has to be set for anybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from nhs.london_time import LONDON

WEEKS = 8
LEAST_WEEKS = 2
HOUR = timedelta(hours=1)
LONGEST = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How a sender's pause compares with its own past: since when it lasts, how many whole hours of
    it were compared, and what came in the same hours of each earlier week, the latest first."""

    since: datetime
    hours: int
    before: tuple[int, ...]

    @property
    def is_known(self) -> bool:
        """False while there are too few weeks to compare with."""
        return len(self.before) >= LEAST_WEEKS

    @property
    def is_silent(self) -> bool:
        """True where something came in the same hours of every earlier week, and nothing now."""
        return self.hours > 0 and self.is_known and min(self.before) > 0


def rhythm(
    by_hour: Mapping[datetime, int], first: datetime, last: datetime, now: datetime
) -> Rhythm:
    """Takes how many messages came in each hour (its start, in UTC), when the first and the last
    of all came, and the time; returns the rhythm. Hours before the first are not known."""
    begin = _next_hour(last)
    end = min(_hour(now), begin + LONGEST)
    hours = max(0, (end - begin) // HOUR)
    before: list[int] = []
    for week in range(1, WEEKS + 1):
        starts = [_weeks_before(begin + HOUR * n, week) for n in range(hours)]
        if not starts or starts[0] < first:
            break
        before.append(sum(by_hour.get(start, 0) for start in starts))
    return Rhythm(last, hours, tuple(before))


def _hour(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _next_hour(moment: datetime) -> datetime:
    return _hour(moment) + HOUR


def _weeks_before(start: datetime, weeks: int) -> datetime:
    """The hour that the clocks of London showed so many weeks before."""
    shown = start.astimezone(LONDON).replace(tzinfo=None) - timedelta(weeks=weeks)
    return _hour(shown.replace(tzinfo=LONDON))
