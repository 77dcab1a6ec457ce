"""What a reading adds to what is held: nothing, or the one word that brings the nation's up to
date."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from registry.core import identity
from registry.core.deaths import claims
from registry.core.flags import flags
from registry.core.statement import (
    DeathStated,
    EvidenceStated,
    Identifier,
    NationalStatus,
    Statement,
    Verdict,
)
from registry.national.adjustments import adjustments
from registry.national.demographics import Demographics
from registry.national.fact import NATION, Asked, of_adjustments, of_demographics
from tests.registry.core.stating import (
    NUMBER,
    OTHER_NUMBER,
    START,
    THIRD_NUMBER,
    Nation,
    Sender,
)
from tests.registry.core.telling import NUMBERS

INFORMAL, FORMAL, REMOVED = NationalStatus.INFORMAL, NationalStatus.FORMAL, NationalStatus.REMOVED
DIED = DeathStated(Verdict.DIED, "2026-01-20", INFORMAL)
REGISTERED = DeathStated(Verdict.DIED, "2026-01-21", FORMAL)
LEARNING, MENTAL = (
    EvidenceStated(f"possible-{flag}", "system", code)
    for flag, code in (
        ("learning-disability", "learning"),
        ("severe-mental-illness", "mental-health"),
    )
)


def asked(serial: int = 1, number: str = NUMBER.value) -> Asked:
    at = START + timedelta(days=30, hours=serial)
    return Asked(number, "pds-death-notification-2", f"e{serial}", at, "hash")


def alive(number: str = NUMBER.value) -> Demographics:
    return Demographics(number)


def dead(death: DeathStated = DIED, number: str = NUMBER.value) -> Demographics:
    return Demographics(number, death)


def told(*readings: Demographics) -> list[Statement]:
    """Readings one after another; returns what was kept of them."""
    held: list[Statement] = []
    for serial, said in enumerate(readings):
        statement = of_demographics(said, asked(serial), held)
        if statement is not None:
            held.append(statement)
    return held


def test_somebody_alive_leaves_no_trace() -> None:
    assert told(alive(), alive()) == []


def test_a_death_is_stated_once_however_often_it_is_read() -> None:
    (statement,) = told(dead(), dead(), dead())
    assert (statement.source, statement.death) == (NATION, DIED)
    assert statement.identifiers == (NUMBER,)


def test_a_death_that_is_there_no_more_is_taken_back() -> None:
    _, back = told(dead(), alive(), alive())
    assert back.death == DeathStated(Verdict.RETRACTED, None, REMOVED)


def test_a_record_made_invalid_takes_its_death_back() -> None:
    invalid = Demographics(NUMBER.value, is_invalidated=True)
    assert [s.death and s.death.status for s in told(dead(), invalid)] == [INFORMAL, REMOVED]
    assert told(invalid) == []


def test_a_trusts_claim_is_not_the_nations_to_take_back() -> None:
    assert of_demographics(alive(), asked(), [Sender().reports("2026-01-20")]) is None


def test_a_claim_that_came_as_a_message_is_the_nations_too() -> None:
    sent = Nation().notifies(INFORMAL, "2026-01-20")
    assert of_demographics(dead(), asked(), [sent]) is None
    back = of_demographics(alive(), asked(), [sent])
    assert back is not None
    assert claims([sent, back]).standing == ()
    assert claims([sent, back]).removed_by == (NATION,)


def test_nothing_is_taken_of_where_somebody_lives() -> None:
    (statement,) = told(dead())
    assert statement.practice is None
    assert statement.demographics == type(statement.demographics)()


def test_an_answer_with_another_number_says_that_the_old_one_is_superseded() -> None:
    new = OTHER_NUMBER.value
    statement = of_demographics(alive(new), asked(), [])
    assert statement is not None
    assert (statement.identifiers, statement.superseded) == ((OTHER_NUMBER,), (NUMBER,))
    assert statement.death is None
    assert of_demographics(alive(new), asked(2), [statement]) is None


def test_a_death_under_the_old_number_is_the_same_under_the_new() -> None:
    held = told(dead())
    moved = of_demographics(dead(DIED, OTHER_NUMBER.value), asked(2), held)
    assert moved is not None
    assert (moved.superseded, moved.death) == ((NUMBER,), None)
    held.append(moved)
    back = of_demographics(alive(OTHER_NUMBER.value), asked(3), held)
    assert back is not None
    assert back.death is not None
    assert back.death.status is REMOVED


def test_a_number_that_is_current_again_is_restored_and_may_be_replaced_again() -> None:
    held = [Sender(identifiers=(NUMBER,)).discharges("2026-01-10")]
    found: list[tuple[tuple[Identifier, ...], tuple[Identifier, ...]]] = []
    readings = [OTHER_NUMBER, OTHER_NUMBER, NUMBER, NUMBER, OTHER_NUMBER, THIRD_NUMBER, NUMBER]
    for serial, number in enumerate(readings):
        statement = of_demographics(alive(number.value), asked(serial), held)
        if statement is not None:
            held.append(statement)
            found.append((statement.identifiers, statement.superseded))
        people = identity.persons(held, NUMBERS)
        (person,) = [one for one in people if held[0] in one.statements]
        assert person.key == number
        assert person.superseded == (() if number == NUMBER else (NUMBER,))
    said = [OTHER_NUMBER, NUMBER, OTHER_NUMBER, THIRD_NUMBER, NUMBER]
    assert found == [((number,), (NUMBER,)) for number in said]


def test_who_had_the_other_number_is_somebody_else_when_it_is_undone() -> None:
    held = [
        Sender(identifiers=(NUMBER,)).discharges("2026-01-10"),
        Sender("RT2", identifiers=(OTHER_NUMBER,)).discharges("2026-01-11"),
    ]
    joined = of_demographics(dead(DIED, OTHER_NUMBER.value), asked(1), held)
    assert joined is not None
    held.append(joined)
    assert len(identity.persons(held, NUMBERS)) == 1
    undone = of_demographics(alive(), asked(2), held)
    assert undone is not None
    assert undone.death is None, "it was said of the other"
    held.append(undone)
    found = identity.persons(held, NUMBERS)
    assert {one.key: bool(claims(one.statements).standing) for one in found} == {
        NUMBER: False, OTHER_NUMBER: True,
    }  # fmt: skip


def test_a_record_made_invalid_says_nothing_of_numbers() -> None:
    moved = of_demographics(alive(OTHER_NUMBER.value), asked(1), [])
    assert moved is not None
    invalid = Demographics(NUMBER.value, is_invalidated=True)
    assert of_demographics(invalid, asked(2), [moved]) is None


READINGS = st.lists(st.sampled_from([alive(), dead(), dead(REGISTERED)]), max_size=8)


@given(READINGS)
def test_after_any_readings_the_claim_is_that_of_the_last(readings: list[Demographics]) -> None:
    held = told(*readings)
    standing = [claim.statement.death for claim in claims(held).standing]
    last = readings[-1].death if readings else None
    assert standing == ([last] if last else [])
    changes = sum(a.death != b.death for a, b in pairwise(readings))
    assert len(held) <= changes + 1


FLAGS = st.lists(st.sampled_from([(), (LEARNING,), (MENTAL,), (LEARNING, MENTAL)]), max_size=6)


@given(FLAGS)
def test_after_any_readings_the_evidence_is_that_of_the_last(
    readings: list[tuple[EvidenceStated, ...]],
) -> None:
    held: list[Statement] = []
    for serial, said in enumerate(readings):
        statement = of_adjustments(said, asked(serial), held)
        if statement is not None:
            held.append(statement)
    wanted = {one.flag for one in readings[-1]} if readings else set[str]()
    found = flags(sorted(held, key=lambda s: s.order))
    assert {f"possible-{flag.code}" for flag in found} == wanted
    assert not any(flag.is_confirmed for flag in found)


def test_the_evidence_read_is_never_a_confirmed_flag() -> None:
    said = adjustments({"resourceType": "Bundle", "entry": []})
    assert of_adjustments(said, asked(), []) is None
