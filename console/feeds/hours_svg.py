"""Messages per hour as a small picture: bars in SVG, without a script or a style of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape

from nhs.london_time import LONDON

HOURS = 48
WIDTH, HEIGHT = 480, 72
_BASE, _TOP = 54, 6
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Hour:
    """How many messages came in one hour, by its start (UTC)."""

    start: datetime
    messages: int

    @property
    def words(self) -> str:
        """The hour as London's clocks show it: Sat 21 November, 14:00."""
        there = self.start.astimezone(LONDON)
        return f"{there:%a} {there.day} {there:%B, %H:%M}"


def hours(by_hour: Mapping[datetime, int], now: datetime, count: int = HOURS) -> list[Hour]:
    """Takes messages by hour and the time; returns the last hours up to the present one, the
    oldest first."""
    last = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    starts = [last - _HOUR * n for n in range(count - 1, -1, -1)]
    return [Hour(start, by_hour.get(start, 0)) for start in starts]


def svg(shown: Sequence[Hour], title: str) -> str:
    """Takes hours and the picture's text alternative; returns the picture. Each bar is as high as
    its share of the highest; midnight in London is marked."""
    most = max((one.messages for one in shown), default=0)
    step = WIDTH / max(len(shown), 1)
    bars: list[str] = []
    for place, one in enumerate(shown):
        x = place * step
        if one.start.astimezone(LONDON).hour == 0:
            bars.append(
                f'<line class="feed-chart__midnight" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" '
                f'y2="{_BASE}"/><text class="feed-chart__text" x="{x + 3:.1f}" y="{HEIGHT - 4}">'
                f"{one.start.astimezone(LONDON):%a %-d %b}</text>"
            )
        if one.messages:
            height = max(1.5, (_BASE - _TOP) * one.messages / most)
            bars.append(
                f'<rect class="feed-chart__bar" x="{x + 0.5:.1f}" y="{_BASE - height:.1f}" '
                f'width="{step - 1:.1f}" height="{height:.1f}"/>'
            )
    return (
        f'<svg class="feed-chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(title)}">{"".join(bars)}'
        f'<line class="feed-chart__base" x1="0" x2="{WIDTH}" y1="{_BASE}" y2="{_BASE}"/></svg>'
    )
