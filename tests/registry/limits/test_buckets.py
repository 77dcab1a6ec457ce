"""Token buckets: never more than the rate allows, and never less."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from registry.limits.buckets import NAMES, SECONDS_AT_ONCE, Buckets, Rate


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@given(
    st.integers(1, 50),
    st.lists(st.tuples(st.floats(0, 3), st.integers(1, 40)), min_size=1, max_size=30),
)
def test_no_more_than_the_rate_and_what_may_come_at_once(
    rate: int, asked: list[tuple[float, int]]
) -> None:
    clock = Clock()
    buckets = Buckets(Rate(rate), clock)
    admitted = 0
    for pause, count in asked:
        clock.now += pause
        admitted += sum(buckets.take("a") == 0 for _ in range(count))
        assert admitted <= rate * (SECONDS_AT_ONCE + clock.now) + 1e-6
    # Who stays within what may come at once is never refused.
    if sum(count for _, count in asked) <= rate * SECONDS_AT_ONCE:
        assert admitted == sum(count for _, count in asked)


@given(st.integers(1, 50))
def test_the_wait_is_as_long_as_it_says(rate: int) -> None:
    clock = Clock()
    buckets = Buckets(Rate(rate), clock)
    while not (wait := buckets.take("a")):
        pass
    assert 0 < wait <= 1 / rate + 1e-9
    clock.now += wait * 0.9
    assert buckets.take("a") > 0
    clock.now += wait * 0.1 + 1e-6
    assert buckets.take("a") == 0


def test_each_name_has_its_own() -> None:
    buckets = Buckets(Rate(1), Clock())
    while not buckets.take("a"):
        pass
    assert buckets.take("b") == 0


def test_no_rate_is_no_limit() -> None:
    buckets = Buckets(Rate(0), Clock())
    assert not any(buckets.take("a") for _ in range(1000))


def test_what_is_remembered_does_not_grow_for_ever() -> None:
    buckets = Buckets(Rate(1), Clock())
    for number in range(NAMES * 2):
        buckets.take(str(number))
    assert len(buckets) == NAMES
