"""Counts of values, and which of them may be shown: a value that could be about one person is only
counted."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Container

PEOPLE = 3
"""A value that so many people have says nothing about one of them."""

_SHORT = 2
_LONGEST = 24
_MANY_DIGITS = re.compile(r"(?:\D*\d){5}")
"""As many as a telephone number, a date, or an identifier of a person has."""


class Tally:
    """How often each value occurs, and for how many people.

    `public` are values that our own tables know: they name no one.
    """

    def __init__(self, public: Container[str] = ()) -> None:
        self._public = public
        self._counts: Counter[str] = Counter()
        self._people: dict[str, set[str]] = {}

    def __bool__(self) -> bool:
        return bool(self._counts)

    @property
    def total(self) -> int:
        """How many values were counted."""
        return self._counts.total()

    def add(self, value: str, person: str) -> None:
        """Takes a value and whose message it is in."""
        self._counts[value] += 1
        people = self._people.setdefault(value, set())
        if len(people) < PEOPLE:
            people.add(person)

    def shown(self) -> list[tuple[str, int]]:
        """Returns the values that may be shown with their counts, the most frequent first."""
        by_count = sorted(self._counts.items(), key=lambda item: (-item[1], item[0]))
        return [(value, count) for value, count in by_count if self._may_show(value)]

    def lines(self) -> list[str]:
        """Returns a line for each value that may be shown, and one for all others."""
        shown = self.shown()
        lines = [f"  {quoted(value)}: {times(count)}" for value, count in shown]
        if hidden := len(self._counts) - len(shown):
            rest = self.total - sum(count for _, count in shown)
            lines.append(f"  {hidden} others, {times(rest)}: not shown, they may name someone")
        return lines

    def _may_show(self, value: str) -> bool:
        if value in self._public or len(value) <= _SHORT:
            return True
        is_common = len(self._people[value]) >= PEOPLE
        return is_common and len(value) <= _LONGEST and not _MANY_DIGITS.match(value)


def quoted(value: str) -> str:
    """Takes a value; returns it as YAML and JSON quote it, on one line."""
    return json.dumps(value)


def times(count: int) -> str:
    """Takes a count; returns it in words."""
    return "once" if count == 1 else f"{count} times"
