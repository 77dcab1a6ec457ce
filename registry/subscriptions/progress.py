"""How far the delivery of a subscription is, what is to be sent next, and what follows when it
fails. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Status = Literal["requested", "active", "error", "off"]
Step = Literal["handshake", "events", "heartbeat", "end"]

FIRST_WAIT, LONGEST_WAIT = 2.0, 3600.0
"""Seconds until the second attempt, and between attempts at most."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a subscription stands: its status; how many events it has had and how many of them its
    endpoint took; since when and how often in a row that failed; when to try next; when its
    endpoint was last reached; every how many seconds it wants a heartbeat; and when it ends."""

    status: Status
    next_at: datetime
    events: int = 0
    delivered: int = 0
    failures: int = 0
    failing_since: datetime | None = None
    contacted_at: datetime | None = None
    heartbeat: int | None = None
    ends_at: datetime | None = None


def next_step(progress: Progress, now: datetime) -> Step | None:
    """Takes where a subscription stands and the time; returns what is to be done now, None where
    there is nothing."""
    if progress.status != "off" and progress.ends_at is not None and progress.ends_at <= now:
        return "end"
    if progress.status not in ("requested", "active") or progress.next_at > now:
        return None
    if progress.status == "requested":
        return "handshake"
    if progress.events > progress.delivered:
        return "events"
    return "heartbeat" if _is_silent(progress, now) else None


def _is_silent(progress: Progress, now: datetime) -> bool:
    if progress.heartbeat is None:
        return False
    last = progress.contacted_at
    return last is None or now - last >= timedelta(seconds=progress.heartbeat)


def wait(failures: int, jitter: float, retry_after: float | None = None) -> timedelta:
    """Takes how often in a row it failed (at least once), a number from 0 up to 1 by chance, and
    the seconds that the endpoint asked for, if any; returns how long to wait. It doubles each
    time, and chance keeps many from coming back at once."""
    whole = min(FIRST_WAIT * 2.0 ** min(failures - 1, 30), LONGEST_WAIT)
    seconds = whole * (0.5 + jitter / 2)
    if retry_after is not None:
        seconds = max(seconds, min(retry_after, LONGEST_WAIT))
    return timedelta(seconds=seconds)


def is_given_up(step: Step, failing_since: datetime, now: datetime, patience: timedelta) -> bool:
    """Takes what failed, since when it fails, the time and how long we try; True where the
    subscription is now in error. A handshake has one attempt (Backport IG, REST-Hook)."""
    return step == "handshake" or now - failing_since >= patience
