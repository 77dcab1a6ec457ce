"""How old a standby's state is, and which standby a client reads from."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from registry.replicas.lag import REMEMBERED_SECONDS, Trail, home
from registry.replicas.marks import KEPT_SECONDS
from registry.replicas.reading import MOST_LAG_SECONDS

steps = st.lists(st.tuples(st.floats(0, 10), st.integers(0, 100)), min_size=1, max_size=40)
names = st.sets(st.text(min_size=1), max_size=5)


@given(steps, st.integers(0, 4000))
def test_a_standby_has_all_of_the_time_that_is_said(
    taken: list[tuple[float, int]], replayed: int
) -> None:
    trail, now, position = Trail(), 0.0, 0
    noted: list[tuple[float, int]] = []
    for seconds, written in taken:
        now, position = now + seconds, position + written
        trail.note(now, position)
        noted.append((now, position))
    as_of = trail.as_of(replayed)
    remembered = [(at, then) for at, then in noted if at >= now - REMEMBERED_SECONDS]
    if as_of is None:
        assert all(then > replayed for _, then in remembered)
    else:
        assert max(then for at, then in noted if at == as_of) >= 0
        assert min(then for at, then in noted if at == as_of) <= replayed
        assert all(then > replayed for at, then in noted if at > as_of)


def test_after_a_failover_the_new_primary_counts() -> None:
    trail = Trail()
    trail.note(1.0, 100)
    trail.note(2.0, 90)
    assert trail.as_of(95) == 2.0


@given(st.text(), names, names)
def test_a_client_moves_only_when_its_standby_comes_or_goes(
    client: str, before: set[str], after: set[str]
) -> None:
    first, second = home(client, before), home(client, after)
    assert (first is None) == (not before)
    if first != second:
        assert first not in after or second not in before


def test_clients_are_spread() -> None:
    homes = Counter(home(f"client-{n}", ["a:5432", "b:5432"]) for n in range(1000))
    assert min(homes.values()) > 400


def test_a_mark_is_kept_longer_than_a_standby_may_lag() -> None:
    # The clock of the look and that of the mark are of different machines.
    assert KEPT_SECONDS >= 2 * MOST_LAG_SECONDS
    assert REMEMBERED_SECONDS > MOST_LAG_SECONDS
