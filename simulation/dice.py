"""Chance that can be repeated: everything random in a simulation comes from here."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """A stream of chance that is the same for the same seed."""

    def __init__(self, seed: str) -> None:
        """Takes the seed, any text."""
        # Chosen to be repeatable; it guards no secret.
        self._random = Random(seed)  # noqa: S311

    def happens(self, share: float) -> bool:
        """Takes a share from 0 to 1; True as often as that."""
        return self._random.random() < share

    def between(self, least: int, most: int) -> int:
        """Takes two bounds; returns a whole number from `least` to `most`, both included."""
        return least + int(self._random.random() * (most - least + 1))

    def one_of(self, choices: Sequence[T]) -> T:
        """Takes choices; returns one, all equally likely. IndexError where there is none."""
        return choices[int(self._random.random() * len(choices))]

    def weighted(self, shares: Mapping[T, float]) -> T:
        """Takes choices with their weights, in a fixed order; returns one of them."""
        left = self._random.random() * sum(shares.values())
        for choice, share in shares.items():
            left -= share
            if left < 0:
                return choice
        return next(reversed(list(shares)))

    def count(self, mean: float) -> int:
        """Takes a mean; returns how many independent events there were (Poisson)."""
        limit, product, events = math.exp(-mean), self._random.random(), 0
        while product > limit:
            product *= self._random.random()
            events += 1
        return events

    def delay(self, mean: timedelta) -> timedelta:
        """Takes a mean; returns a length of time in whole minutes, short ones the most often
        (exponential)."""
        minutes = -math.log(1 - self._random.random()) * mean.total_seconds() / 60
        return timedelta(minutes=int(minutes))

    def moment(self, day: datetime, earliest: int = 2, latest: int = 23) -> datetime:
        """Takes a day and hours; returns a minute of it from `earliest`:00 to `latest`:59.

        Never between one and two o'clock in London: that hour is missing or comes twice on the
        days the clocks change, and then no sender could say which it means.
        """
        return datetime.combine(
            day.date(), time(self.between(earliest, latest), self.between(0, 59))
        )

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """Takes items; returns them in another order, each as likely as any."""
        keyed = [(self._random.random(), number) for number in range(len(items))]
        return [items[number] for _, number in sorted(keyed)]
