"""Disclosure control: what the public may see of a number of people, and what it may conclude.

The rule is that of Hospital Episode Statistics below national level (September 2018): 1 to 7 is
not shown, 0 is, the rest is rounded to the nearest 5, totals from their true value.

Against differencing, a total is not shown either where it would leave only one value from 1 to 7
for itself, for one of its parts, or for those in the whole who are not in the part. Which totals
that concerns is decided from what is shown of the parts alone, never from true values, so that a
total's absence tells no more than its parts do (simulatable auditing: Kenthapadi, Mishra and Nissim
2005). The same holds against comparing a publication with an earlier one, between which numbers
only grow. What this covers, and what it does not: docs/returns.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from registry.returns.count import SUPPRESSED, Count, Precision

SMALL = frozenset(range(1, 8))
BASE = 5

# The numbers in the whole and in the part that may hide behind what is shown of both.
Pairs = frozenset[tuple[int, int]]
Values = frozenset[int]


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown of a number, and the values that are then `possible` to a reader who knows
    these rules."""

    count: Count
    possible: Values


@dataclass(frozen=True, slots=True)
class Table:
    """What is shown of a group's parts, in order, and of the group."""

    parts: tuple[Shown, ...]
    total: Shown


def rounded(number: int) -> int:
    """Takes a number; returns the nearest multiple of 5."""
    return (number + BASE // 2) // BASE * BASE


def part(number: int) -> Shown:
    """Takes a number of people; returns what is shown of it by itself."""
    if number in SMALL:
        return Shown(SUPPRESSED, SMALL)
    label = rounded(number)
    nearest = range(label - BASE // 2, label + BASE // 2 + 1)
    possible = {0} if number == 0 else {n for n in nearest if n not in SMALL}
    return Shown(Count(label, Precision.ROUNDED), frozenset(possible))


def table(
    number: int,
    parts: Sequence[Shown],
    whole: Table | None = None,
    earlier: Sequence[Table] = (),
) -> Table:
    """Takes the true number of people in a group, what is shown of its parts, the table of those to
    whom the group belongs, part by part, and the tables that were published of the group before;
    returns what is shown of parts and group.

    ValueError where the group cannot be the sum of what is shown.
    """
    if whole is None:
        pairs = [frozenset((n, n) for n in shown.possible) for shown in parts]
        learnt = _learnt(tuple(pairs), None)
    else:
        pairs = [_pairs(w, n) for w, n in zip(whole.parts, parts, strict=True)]
        learnt = _learnt(tuple(pairs), whole.total.possible)
    hidden = _hidden(tuple(pairs), None if whole is None else whole.total.possible)
    for before in earlier:
        # Whatever hides more tells no more: behind one sign there are then more values.
        grown = [_grown(b, n) for b, n in zip(before.parts, parts, strict=True)]
        hidden |= _hidden(tuple(grown), before.total.possible)
    label = _label(number)
    is_hidden = label is None or label in hidden
    # What the reader sees stands for this number alone, or for all that are hidden.
    alike = {None, *hidden} if is_hidden else {label}
    possible = frozenset[int]().union(*(learnt[one].totals for one in alike if one in learnt))
    if number not in possible:
        raise ValueError("the group is not the sum of its parts")
    count = SUPPRESSED if is_hidden else Count(label, Precision.ROUNDED)
    return Table(tuple(parts), Shown(count, possible))


def _label(number: int) -> int | None:
    return None if number in SMALL else rounded(number)


def _pairs(whole: Shown, shown: Shown) -> Pairs:
    return frozenset((w, n) for w in whole.possible for n in shown.possible if n <= w)


def _grown(before: Shown, now: Shown) -> Pairs:
    """The numbers that may hide behind an earlier publication and this one."""
    return frozenset((b, n) for b in before.possible for n in now.possible if b <= n)


@lru_cache(maxsize=4096)
def _hidden(parts: tuple[Pairs, ...], wholes: Values | None) -> frozenset[int | None]:
    """The rounded totals that are not shown; None stands for a total from 1 to 7."""
    learnt = _learnt(parts, wholes)
    shown = sorted(label for label in learnt if label is not None)
    hidden = {label for label in learnt if label is None or _gives_away([learnt[label]])}
    shown = [label for label in shown if label not in hidden]
    while hidden and shown and _gives_away([learnt[label] for label in hidden]):
        # Something more must hide behind the same sign, or the sign gives the number away.
        hidden.add(shown.pop(0))
    return frozenset(hidden)


@dataclass(frozen=True, slots=True)
class _Learnt:
    """What a reader learns from one thing shown: the totals that are left, and the values that are
    left for each number that must not be given away."""

    totals: Values
    left: Mapping[object, Values]


@lru_cache(maxsize=4096)
def _learnt(parts: tuple[Pairs, ...], wholes: Values | None) -> Mapping[int | None, _Learnt]:
    left: dict[int | None, dict[object, set[int]]] = defaultdict(lambda: defaultdict(set))
    for index, pairs in enumerate(parts):
        others = _sums((*parts[:index], *parts[index + 1 :]))
        for other_whole, other in others:
            for whole, number in pairs:
                every, every_whole = other + number, other_whole + whole
                if wholes is not None and every_whole not in wholes:
                    continue
                seen = left[_label(every)]
                seen["total"].add(every)
                seen["total of wholes"].add(every_whole)
                seen["total of others"].add(abs(every_whole - every))
                seen[index, "part"].add(number)
                seen[index, "whole"].add(whole)
                seen[index, "others"].add(abs(whole - number))
    return {
        label: _Learnt(frozenset(seen["total"]), {k: frozenset(v) for k, v in seen.items()})
        for label, seen in left.items()
    }


def _gives_away(learnt: Sequence[_Learnt]) -> bool:
    """True where, of any number, only one value from 1 to 7 is left."""
    numbers = {number for one in learnt for number in one.left}
    return any(
        len(left) == 1 and left <= SMALL
        for left in (
            frozenset[int]().union(*(one.left.get(number, ()) for one in learnt))
            for number in numbers
        )
    )


def _sums(parts: Iterable[Pairs]) -> Pairs:
    sums: Pairs = frozenset({(0, 0)})
    for pairs in parts:
        sums = frozenset((a + w, b + n) for a, b in sums for w, n in pairs)
    return sums
