"""Which signing key signs, and how long one that no longer does is accepted."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey

from registry.access.key_schedule import ANNOUNCED, KEPT, SigningKey, scheduled
from registry.access.signing_keys import REFRESH
from registry.access.tokens import LIFETIME, RECHECK

KEYS = [ECKey.generate_key("P-384", auto_kid=True) for _ in range(4)]
CLOCKS = 60.0
SKETCHES = st.lists(st.integers(0, 10_000).map(float), min_size=1, max_size=4)


def keys(times: list[float]) -> list[SigningKey]:
    return [SigningKey(key, time) for key, time in zip(KEYS, times, strict=False)]


def states(times: list[float], now: float) -> list[str]:
    return [one.state for one in scheduled(keys(times), now)]


def test_one_after_the_other() -> None:
    times = [0.0, 10_000.0, 20_000.0]
    assert states(times, 9_999) == ["signing", "announced", "announced"]
    assert states(times, 10_000) == ["verifying", "signing", "announced"]
    assert states(times, 10_000 + KEPT - 1) == ["verifying", "signing", "announced"]
    assert states(times, 10_000 + KEPT) == ["expired", "signing", "announced"]
    assert states(times, 20_000) == ["expired", "verifying", "signing"]


def test_there_is_one_that_signs_though_its_time_has_not_come() -> None:
    assert states([100.0, 200.0], 0) == ["signing", "announced"]
    assert scheduled([], 0) == []


def test_the_times_cover_what_they_are_for() -> None:
    # Whoever keeps our set for the 300 seconds we say, or reads the table a minute late.
    assert ANNOUNCED >= 300 + REFRESH + CLOCKS
    # A process that has not noticed yet, its last token, and a verdict that is remembered.
    assert KEPT >= REFRESH + LIFETIME + RECHECK + CLOCKS


@given(SKETCHES, st.floats(0, 20_000))
def test_exactly_one_signs_and_order_does_not_matter(times: list[float], now: float) -> None:
    found = scheduled(keys(times), now)
    assert [one.state for one in found].count("signing") == 1
    assert scheduled(keys(times)[::-1], now) == found


@given(SKETCHES, st.floats(0, 20_000), st.floats(0, LIFETIME + REFRESH))
def test_what_a_key_signs_is_accepted_until_it_expires(
    times: list[float], now: float, later: float
) -> None:
    (signing,) = [one.key.kid for one in scheduled(keys(times), now) if one.state == "signing"]
    after = {one.key.kid: one.state for one in scheduled(keys(times), now + later)}
    assert after[signing] != "expired"
