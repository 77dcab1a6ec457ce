"""Whom an event is for, its number there, and what follows when it cannot be delivered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from registry.subscriptions.filters import Filter
from registry.subscriptions.matching import Happened, Subscriber, concerns, numbered
from registry.subscriptions.progress import (
    LONGEST_WAIT,
    Progress,
    Status,
    is_given_up,
    next_step,
    wait,
)
from registry.subscriptions.terms import Terms
from registry.subscriptions.topics import TOPICS, Event

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ORGANISATIONS = st.sampled_from(["RT1", "RT2", "P1"])
MOMENTS = st.integers(-3, 3).map(lambda hours: NOW + timedelta(hours=hours))
TOPIC = st.sampled_from(["review-proposed", "review-completed"])

EVENTS = st.lists(
    st.builds(
        Event,
        TOPIC,
        st.just("Task"),
        st.sampled_from(["a", "b", "c"]),
        st.integers(1, 5),
        st.sampled_from([("s|x",), ("s|y",)]),
        ORGANISATIONS,
        st.none() | st.lists(ORGANISATIONS, max_size=2).map(tuple),
    ),
    max_size=12,
)
FILTERS = st.lists(
    st.builds(Filter, st.just("code"), st.sampled_from([frozenset({"x"}), frozenset({"s|y"})]))
    | st.builds(Filter, st.just("owner"), st.frozensets(ORGANISATIONS, min_size=1)),
    max_size=2,
).map(tuple)
TERMS = st.builds(
    Terms,
    TOPIC.map(lambda code: TOPICS[code]),
    st.just("rest-hook"),
    st.just("https://x"),
    filters=FILTERS,
)
SEEN = st.frozensets(st.tuples(ORGANISATIONS, st.just("Task"), st.sampled_from(["a", "b", "c"])))


@st.composite
def subscribers(draw: st.DrawFn) -> list[Subscriber]:
    some = draw(
        st.lists(
            st.tuples(
                ORGANISATIONS,
                st.sampled_from(["provider", "gp", "national"]),
                TERMS,
                MOMENTS,
                st.integers(0, 9),
            ),
            max_size=4,
        )
    )
    return [Subscriber(str(at), *one) for at, one in enumerate(some)]


@st.composite
def happenings(draw: st.DrawFn) -> list[Happened]:
    return [Happened(at, draw(MOMENTS), event) for at, event in enumerate(draw(EVENTS), start=1)]


@given(happenings(), subscribers(), SEEN)
def test_each_has_its_events_in_order_and_numbers_without_gaps(
    happened: list[Happened], subscribed: list[Subscriber], seen: frozenset[tuple[str, str, str]]
) -> None:
    found = numbered(happened, subscribed, seen)
    for one in subscribed:
        mine = [n for n in found if n.subscription_id == one.subscription_id]
        assert [n.number for n in mine] == list(range(one.events + 1, one.events + len(mine) + 1))
        wanted = [h.event_id for h in happened if concerns(h, one, seen)]
        assert [n.event_id for n in mine] == wanted


@given(happenings(), subscribers(), SEEN, st.integers(0, 12))
def test_it_makes_no_difference_where_a_batch_ends(
    happened: list[Happened],
    subscribed: list[Subscriber],
    seen: frozenset[tuple[str, str, str]],
    at: int,
) -> None:
    whole = numbered(happened, subscribed, seen)
    first = numbered(happened[:at], subscribed, seen)
    had = {one.subscription_id: one.number for one in first}
    later = [
        Subscriber(s.subscription_id, s.organisation, s.role, s.terms, s.since,
                   had.get(s.subscription_id, s.events))
        for s in subscribed
    ]  # fmt: skip
    assert [*first, *numbered(happened[at:], later, seen)] == whole


@given(happenings(), subscribers(), SEEN)
def test_nobody_is_told_of_what_is_not_theirs_to_see(
    happened: list[Happened], subscribed: list[Subscriber], seen: frozenset[tuple[str, str, str]]
) -> None:
    by_id = {one.subscription_id: one for one in subscribed}
    events = {one.event_id: one for one in happened}
    for one in numbered(happened, subscribed, seen):
        subscriber, what = by_id[one.subscription_id], events[one.event_id]
        assert (subscriber.organisation, "Task", what.event.focus_id) in seen
        assert subscriber.role != "national"
        assert what.at >= subscriber.since
        for_whom = what.event.organisations
        assert for_whom is None or subscriber.organisation in for_whom


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True), st.none() | st.floats(0, 1e9))
def test_it_waits_longer_each_time_and_never_too_long(
    failures: int, jitter: float, asked: float | None
) -> None:
    first, again = wait(failures, jitter, asked), wait(failures + 1, jitter, asked)
    assert timedelta(seconds=1) <= first <= again <= timedelta(seconds=LONGEST_WAIT)
    if asked is not None:
        assert first >= timedelta(seconds=min(asked, LONGEST_WAIT))


STATUSES: st.SearchStrategy[Status] = st.sampled_from(["requested", "active", "error", "off"])


@given(
    STATUSES, MOMENTS, st.integers(0, 3), st.integers(0, 3), st.none() | MOMENTS,
    st.none() | st.integers(10, 7200), st.none() | MOMENTS,
)  # fmt: skip
def test_what_comes_next(
    status: Status, next_at: datetime, events: int, delivered: int, contacted_at: datetime | None,
    heartbeat: int | None, ends_at: datetime | None,
) -> None:  # fmt: skip
    delivered = min(events, delivered)
    progress = Progress(
        status, next_at, events, delivered, contacted_at=contacted_at, heartbeat=heartbeat,
        ends_at=ends_at,
    )  # fmt: skip
    step = next_step(progress, NOW)
    is_over = ends_at is not None and ends_at <= NOW
    if status == "off":
        assert step is None
    elif is_over:
        assert step == "end"
    elif status == "error" or next_at > NOW:
        assert step is None
    elif status == "requested":
        assert step == "handshake"
    elif events > delivered:
        assert step == "events"
    else:
        assert step in (None, "heartbeat")
        assert step is None or heartbeat is not None


def test_a_handshake_is_tried_once_and_the_rest_for_a_day() -> None:
    day = timedelta(hours=24)
    assert is_given_up("handshake", NOW, NOW, day)
    assert not is_given_up("events", NOW, NOW + timedelta(hours=23), day)
    assert is_given_up("events", NOW, NOW + day, day)
    assert is_given_up("heartbeat", NOW, NOW + day, day)
