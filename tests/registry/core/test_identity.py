"""Merges, links and unlinks: told in any order, and undone."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

from hypothesis import assume, given
from hypothesis import strategies as st

from registry.core import identity
from registry.core.identity import NumberPolicy, Person
from registry.core.statement import Identifier, Statement
from tests.registry.core.stating import NUMBER, OTHER_NUMBER, Sender, mrn

POLICY = NumberPolicy(allow_test_numbers=True)
A, B, C = mrn("A"), mrn("B"), mrn("C")


def keys(*statements: Statement) -> dict[Identifier, set[str]]:
    """The persons by key, with the triggers of what was stated of them."""
    found = identity.persons(statements, POLICY)
    return {person.key: {s.trigger for s in person.statements} for person in found}


def test_a_wrong_merge_undone_leaves_two_people_in_any_order() -> None:
    a, b = Sender(identifiers=(A,)), Sender(identifiers=(B, NUMBER))
    stay, died = a.admits("2026-01-01"), b.reports("2026-01-20")
    merge = b.states("A40", at="2026-02-01T09:00", prior=(A,))
    undone_of_a = a.states("A37", at="2026-02-02T09:00", unlinked=(B, NUMBER))
    undone_of_b = b.states("A37", at="2026-02-02T09:00", unlinked=(A,))
    assert keys(stay, died, merge) == {NUMBER: {"A01", "A31", "A40"}}
    for order in permutations((stay, died, merge, undone_of_a, undone_of_b)):
        assert keys(*order) == {A: {"A01", "A37"}, NUMBER: {"A31", "A40", "A37"}}


def test_a_link_says_that_two_records_are_one_person() -> None:
    a, b = Sender(identifiers=(A,)), Sender(identifiers=(B, NUMBER))
    linked = a.states("A24", linked=(B, NUMBER)), b.states("A24", linked=(A,))
    assert set(keys(a.admits("2026-01-01"), b.reports("2026-01-20"), *linked)) == {NUMBER}


def test_a_chain_of_merges_ends_in_the_last_record() -> None:
    a, b, c = (Sender(identifiers=i) for i in ((A,), (B,), (C, NUMBER)))
    story = (
        a.admits("2026-01-01"),
        b.states("A40", at="2026-02-01T09:00", prior=(A,)),
        c.states("A40", at="2026-02-02T09:00", prior=(B,)),
    )
    for order in permutations(story):
        assert set(keys(*order)) == {NUMBER}


def test_the_newest_nhs_number_of_a_record_is_its_own_and_the_change_is_a_conflict() -> None:
    first = Sender(identifiers=(A, OTHER_NUMBER)).states("A01", at="2026-01-01T09:00")
    later = Sender(identifiers=(A, NUMBER)).states("A08", at="2026-01-02T09:00")
    (person,) = identity.persons([later, first], POLICY)
    assert person.key == NUMBER
    assert person.conflicting_numbers == tuple(sorted((NUMBER.value, OTHER_NUMBER.value)))


def test_one_number_at_two_trusts_is_one_person() -> None:
    one = Sender(identifiers=(A, NUMBER)).admits("2026-01-01")
    other = Sender(identifiers=(mrn("A", "RT2"), NUMBER)).admits("2026-01-05")
    (person,) = identity.persons([one, other], POLICY)
    assert set(person.identifiers) == {A, mrn("A", "RT2"), NUMBER}


records = st.sampled_from([(A,), (B,), (C,), (A, NUMBER), (B, OTHER_NUMBER)])


@st.composite
def told(draw: st.DrawFn) -> Statement:
    sender = Sender(identifiers=draw(records))
    kind = draw(st.sampled_from(["A08", "A40", "A24", "A37"]))
    other = tuple(i for i in draw(records) if i not in sender.identifiers)
    named = {"A40": "prior", "A24": "linked", "A37": "unlinked"}.get(kind)
    said = {named: other} if named else {}
    statement = sender.states(kind, f"2026-01-{draw(st.integers(1, 9)):02d}T09:00", **said)
    return replace(statement, control_id=str(draw(st.integers(1, 5))))


def parts(persons: list[Person]) -> set[tuple[Identifier, ...]]:
    return {person.identifiers for person in persons}


@given(st.lists(told(), max_size=7), st.data())
def test_who_is_who_does_not_depend_on_order(history: list[Statement], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(history))
    assert identity.persons(set(shuffled), POLICY) == identity.persons(set(history), POLICY)


@given(st.lists(told().filter(lambda s: s.trigger == "A08"), max_size=5))
def test_an_unlink_restores_who_was_who(history: list[Statement]) -> None:
    assume(not any({A, B} <= set(s.identifiers) for s in history))
    both = [Sender(identifiers=(i,)).states("A08", at="2026-01-01T08:00") for i in (A, B)]
    merge = Sender(identifiers=(B,)).states("A40", at="2026-02-01T09:00", prior=(A,))
    undo = Sender(identifiers=(B,)).states("A37", at="2026-02-02T09:00", unlinked=(A,))
    before = identity.persons({*history, *both}, POLICY)
    after = identity.persons({*history, *both, merge, undo}, POLICY)
    assert parts(after) == parts(before)


@given(st.lists(told(), max_size=7))
def test_no_identifier_belongs_to_two_people_and_each_has_one_key(
    history: list[Statement],
) -> None:
    found = identity.persons(set(history), POLICY)
    assert len({p.key for p in found}) == len(found)
    local = [i for p in found for i in p.identifiers if not i.is_nhs_number]
    assert len(local) == len(set(local))
