"""How fast a load may go, so that what comes live need not wait behind it."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic


class Pace:
    """So many messages a second at most, from the moment it is made; what was missed is not made
    up for."""

    def __init__(self, rate: int | None, clock: Callable[[], float] = monotonic) -> None:
        """Takes messages a second (None: as fast as it goes) and a clock in seconds."""
        self._rate = rate
        self._clock = clock
        self._next = clock()

    def wait(self, messages: int) -> float:
        """Takes how many are to go next; returns the seconds to wait before they do."""
        if self._rate is None:
            return 0.0
        now = self._clock()
        due = max(self._next, now)
        self._next = due + messages / self._rate
        return due - now
