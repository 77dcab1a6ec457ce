"""What the worklist's addresses ask for, its rows, and its lines for a spreadsheet."""

from __future__ import annotations

import csv
from datetime import date
from io import StringIO
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance import canonical
from console.worklist import filters, worklist_csv
from console.worklist.rows import Row, rows
from registry.core.reviews import State
from registry.rules.reading import national

KNOWN = filters.filters(national())
TODAY = date(2026, 11, 21)
FLAGGED = "patient._has:Flag:patient:code"
settings = st.fixed_dictionaries(
    {}, optional={one.name: st.sampled_from([c.value for c in one.choices]) for one in KNOWN}
)


def parameters(**said: str) -> list[tuple[str, str]]:
    return filters.search(filters.asked(KNOWN, said), "RT1", TODAY, 50)


@given(settings)
def test_what_is_chosen_stands_in_the_address_and_comes_back_from_it(said: dict[str, str]) -> None:
    asked = filters.asked(KNOWN, said)
    assert asked.ignored == ()
    for one in KNOWN:
        assert asked.value(one) == said.get(one.name, one.unset)
    assert filters.asked(KNOWN, dict(parse_qsl(asked.query))) == asked


@given(st.dictionaries(st.text(max_size=12), st.text(max_size=40), max_size=5))
def test_what_no_filter_knows_never_reaches_the_record_or_a_link(said: dict[str, str]) -> None:
    asked = filters.asked(KNOWN, said)
    words = {choice.value for one in KNOWN for choice in one.choices}
    assert {value for _, value in asked.chosen} <= words
    known = {name for name, _ in filters.search(asked, "RT1", TODAY, 50)}
    assert known <= {
        "code", "status", "business-status", "necessity", "criterion", "owner", "owner:not",
        "owner:missing", "due", "patient._has:Flag:patient:code", "_sort", "_count", "_include",
    }  # fmt: skip


def test_a_value_that_is_not_known_is_left_aside_and_named() -> None:
    asked = filters.asked(KNOWN, {"state": "gone", "name": "Ada", "route": "leder"})
    assert asked.chosen == (("route", "leder"),)
    assert asked.ignored == ("Where it stands", "a filter that this page does not have")


def test_without_filters_what_is_open_is_asked_for_and_no_question() -> None:
    assert parameters() == [
        ("code", f"{canonical.REVIEW_ROUTE}|"),
        ("status", "requested,accepted,in-progress,on-hold"),
        ("_sort", "due,_id"),
        ("_count", "50"),
        ("_include", "Task:patient"),
    ]


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ({"lead": "us"}, {("owner", "Organization/RT1")}),
        ({"lead": "others"}, {("owner:missing", "false"), ("owner:not", "Organization/RT1")}),
        ({"lead": "nobody"}, {("owner:missing", "true")}),
        ({"due": "overdue"}, {("due", "lt2026-11-21")}),
        ({"due": "soon"}, {("due", "ge2026-11-21"), ("due", "le2026-12-05")}),
        ({"reason": "learning-disability"}, {("criterion", "learning-disability")}),
        ({"state": "on-hold"}, {("business-status", f"{canonical.REVIEW_STATE}|on-hold")}),
        ({"flag": "autism"}, {(FLAGGED, f"{canonical.FLAG_CODE}|autism")}),
        (
            {"flag": "either"},
            {
                (
                    FLAGGED,
                    f"{canonical.FLAG_CODE}|learning-disability,"
                    f"{canonical.FLAG_CODE}|severe-mental-illness",
                )
            },
        ),
        ({"order": "changed"}, {("_sort", "-_lastUpdated")}),
    ],
)
def test_each_filter_asks_for_what_it_says(
    said: dict[str, str], wanted: set[tuple[str, str]]
) -> None:
    assert wanted <= set(parameters(**said))


def test_every_state_of_a_review_can_be_chosen() -> None:
    (state,) = [one for one in KNOWN if one.name == "state"]
    assert {choice.value for choice in state.choices} == {filters.OPEN, "any", *State}


def task(**more: object) -> dict[str, object]:
    owner = {"identifier": {"value": "RT1"}, "display": "Trust One"}
    return {
        "resourceType": "Task",
        "id": "t1",
        "for": {"reference": "Patient/p1"},
        "code": {"text": "Case record review"},
        "businessStatus": {"text": "Lead proposed"},
        "owner": owner,
        **more,
    }


def test_a_row_says_how_long_it_is_overdue_and_whose_it_is() -> None:
    late = task(restriction={"period": {"end": "2026-11-18"}})
    led = task(executionPeriod={"start": "2026-11-18T09:00:00+00:00"}, owner={})
    one, other = rows([late, led], "RT1", TODAY)
    assert (one.days_over, one.is_ours, one.is_proposed) == (3, True, True)
    assert (other.days_over, other.is_ours, other.lead, other.due) == (None, False, "", None)
    (today,) = rows([task(restriction={"period": {"end": "2026-11-21"}})], "RT2", TODAY)
    assert (today.days_over, today.is_ours) == (None, False)


def test_a_person_of_whom_little_is_known_still_has_a_row() -> None:
    (row,) = rows([{"resourceType": "Task", "id": "t1"}], "RT1", TODAY)
    assert (row.name, row.nhs_number, row.died, row.kind) == ("", "", "", "")


@given(st.text(max_size=30), st.text(max_size=30))
def test_no_cell_is_a_formula_and_none_is_lost(name: str, lead: str) -> None:
    row = Row("t", "p", "c", name, "", "", "k", "s", "", (), lead, "", False, False, None, None)
    text = worklist_csv.header() + worklist_csv.lines([row])
    _, cells = list(csv.reader(StringIO(text.removeprefix("\ufeff"), newline="")))
    by_name = dict(zip(worklist_csv.HEADER, cells, strict=True))
    for written, cell in ((name, by_name["name"]), (lead, by_name["lead"])):
        assert cell in (written, f"'{written}")
        assert not cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
