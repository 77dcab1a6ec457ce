"""The chain: whatever is done to a row, or to the order of rows, breaks it there."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.audit.chain import (
    Anchor,
    Row,
    Seal,
    UnreadableAnchor,
    beginning,
    breaks,
    link,
    month_of,
    read_anchors,
)
from tests.registry.audit.acting import AT

MONTH = date(2026, 11, 1)
Linked = list[tuple[Seal, Row | None]]


def rows(count: int) -> list[Row]:
    return [
        Row(
            AT + timedelta(seconds=n), n * 3, f"id-{n}", "RT1", None, None, ("icb",), f'{{"n":{n}}}'
        )
        for n in range(1, count + 1)
    ]


def sealed(of: list[Row]) -> Linked:
    before, chain = beginning(MONTH), Linked()
    for place, row in enumerate(of, 1):
        before = link(before, row)
        chain.append((Seal(MONTH, place, row.number, before), row))
    return chain


def found(chain: Linked) -> list[int]:
    return [one.place for one in breaks(MONTH, chain)]


@given(st.integers(0, 12))
def test_an_untouched_chain_holds(count: int) -> None:
    assert found(sealed(rows(count))) == []


CHANGES = (
    {"content": '{"n":0}'},
    {"organisation": "RT2"},
    {"organisation": None},
    {"person": "a"},
    {"audience": ()},
    {"audience": ("RT1",)},
    {"roles": ()},
    {"event_id": "other"},
    {"at": AT - timedelta(microseconds=1)},
)


@given(st.integers(1, 8), st.integers(0, 7), st.sampled_from(CHANGES))
def test_any_change_of_a_row_is_found_in_its_place(
    count: int, at: int, change: dict[str, object]
) -> None:
    chain = sealed(rows(count))
    at %= count
    seal, row = chain[at]
    assert row is not None
    chain[at] = (seal, replace(row, **change))
    assert found(chain) == [at + 1]


@given(st.integers(2, 8), st.integers(0, 7))
def test_a_removed_event_is_found(count: int, at: int) -> None:
    chain = sealed(rows(count))
    at %= count
    chain[at] = (chain[at][0], None)
    assert found(chain) == [at + 1]


@given(st.integers(2, 8), st.data())
def test_a_removed_row_is_found_where_others_follow(count: int, data: st.DataObject) -> None:
    chain = sealed(rows(count))
    at = data.draw(st.integers(0, count - 2))
    del chain[at]
    assert found(chain) == [at + 1]


@given(st.integers(2, 8), st.data())
def test_two_rows_cannot_change_places(count: int, data: st.DataObject) -> None:
    chain = sealed(rows(count))
    at = data.draw(st.integers(0, count - 2))
    (seal, row), (after, other) = chain[at], chain[at + 1]
    chain[at : at + 2] = [(seal, other), (after, row)]
    assert found(chain) == [at + 1, at + 2]


@given(st.integers(1, 8), st.data())
def test_a_chain_can_be_checked_in_parts(count: int, data: st.DataObject) -> None:
    chain = sealed(rows(count))
    cut = data.draw(st.integers(0, count))
    after = chain[cut - 1][0] if cut else None
    assert list(breaks(MONTH, chain[:cut])) + list(breaks(MONTH, chain[cut:], after)) == []


def test_chains_of_two_months_are_not_interchangeable() -> None:
    december = date(2026, 12, 1)
    assert [b.place for b in breaks(december, sealed(rows(2)))] == [1]
    assert month_of(AT) == MONTH


def test_anchors_are_read_as_they_are_printed() -> None:
    end = Anchor(MONTH, 57, bytes(range(32)))
    assert read_anchors(f"# kept in the safe\n\n{end}\n") == [end]


@pytest.mark.parametrize("line", ["2026-11 57", "2026-11 x 00", "2026-13 1 " + "0" * 64, "a b c d"])
def test_what_is_no_anchor_is_refused_by_its_line(line: str) -> None:
    with pytest.raises(UnreadableAnchor, match="line 2"):
        read_anchors(f"# \n{line}")
