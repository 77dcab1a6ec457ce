"""Token buckets, one for each name: so many at once, and so many a second for as long as it goes
on."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

# More names than these are not remembered: the one not heard of for longest starts anew.
NAMES = 10_000
SECONDS_AT_ONCE = 10


@dataclass(frozen=True, slots=True)
class Rate:
    """So many a second (0: as many as come); ten seconds' worth may come at once."""

    per_second: int

    @property
    def at_once(self) -> int:
        """How many may come at once after a pause."""
        return self.per_second * SECONDS_AT_ONCE


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client may ask of the FHIR API, and what may come from one address without a valid
    token: requests for a token, and requests with a wrong one. Each process counts for itself."""

    client: Rate = Rate(500)
    address: Rate = Rate(10)


class Buckets:
    """The buckets of one rate; `clock` gives seconds that only go forward."""

    def __init__(self, rate: Rate, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._left)

    def take(self, name: str) -> float:
        """Takes a name; returns 0 where one more may come, and counts it, else the seconds until
        one may."""
        if not self._rate.per_second:
            return 0.0
        now = self._clock()
        left, at = self._left.pop(name, (float(self._rate.at_once), now))
        left = min(self._rate.at_once, left + (now - at) * self._rate.per_second)
        is_admitted = left >= 1
        self._left[name] = (left - 1 if is_admitted else left, now)
        if len(self._left) > NAMES:
            self._left.popitem(last=False)
        return 0.0 if is_admitted else (1 - left) / self._rate.per_second
