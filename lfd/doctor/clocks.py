"""Whether another clock and ours agree."""

from __future__ import annotations

from datetime import datetime

from lfd.doctor.finding import Finding, fail, ok, warn

LITTLE, MUCH = 2.0, 30.0
"""Seconds: more than a little shows in the order of what is on record; with much more, tokens that
last five minutes begin to be refused."""
ADVICE = "Have both machines keep time by NTP (chrony, systemd-timesyncd)"


def skew(
    whose: str, theirs: datetime, before: datetime, after: datetime, precision: float = 0.0
) -> Finding:
    """Takes whose clock it is, what it said, our time before and after asking, and to how many
    seconds it says the time; returns whether they agree. What the asking took is no difference."""
    latest = theirs.timestamp() + precision
    early, late = before.timestamp() - latest, theirs.timestamp() - after.timestamp()
    seconds = max(early, late, 0.0)
    found = f"{whose} is {seconds:.1f} s {'behind' if early > late else 'ahead'}"
    if seconds > MUCH:
        return fail("time", found, ADVICE)
    if seconds > LITTLE:
        return warn("time", found, ADVICE)
    return ok("time", f"{whose} and this machine agree")
