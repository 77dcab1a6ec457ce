"""What the national services' answers mean: demographics, flags, errors."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.national_stand_in.people import Person, patient, patient_flag, problem
from registry.core.statement import DeathStated, NationalStatus, Verdict
from registry.national.adjustments import adjustments
from registry.national.demographics import Demographics, UnreadableAnswer, demographics
from registry.national.judgement import Outcome, back_off, hold_seconds, outcome_of
from tests.registry.national.shapes import WHO

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "died", "stated"),
    [
        ("1", "2026-01-20", DeathStated(Verdict.DIED, "2026-01-20", NationalStatus.INFORMAL)),
        (
            "2",
            "2026-01-20T00:00:00+00:00",
            DeathStated(Verdict.DIED, "2026-01-20T00:00:00+00:00", NationalStatus.FORMAL),
        ),
        ("2", "2026-01", DeathStated(Verdict.DIED, "2026-01", NationalStatus.FORMAL)),
        (None, "2026-01-20", DeathStated(Verdict.DIED, "2026-01-20", NationalStatus.INFORMAL)),
        ("U", None, None),
        (None, None, None),
    ],
)
def test_a_death_as_the_record_holds_it(
    status: str | None, died: str | None, stated: DeathStated | None
) -> None:
    said = demographics(patient(Person(WHO, status, died)))
    assert said == Demographics(WHO, stated)


def test_a_restricted_record_says_what_any_other_does() -> None:
    open_one, restricted = Person(WHO, "2", "2026-01-20"), Person(WHO, "2", "2026-01-20", True)
    assert demographics(patient(restricted)) == demographics(patient(open_one))


def test_a_record_that_was_made_invalid_says_nothing() -> None:
    said = patient(Person(WHO, "2", "2026-01-20"))
    said["meta"]["security"] = [{"code": "I"}]
    assert demographics(said) == Demographics(WHO, is_invalidated=True)


@pytest.mark.parametrize(
    "change",
    [
        {"resourceType": "Bundle"},
        {"id": "9990000019"},
        {"id": None},
        {"deceasedDateTime": "yesterday"},
        {"deceasedDateTime": 2026},
    ],
)
def test_an_answer_that_is_not_as_documented_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(UnreadableAnswer):
        demographics({**patient(Person(WHO, "2", "2026-01-20")), **change})


def test_an_unknown_death_status_is_refused() -> None:
    with pytest.raises(UnreadableAnswer):
        demographics(patient(Person(WHO, "3", "2026-01-20")))


def test_impairments_are_possible_evidence_and_no_more() -> None:
    found = adjustments(patient_flag(Person(WHO, impairments=["learning", "mental-health"])))
    flags = ["possible-learning-disability", "possible-severe-mental-illness"]
    assert [one.flag for one in found] == flags


def test_other_impairments_are_no_evidence() -> None:
    assert adjustments(patient_flag(Person(WHO, impairments=["mobility", "hearing"]))) == ()
    assert adjustments(patient_flag(Person(WHO))) == ()


@pytest.mark.parametrize(
    ("element", "code"), [("clinicalStatus", "resolved"), ("verificationStatus", "refuted")]
)
def test_a_condition_that_ended_or_was_wrong_is_no_evidence(element: str, code: str) -> None:
    bundle = patient_flag(Person(WHO, impairments=["learning"]))
    bundle["entry"][1]["resource"][element] = {"coding": [{"code": code}]}
    assert adjustments(bundle) == ()


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, {}, Outcome.FOUND),
        (404, problem("INVALIDATED_RESOURCE", "processing"), Outcome.INVALIDATED),
        (404, problem("RESOURCE_NOT_FOUND", "not-found"), Outcome.NOT_FOUND),
        (404, None, Outcome.NOT_FOUND),
        (400, None, Outcome.REFUSED),
        (401, None, Outcome.UNAUTHORISED),
        (403, None, Outcome.FORBIDDEN),
        (429, None, Outcome.TOO_MANY),
        (302, None, Outcome.REFUSED),
        (500, None, Outcome.UNWELL),
        (504, None, Outcome.UNWELL),
    ],
)
def test_each_status_has_its_meaning(status: int, body: Any, outcome: Outcome) -> None:
    assert outcome_of(status, body) is outcome


@pytest.mark.parametrize(
    ("status", "said", "seconds"),
    [
        (429, "7", 7.0),
        (503, "7", 7.0),
        (429, "", 1.0),
        (503, "", 0.0),
        (429, "soon", 1.0),
        (200, "7", 0.0),
        (429, "999999", 3600.0),
        (503, format_datetime(NOW.replace(minute=1)), 60.0),
        (503, format_datetime(NOW.replace(hour=8)), 0.0),
    ],
)
def test_retry_after_is_kept_to(status: int, said: str, seconds: float) -> None:
    assert hold_seconds(status, {"retry-after": said}, NOW) == seconds


@given(st.sampled_from(Outcome), st.integers(1, 10_000), st.floats(0, 1))
def test_the_next_try_is_never_further_than_an_hour(
    outcome: Outcome, attempts: int, jitter: float
) -> None:
    assert 1.0 <= back_off(outcome, attempts, jitter) <= 3600.0


def test_each_try_waits_about_twice_as_long_as_the_one_before() -> None:
    waits = [back_off(Outcome.UNWELL, attempts, 1.0) for attempts in range(1, 6)]
    assert waits == [2.0, 4.0, 8.0, 16.0, 32.0]
