"""Kills, one after the other, while messages come in; nobody waits for calm in between."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field

from tests.faults.area import Area
from tests.faults.reckoning import reckon, settled
from tests.faults.stories import people
from tests.faults.striking import AT_RANDOM, POINTS, Chosen, Victim
from tests.faults.undisturbed import Undisturbed

PEOPLE = 3
RECKON_EVERY = 25
# The longest is a start of everything on a machine that has other things to do.
PATIENCE = 180.0
LATEST = 0.3


@dataclass
class Done:
    """What was done: how often each was killed at each moment, and how often all was reckoned."""

    kills: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    reckonings: int = 0


class Campaign:
    """Kills in an area, by a seed that says what and when."""

    def __init__(self, area: Area, seed: int) -> None:
        self._area = area
        self._random = random.Random(seed)
        self._undisturbed = Undisturbed(area)
        self.done = Done()

    async def run(self, kills: int) -> None:
        """Takes a number; kills so often, every other time at a chosen moment, and reckons from
        time to time and at the end. AssertionError as `reckon`."""
        points: list[Chosen] = []
        for number in range(1, kills + 1):
            if number % 2:
                # Each comes up as often as any other.
                points = points or self._random.sample(POINTS, len(POINTS))
                await self.at(points.pop())
            else:
                await self.at_random(self._random.choice(AT_RANDOM))
            if number % RECKON_EVERY == 0 or number == kills:
                await self.reckon()

    async def at(self, chosen: Chosen) -> None:
        """Takes a moment; sends messages until it comes, and has it strike."""
        point = chosen.armed(self._area)
        try:
            async with asyncio.timeout(PATIENCE):
                await self._area.sender.put(people(PEOPLE))
                await point.struck.wait()
        except TimeoutError:
            raise AssertionError(f"{chosen.name} never came\n{self._area.log()}") from None
        self.done.kills[chosen.name, chosen.victim.__name__] += 1

    async def at_random(self, victim: Victim) -> None:
        """Takes whom to kill; does it a moment after messages begin to come."""
        async with asyncio.timeout(PATIENCE):
            await self._area.ready()
            await self._area.sender.put(people(PEOPLE))
            while True:
                await asyncio.sleep(self._random.uniform(0, LATEST))
                if await victim(self._area):
                    break
        self.done.kills["at random", victim.__name__] += 1

    async def reckon(self) -> None:
        """Waits for calm; AssertionError as `reckoning.reckon`."""
        await self._area.ready()
        await settled(self._area)
        await reckon(self._area, self._undisturbed)
        self.done.reckonings += 1
