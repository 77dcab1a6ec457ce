"""What the pages of a feed are made of: marked segments, the picture of its hours, its state."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.feeds import Feed, Waiting
from console.feeds.hours_svg import HOURS, hours, svg
from console.feeds.segments import lines
from console.feeds.status import seconds, status, waiting

NOW = datetime(2026, 11, 21, 14, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)
TEXT = "MSH|^~\\&|PAS|RT1\nPID|1||A\nNK1|1|X\nPID|2||B|C"


@pytest.mark.parametrize(
    ("location", "number", "field"),
    [
        ("PID[1]-3", 2, "A"),
        ("PID-3", 2, "A"),
        ("PID[2]-4", 4, "C"),
        ("PID", 2, None),
        ("MSH-4", 1, "RT1"),
        ("PID[1]-2", 2, ""),
        ("MSH[1]-1", 1, None),
        ("PID[1]-30", 2, None),
    ],
)
def test_the_place_of_the_fault_is_marked(location: str, number: int, field: str | None) -> None:
    (marked,) = [one for one in lines(TEXT, location) if one.is_marked]
    assert (marked.number, marked.field) == (number, field)


@pytest.mark.parametrize("location", ["", "PV1[1]-36", "PID[3]-1", "nonsense", "PID[1]-0x"])
def test_where_the_place_is_not_there_nothing_is_marked(location: str) -> None:
    assert not any(one.is_marked for one in lines(TEXT, location))


@given(st.text(max_size=80), st.sampled_from(["", "PID[1]-3", "MSH-9", "MSH-1", "PID", "ZZZ[9]-9"]))
def test_marking_changes_no_text(text: str, location: str) -> None:
    assert "\n".join(one.text for one in lines(text, location)) == text


@given(
    st.dictionaries(st.integers(0, 60), st.integers(1, 10**9)),
    st.text(max_size=20),
)
def test_the_picture_is_well_formed_and_has_a_bar_for_each_hour_with_messages(
    back: dict[int, int], title: str
) -> None:
    start = NOW.replace(minute=0)
    shown = hours({start - HOUR * n: count for n, count in back.items()}, NOW)
    assert len(shown) == HOURS
    assert shown[-1].start == start
    title = "".join(one for one in title if one.isprintable())
    root = ET.fromstring(svg(shown, title))
    bars = [one for one in root if one.tag == "rect"]
    assert len(bars) == sum(1 for n in back if n < HOURS)
    assert all(0 < float(bar.attrib["height"]) <= 54 for bar in bars)
    assert root.attrib["aria-label"] == title


def feed(by_hour: dict[datetime, int], last: datetime | None) -> Feed:
    none = Waiting()
    first = min(by_hour, default=None)
    return Feed("RT1", first, last, by_hour, {}, none, none, none, None)


def every_hour(weeks: int, until: datetime) -> dict[datetime, int]:
    return {until - HOUR * n: 2 for n in range(1, weeks * 168)}


def test_a_state_says_how_it_was_judged() -> None:
    noon = NOW.replace(hour=12, minute=0)
    last = noon - timedelta(minutes=1)
    busy = every_hour(5, noon)
    silent = status(feed(busy, last), NOW)
    assert silent.kind == "silent"
    assert silent.why == (
        "Nothing came for 2 whole hours. In the same hours of each of the last 4 weeks, "
        "4 messages came."
    )
    gap = {hour: count for hour, count in busy.items() if hour.day != 14}
    quiet = status(feed(gap, last), NOW)
    assert quiet.kind == "quiet"
    assert quiet.why.endswith("nothing came in 1 of the last 4 weeks either.")
    assert status(feed(busy, NOW - HOUR / 2), NOW).kind == "sending"
    assert status(feed(every_hour(1, noon), last), NOW).kind == "not-known"
    assert status(feed({}, None), NOW).kind == "nothing-yet"


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.2, "less than a second"), (1, "1 second"), (90, "90 seconds"), (600, "10 minutes"),
     (86_400, "24 hours")],
)  # fmt: skip
def test_durations_are_said_as_people_say_them(value: float, words: str) -> None:
    assert seconds(value) == words


def test_what_waits_says_since_when() -> None:
    assert waiting(Waiting(), NOW) == "None"
    assert waiting(Waiting(3, NOW - timedelta(minutes=10)), NOW) == "3, the oldest for 10 minutes"
