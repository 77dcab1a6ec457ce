"""The timeline: what is drawn lies in it, and the table says the same in order."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from conformance import canonical
from console.case.timeline import DRAWN_BEFORE, Happened, Timeline, timeline
from console.case.timeline_svg import HEIGHT_OF_LANE, WIDTH, drawn

Resource = dict[str, Any]
TODAY = date(2026, 11, 21)
DAYS = st.dates(date(2025, 1, 1), TODAY)
PARTIAL = st.one_of(
    DAYS.map(date.isoformat), DAYS.map(lambda d: f"{d:%Y-%m}"),
    DAYS.map(lambda d: f"{d.isoformat()}T10:00:00+00:00"),
)  # fmt: skip


def happened(**said: Any) -> Happened:
    empty: dict[str, Any] = {name: [] for name in Happened.__slots__}
    values: dict[str, Any] = {**empty, "today": TODAY, **said}
    return Happened(**values)


def died(on: str) -> Resource:
    return {"effectiveDateTime": on, "performer": [{"display": "Trust One"}]}


def stay(start: str | None, end: str | None, provider: str = "Trust One") -> Resource:
    period = {name: text for name, text in (("start", start), ("end", end)) if text}
    return {"period": period, "serviceProvider": {"display": provider}}


def decided(step: str, on: str, review: str = "r1") -> Resource:
    return {
        "recorded": f"{on}T12:00:00+00:00",
        "activity": {"coding": [{"system": canonical.REVIEW_STEP, "code": step}]},
        "target": [{"reference": f"Task/{review}"}],
        "agent": [{"who": {"display": "Robin"}, "onBehalfOf": {"display": "Trust One"}}],
    }


def review(status: str = "accepted") -> Resource:
    return {
        "id": "r1", "status": status, "lastModified": "2026-11-20T12:00:00+00:00",
        "code": {"text": "Case record review"},
    }  # fmt: skip


@st.composite
def histories(draw: st.DrawFn) -> Happened:
    stays = draw(
        st.lists(
            st.builds(stay, st.none() | PARTIAL, st.none() | PARTIAL, st.sampled_from("AB")),
            max_size=5,
        )
    )
    steps = st.sampled_from(["accept", "complete", "reopen", "hold", "close", "offer"])
    decisions = draw(
        st.lists(
            st.builds(decided, steps, DAYS.map(date.isoformat)),
            max_size=6,
            unique_by=lambda one: one["recorded"],
        )
    )
    deaths = draw(st.lists(PARTIAL.map(died), max_size=1))
    state = draw(st.sampled_from(["accepted", "completed", "entered-in-error"]))
    return happened(deaths=deaths, stays=stays, reviews=[review(state)], decisions=decisions)


@given(histories())
def test_all_that_is_drawn_lies_between_its_ends(of: Happened) -> None:
    line = timeline(of)
    assert [e.on for e in line.entries] == sorted(e.on for e in line.entries)
    for lane in line.lanes:
        assert lane.bars or lane.marks
        for bar in lane.bars:
            assert line.first <= bar.first <= bar.last <= line.last
        for mark in lane.marks:
            assert line.first <= mark.on <= line.last
    if line.is_drawn:
        assert_inside(line)


def assert_inside(line: Timeline) -> None:
    svg = ElementTree.fromstring(str(drawn(line)))
    for rect in svg.iter("{http://www.w3.org/2000/svg}rect"):
        left, width = float(rect.attrib["x"]), float(rect.attrib["width"])
        assert left >= 0 and left + width <= WIDTH
    height = float(svg.attrib["viewBox"].split()[3])
    assert height > HEIGHT_OF_LANE * len(line.lanes)


@given(histories())
def test_the_order_in_which_things_are_given_changes_nothing(of: Happened) -> None:
    turned = happened(
        deaths=of.deaths, stays=list(of.stays)[::-1], reviews=of.reviews,
        decisions=list(of.decisions)[::-1],
    )  # fmt: skip
    assert {e.what for e in timeline(turned).entries} == {e.what for e in timeline(of).entries}
    assert (timeline(turned).first, timeline(turned).last) == (
        timeline(of).first, timeline(of).last,
    )  # fmt: skip


def test_days_from_leaving_to_the_death_are_told_in_picture_and_table() -> None:
    line = timeline(happened(deaths=[died("2026-11-11")],
                             stays=[stay("2026-10-20", "2026-10-30T15:00:00+00:00")]))  # fmt: skip
    assert line.lanes[0].bars[0].note == "12 days"
    assert "Stay ended, 12 days before the death" in [e.what for e in line.entries]
    assert ">12 days</text>" in drawn(line)


def test_a_month_is_no_day() -> None:
    line = timeline(happened(deaths=[died("2026-11")], stays=[stay("2026-10-20", "2026-10-30")]))
    assert line.lanes[0].bars[0].note == ""
    assert [e.when for e in line.entries][-1] == "November 2026"


def test_an_open_stay_lasts_until_the_death() -> None:
    (bar,) = (
        timeline(happened(deaths=[died("2026-11-11")], stays=[stay("2026-10-20", None)]))
        .lanes[0]
        .bars
    )
    assert (bar.last, bar.is_open) == (date(2026, 11, 11), True)


def test_who_led_from_when_to_when() -> None:
    decisions = [
        decided("accept", "2026-11-01"), decided("offer", "2026-11-03"),
        decided("accept", "2026-11-05"), decided("complete", "2026-11-09"),
    ]  # fmt: skip
    line = timeline(happened(reviews=[review("completed")], decisions=decisions))
    (lane,) = line.lanes
    assert [(b.first.day, b.last.day) for b in lane.bars] == [(1, 5), (5, 9)]
    assert [m.on.day for m in lane.marks] == [3]


def test_what_is_long_past_is_told_and_not_drawn() -> None:
    long_ago = date(2026, 11, 11) - DRAWN_BEFORE - timedelta(days=30)
    old = stay(long_ago.isoformat(), long_ago.isoformat())
    line = timeline(happened(deaths=[died("2026-11-11")], stays=[old]))
    assert [lane.label for lane in line.lanes] == ["Died"]
    assert len(line.entries) == 3


def test_a_flag_stands_where_its_evidence_was_recorded_else_where_it_was_told() -> None:
    flag = {"id": "f1", "code": {"text": "Learning disability"},
            "extension": [{"valueReference": {"reference": "Condition/c1"}}]}  # fmt: skip
    dated = {"id": "c1", "recordedDate": "2026-10-01", "code": {"text": "Learning disability: F72"}}
    message = {"recorded": "2026-10-19T15:00:00+01:00", "target": [{"reference": "Flag/f1"}]}
    told = timeline(happened(flags=[flag], conditions=[{"id": "c1"}], messages=[message]))
    assert [(e.when, e.what) for e in told.entries] == [
        ("19 October 2026", "Recorded: Learning disability")
    ]
    said = timeline(happened(flags=[flag], conditions=[dated], messages=[message]))
    assert [(e.when, e.what) for e in said.entries] == [
        ("1 October 2026", "Recorded: Learning disability: F72")
    ]


def test_names_are_escaped() -> None:
    line = timeline(happened(stays=[stay("2026-10-20", "2026-10-30", "<b>&")]))
    assert "&lt;b&gt;&amp;" in drawn(line)
