"""Flags and ages, and the reviews that follow from them."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest

from registry.core.flags import AUTISM, LEARNING_DISABILITY, SEVERE_MENTAL_ILLNESS
from registry.core.reviews import CASE_RECORD_REVIEW, Necessity
from registry.core.statement import Statement
from tests.registry.core.deciding import People
from tests.registry.core.stating import ICB1, MH1, T1, T2, Sender
from tests.registry.core.telling import (
    asked,
    case_record_review,
    criteria,
    owners,
    reviews,
    state,
)

LEDER, CDR = "leder", "child-death-review"


def died(sender: Sender, on: str = "2026-01-10") -> tuple[Statement, ...]:
    """A stay that ends in death."""
    return (sender.admits("2026-01-05"), sender.discharges(on, method="4", died=on))


def test_a_diagnosis_two_years_before_elsewhere_requires_the_review_and_adds_leder() -> None:
    t1, t2 = Sender(T1), Sender(T2)
    diagnosed = t2.diagnoses("F72", LEARNING_DISABILITY, at="2024-01-01T09:00")
    for order in permutations((diagnosed, *died(t1))):
        found = state(*order)
        (flag,) = found.flags
        assert (flag.code, flag.is_confirmed) == (LEARNING_DISABILITY, True)
        (evidence,) = flag.evidence
        assert (evidence.source, evidence.stated.code) == (T2, "F72")
        assert evidence.sentence("Trust Two") == (
            "F72 from Trust Two (RT2), recorded 1 January 2024, in message RT2-1 (A08)"
        )
        assert case_record_review(found).necessity is Necessity.REQUIRED
        assert criteria(found) == [LEARNING_DISABILITY]
        assert owners(found) == {CASE_RECORD_REVIEW: T1, LEDER: ICB1}


def test_a_reading_disorder_is_no_evidence_and_nothing_says_no() -> None:
    found = state(*died(Sender()))
    assert (found.flags, found.inquiries) == ((), ())
    assert case_record_review(found).necessity is Necessity.TO_BE_SCREENED


@pytest.mark.parametrize("code", ["F81.9", "Q90"])
def test_a_possible_learning_disability_asks_whoever_reviews(code: str) -> None:
    t1 = Sender()
    found = state(t1.diagnoses(code, f"possible-{LEARNING_DISABILITY}"), *died(t1))
    (flag,) = found.flags
    assert (flag.is_confirmed, flag.name) == (False, "Possible learning disability")
    question = asked(found)[LEARNING_DISABILITY]
    assert question.owner == T1
    assert code in question.evidence[0]
    assert owners(found) == {CASE_RECORD_REVIEW: T1}
    assert case_record_review(found).necessity is Necessity.TO_BE_SCREENED


@pytest.mark.parametrize(
    ("specialty", "flag"),
    [
        ("700", LEARNING_DISABILITY),
        ("710", SEVERE_MENTAL_ILLNESS),
        ("712", SEVERE_MENTAL_ILLNESS),
        ("715", SEVERE_MENTAL_ILLNESS),
    ],
)
def test_a_specialty_alone_is_possible_while_its_stay_stands(specialty: str, flag: str) -> None:
    t1 = Sender()
    seen = t1.admits("2026-01-05", specialty=specialty)
    end = t1.discharges("2026-01-10", method="4", died="2026-01-10")
    found = state(seen, end)
    assert [(f.code, f.is_confirmed) for f in found.flags] == [(flag, False)]
    moved = t1.admits("2026-01-06", specialty="300")
    assert state(seen, moved, end).flags == found.flags
    elsewhere = t1.admits("2026-01-05", "V2", specialty=specialty)
    cancelled = t1.cancels("A11", "V2")
    assert state(moved, elsewhere, cancelled, end).flags == ()
    assert state(moved, elsewhere, cancelled, end).inquiries == ()


@pytest.mark.parametrize("code", ["F20.0", "F31"])
def test_severe_mental_illness_requires_the_review_and_its_caseload_is_involved(code: str) -> None:
    t1, mh1 = Sender(T1), Sender(MH1)
    on_caseload = replace(
        mh1.admits("2025-01-05", kind="AMB"),
        evidence=mh1.diagnoses(code, SEVERE_MENTAL_ILLNESS).evidence,
    )
    found = state(on_caseload, *died(t1))
    assert criteria(found) == [SEVERE_MENTAL_ILLNESS]
    assert owners(found) == {CASE_RECORD_REVIEW: T1, "mental-health-care-review": MH1}
    assert MH1 in found.involvement
    left = mh1.discharges("2025-06-01", kind="AMB", at="2025-06-01T09:00")
    assert MH1 not in state(on_caseload, left, *died(t1)).involvement


def test_withdrawn_evidence_takes_flag_criterion_and_leder_with_it_in_any_order() -> None:
    t1 = Sender()
    added = t1.diagnoses("F72", LEARNING_DISABILITY)
    deleted = t1.diagnoses("F72", LEARNING_DISABILITY, withdrawn=True)
    for order in permutations((added, deleted, *died(t1))):
        found = state(*order)
        assert found.flags == ()
        assert owners(found) == {CASE_RECORD_REVIEW: T1}
    other = Sender(T2).diagnoses("F72", LEARNING_DISABILITY, at="2025-01-01T09:00")
    assert state(added, deleted, other, *died(t1)).flags[0].evidence[0].source == T2


def test_autism_alone_adds_leder_and_requires_no_case_record_review() -> None:
    t1 = Sender(born="1980-01-01")
    found = state(t1.diagnoses("F84.0", AUTISM), *died(t1))
    assert owners(found) == {CASE_RECORD_REVIEW: T1, LEDER: ICB1}
    assert case_record_review(found).necessity is Necessity.TO_BE_SCREENED
    assert [flag.name for flag in found.flags] == ["Autism"]


@pytest.mark.parametrize(
    ("born", "routes"),
    [
        ("2009-06-01", {CDR}),
        ("2008-01-11", {CDR}),
        ("2008-01-10", {LEDER}),
        ("2008", {LEDER}),
        (None, {LEDER}),
    ],
)
def test_a_child_with_a_learning_disability_is_shared_with_leder_not_reviewed_by_it(
    born: str | None, routes: set[str]
) -> None:
    t1 = Sender(born=born)
    found = state(t1.diagnoses("F72", LEARNING_DISABILITY), *died(t1))
    assert set(owners(found)) == {CASE_RECORD_REVIEW, *routes}
    if CDR in routes:
        assert owners(found)[CDR] == ICB1
        assert reviews(found)[CDR].notes == (
            "Share the result with LeDeR: the child had a learning disability or was autistic.",
        )


def test_a_child_without_one_has_no_note() -> None:
    found = state(*died(Sender(born="2009-06-01")))
    assert reviews(found)[CDR].notes == ()


@pytest.mark.parametrize("method", ["11", "12", "13", "21", "2A"])
def test_an_elective_admission_was_not_expected_to_end_in_death(method: str) -> None:
    t1 = Sender()
    end = t1.discharges("2026-01-10", method="4", died="2026-01-10")
    found = state(t1.admits("2026-01-05", method=method), end)
    is_elective = method in ("11", "12", "13")
    assert criteria(found) == (["not-expected-to-die"] if is_elective else [])
    home = state(
        t1.admits("2026-01-05", method=method),
        t1.discharges("2026-01-10"),
        t1.reports("2026-01-12"),
    )
    assert criteria(home) == []


def test_no_question_is_left_about_the_living() -> None:
    t1 = Sender()
    story = (t1.diagnoses("F81.9", f"possible-{LEARNING_DISABILITY}"), *died(t1))
    assert asked(state(*story)) != {}
    back = t1.takes_back()
    alive = t1.discharges("2026-01-10", trigger="A08")
    assert state(*story, back, alive).inquiries == ()
    assert state(*story, back, alive, decisions=[People().accept(T1)]).inquiries == ()
