"""Holds the segments of a message against a structure: which may stand, how often, where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from adapter.grammar.problem import Problem, Rule
from adapter.grammar.standard import Place

Path = tuple[int, ...]
"""The way from a group to a segment in it, as indexes of members."""


@dataclass(slots=True)
class _Open:
    """One occurrence of a group that is being read: where in it, and how often each member came."""

    group: Place
    index: int = 0
    seen: Counter[int] = field(default_factory=Counter[int])


class Order:
    """Reads the segments of one message, in turn."""

    def __init__(self, structure: Place) -> None:
        self._structure = structure
        self._names = set(_segments(structure))
        self._open = [_Open(structure)]
        self._misplaced: set[str] = set()
        self._problems: list[Problem] = []

    def read(self, segments: Sequence[tuple[str, int]]) -> list[Problem]:
        """Takes ids with their number among those of the same id; returns what is wrong."""
        for name, occurrence in segments:
            self._take(name, f"{name}[{occurrence}]")
        while self._open:
            self._close()
        return self._problems

    def _take(self, name: str, label: str) -> None:
        if name not in self._names:
            text = f"{name} has no place in {self._structure.name}"
            self._problems.append(Problem(label, Rule.UNKNOWN_SEGMENT, text))
            return
        for depth in range(len(self._open) - 1, -1, -1):
            if (path := _onward(self._open[depth], name)) is not None:
                while len(self._open) > depth + 1:
                    self._close()
                self._enter(path)
                return
        self._misplaced.add(name)
        self._problems.append(self._out_of_place(name, label))

    def _enter(self, path: Path) -> None:
        for step, index in enumerate(path):
            current = self._open[-1]
            current.index = index
            current.seen[index] += 1
            if step < len(path) - 1:
                self._open.append(_Open(current.group.members[index]))

    def _close(self) -> None:
        """Leaves a group; what it requires and did not have is missing."""
        ended = self._open.pop()
        group = ended.group
        if group.is_choice:
            return
        for index, member in enumerate(group.members):
            is_there = ended.seen[index] or self._misplaced & set(_segments(member))
            if member.least and not is_there:
                name = _first(member)
                text = f"{name} is required in {_title(group)} and missing"
                self._problems.append(Problem(name, Rule.REQUIRED, text))

    def _out_of_place(self, name: str, label: str) -> Problem:
        for current in self._open:
            for index, member in enumerate(current.group.members):
                if member.name == name and 0 < member.most <= current.seen[index]:
                    times = "once" if member.most == 1 else f"{member.most} times"
                    text = f"{name} may come only {times} here"
                    return Problem(label, Rule.CARDINALITY, text)
        before = _first(self._open[0].group.members[self._open[0].index])
        text = f"{name} is in the wrong order: {self._structure.name} has it before {before}"
        return Problem(label, Rule.ORDER, text)


def _onward(current: _Open, name: str) -> Path | None:
    """The way to the next place for a segment in a group that is open.

    A way that leaves out nothing required in the groups it enters is better than one that does.
    """
    for strictly in (True, False):
        for index in range(current.index, len(current.group.members)):
            member = current.group.members[index]
            has_room = current.seen[index] < member.most
            if has_room and (rest := _way(member, name, strictly)) is not None:
                return (index, *rest)
    return None


def _way(member: Place, name: str, strictly: bool) -> Path | None:
    if not member.members:
        return () if member.name == name else None
    for index, inner in enumerate(member.members):
        if (rest := _way(inner, name, strictly)) is not None:
            return (index, *rest)
        if strictly and inner.least and not member.is_choice:
            return None
    return None


def _segments(place: Place) -> Iterator[str]:
    if not place.members:
        yield place.name
    for member in place.members:
        yield from _segments(member)


def _first(member: Place) -> str:
    """The segment's name, or that of the first segment of a group, to name the group by."""
    return next(_segments(member))


def _title(group: Place) -> str:
    """A structure by its name; a group as the part of it that its first segment begins."""
    return group.name if group.name.count("_") < 2 else f"each group that {_first(group)} begins"


def numbered(names: Iterable[str]) -> list[tuple[str, int]]:
    """Takes segment ids; returns each with its number among those of the same id, from 1."""
    counts: Counter[str] = Counter()
    found: list[tuple[str, int]] = []
    for name in names:
        counts[name] += 1
        found.append((name, counts[name]))
    return found
