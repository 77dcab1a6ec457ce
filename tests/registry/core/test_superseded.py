"""NHS numbers that the national demographics service has replaced."""

from __future__ import annotations

from itertools import permutations

from registry.core import identity
from registry.core.statement import Identifier
from tests.registry.core.stating import (
    NUMBER,
    OTHER_NUMBER,
    T1,
    THIRD_NUMBER,
    Nation,
    Sender,
    mrn,
)
from tests.registry.core.telling import NUMBERS, owners, state

FIRST, SECOND, THIRD = OTHER_NUMBER, NUMBER, THIRD_NUMBER


def test_facts_under_the_old_number_and_the_new_are_one_persons_in_any_order() -> None:
    before = Sender(identifiers=(FIRST, mrn("A"))).discharges("2026-01-10")
    change = Nation(identifiers=(SECOND,)).supersedes(FIRST, at="2026-01-15T09:00")
    after = Sender("RT2", identifiers=(SECOND,)).reports("2026-01-20", at="2026-01-21T09:00")
    late = Sender("RT2", identifiers=(FIRST,)).discharges("2026-01-02", at="2026-02-01T09:00")
    for order in permutations((before, change, after, late)):
        found = state(*order)
        assert found.person.key == SECOND
        assert found.person.superseded == (FIRST,)
        assert FIRST in found.person.found_by
        assert found.person.conflicting_numbers == ()
        assert owners(found)["case-record-review"] == T1


def test_a_chain_ends_in_the_last_number_and_all_old_ones_find_the_person() -> None:
    told = Sender(identifiers=(FIRST,)).admits("2026-01-01")
    one = Nation(identifiers=(SECOND,)).supersedes(FIRST, at="2026-01-15T09:00")
    two = Nation(identifiers=(THIRD,)).supersedes(SECOND, at="2026-01-16T09:00")
    for order in permutations((told, one, two)):
        found = state(*order)
        assert found.person.key == THIRD
        assert found.person.superseded == tuple(sorted((FIRST, SECOND)))


def test_a_number_made_current_again_is_superseded_no_more() -> None:
    told = Sender(identifiers=(FIRST,)).admits("2026-01-01")
    change = Nation(identifiers=(SECOND,)).supersedes(FIRST, at="2026-01-15T09:00")
    back = Nation(identifiers=(FIRST,)).supersedes(SECOND, at="2026-01-16T09:00")
    for order in permutations((told, change, back)):
        found = state(*order)
        assert found.person.key == FIRST
        assert found.person.superseded == (SECOND,)


def test_a_number_that_supersedes_itself_is_current_again() -> None:
    told = Sender(identifiers=(FIRST,)).admits("2026-01-01")
    other = Sender("RT2", identifiers=(SECOND,)).admits("2026-01-02")
    change = Nation(identifiers=(SECOND,)).supersedes(FIRST, at="2026-01-15T09:00")
    back = Nation(identifiers=(FIRST,)).supersedes(FIRST, at="2026-01-16T09:00")
    for order in permutations((told, other, change, back)):
        found = identity.persons(order, NUMBERS)
        assert {person.key: person.superseded for person in found} == {FIRST: (), SECOND: ()}


def test_a_circle_of_three_ends_in_the_newest_word() -> None:
    told = Sender(identifiers=(FIRST,)).admits("2026-01-01")
    circle = (
        Nation(identifiers=(SECOND,)).supersedes(FIRST, at="2026-01-15T09:00"),
        Nation(identifiers=(THIRD,)).supersedes(SECOND, at="2026-01-16T09:00"),
        Nation(identifiers=(FIRST,)).supersedes(THIRD, at="2026-01-17T09:00"),
    )
    for order in permutations((told, *circle)):
        found = state(*order)
        assert found.person.key == FIRST
        assert found.person.superseded == tuple(sorted((SECOND, THIRD)))


def test_two_old_numbers_replaced_by_one_join_two_records() -> None:
    one = Sender(identifiers=(FIRST, mrn("A"))).discharges("2026-01-10")
    other = Sender(identifiers=(THIRD, mrn("B"))).reports("2026-01-20")
    assert len(identity.persons([one, other], NUMBERS)) == 2
    change = Nation(identifiers=(SECOND,)).supersedes(FIRST, THIRD, at="2026-02-01T09:00")
    found = state(one, other, change)
    assert found.is_in_scope
    assert set(found.person.found_by) == {FIRST, SECOND, THIRD, mrn("A"), mrn("B")}


def test_a_number_that_is_none_neither_supersedes_nor_is_superseded() -> None:
    dummy = Identifier(NUMBER.system, "9999999999")
    told = Sender(identifiers=(FIRST,)).admits("2026-01-01")
    by_dummy = Nation(identifiers=(dummy,)).supersedes(FIRST, at="2026-01-15T09:00")
    of_dummy = Nation(identifiers=(FIRST,)).supersedes(dummy, at="2026-01-15T09:00")
    (person,) = identity.persons([told, by_dummy, of_dummy], NUMBERS)
    assert person.found_by == (FIRST,)
