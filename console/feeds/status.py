"""How a feed is doing, in a sentence that says how it was judged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from adapter.feeds import Feed, Waiting
from adapter.rhythm import Rhythm, rhythm

Kind = Literal["silent", "quiet", "sending", "not-known", "nothing-yet"]
LABELS: dict[Kind, str] = {
    "silent": "Silent",
    "quiet": "Quiet, as usual",
    "sending": "Sending",
    "not-known": "Too new to tell",
    "nothing-yet": "Nothing yet",
}


@dataclass(frozen=True, slots=True)
class Status:
    """What kind of state a feed is in, and why that is said."""

    kind: Kind
    why: str

    @property
    def label(self) -> str:
        """The state in a word or two."""
        return LABELS[self.kind]


def status(feed: Feed, now: datetime) -> Status:
    """Takes a feed and the time; returns how it is doing, by its own rhythm."""
    if feed.first is None or feed.last is None:
        return Status("nothing-yet", "No message was counted yet.")
    found = rhythm(feed.by_hour, feed.first, feed.last, now)
    if not found.hours:
        return Status("sending", "A message came within this hour or the last.")
    if not found.is_known:
        return Status(
            "not-known",
            f"Nothing came for {_hours(found.hours)}. There are not yet two weeks to compare with.",
        )
    return Status("silent" if found.is_silent else "quiet", _compared(found))


def _compared(found: Rhythm) -> str:
    weeks = len(found.before)
    said = f"Nothing came for {_hours(found.hours)}. "
    if found.is_silent:
        least, most = min(found.before), max(found.before)
        between = f"{least}" if least == most else f"between {least} and {most}"
        return (
            f"{said}In the same hours of each of the last {weeks} weeks, {between} "
            f"{'message' if most == 1 else 'messages'} came."
        )
    without = found.before.count(0)
    return f"{said}In the same hours, nothing came in {without} of the last {weeks} weeks either."


def _hours(count: int) -> str:
    return f"{count} whole hour{'' if count == 1 else 's'}"


def seconds(value: float) -> str:
    """Takes seconds; returns them as people say it."""
    if value < 1:
        return "less than a second"
    if value < 120:
        return f"{round(value)} second{'' if round(value) == 1 else 's'}"
    if value < 7200:
        return f"{round(value / 60)} minutes"
    return f"{round(value / 3600)} hours"


def waiting(one: Waiting, now: datetime) -> str:
    """Takes what waits and the time; returns how many, and since when the oldest."""
    if one.oldest is None:
        return "None"
    age = max(now - one.oldest, timedelta(0)).total_seconds()
    return f"{one.messages}, the oldest for {seconds(age)}"
