"""How long to wait before trying again: longer each time, never the same for two processes."""

from __future__ import annotations

import random

FIRST = 0.5
CAP = 30.0
# For our own database: a standby takes over within seconds, and asking is one connection.
OWN_DATABASE_CAP = 1.0


def wait(attempts: int, first: float = FIRST, cap: float = CAP) -> float:
    """Takes the number of failed attempts (≥ 1); returns seconds, at most `cap`.

    Doubles from `first`, and takes a random part between half and the whole of that.
    """
    longest = min(cap, first * 2 ** min(attempts - 1, 16))
    return longest * (0.5 + random.random() / 2)  # noqa: S311 spreads load, keeps no secret
