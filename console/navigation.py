"""The places of the console that its header leads to: one table, in the order of the header."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from registry.access.roles import Role

Area = Literal["today", "find", "worklist", "cohorts", "returns", "feeds"]


@dataclass(frozen=True, slots=True)
class Way:
    """A link of the header: the part of the console it leads to, its address and text, the roles
    that it is of use to (None: all), and whether it is for those who look after the feed alone."""

    area: Area
    path: str
    text: str
    roles: Collection[Role] | None = None
    is_for_integration: bool = False


NAVIGATION = (
    Way("today", "/", "Today"),
    Way("find", "/find", "Find a person"),
    Way("worklist", "/worklist", "Worklist"),
    Way("cohorts", "/cohorts", "Cohorts"),
    Way("returns", "/returns", "Returns"),
    Way("feeds", "/feeds", "Feeds", is_for_integration=True),
)


FEEDS_ALONE: frozenset[Area] = frozenset({"feeds"})
"""What a console has that stands beside an adapter, with the registry elsewhere."""


def ways_for(
    role: Role, *, integration: bool = False, areas: Collection[Area] | None = None
) -> tuple[Way, ...]:
    """Takes the role that a session's person acts in, whether they look after their organisation's
    feed, and the parts that this console has (None: all); returns the links their header has."""
    return tuple(
        way
        for way in NAVIGATION
        if (way.roles is None or role in way.roles)
        and (integration or not way.is_for_integration)
        and (areas is None or way.area in areas)
    )
