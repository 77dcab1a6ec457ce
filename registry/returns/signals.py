"""Signals in a series: what chance alone would seldom do, and where."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Rule(StrEnum):
    """Why a point stands out, in words for a legend."""

    OUTSIDE_LIMITS = "outside the process limits"
    SHIFT = "part of a run on one side of the centre line"
    TREND = "part of a run of rising or of falling points"
    TWO_OF_THREE = "one of two in three points close to a process limit"


@dataclass(frozen=True, slots=True)
class Signal:
    """A rule, and the indices of the points that meet it."""

    rule: Rule
    points: tuple[int, ...]


def side(value: float, centre: float) -> int:
    """Returns 1 above the centre line, -1 below, 0 on it."""
    return (value > centre) - (value < centre)


def runs(signs: Sequence[int]) -> Iterator[tuple[int, range]]:
    """Takes signs; returns each stretch of equal ones: the sign, and the indices."""
    start = 0
    for index in range(1, len(signs) + 1):
        if index == len(signs) or signs[index] != signs[start]:
            yield signs[start], range(start, index)
            start = index
