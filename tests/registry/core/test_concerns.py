"""Concerns about a death, alarms on a service, samples, and judgements: reasons people give."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance import canonical
from registry.core.concern import AlarmKind, ConcernKind, Recommendation
from registry.core.decision import Outcome
from registry.core.derive import Involvement
from registry.core.judgement import KIND, is_due_to_problems
from registry.core.policy import Sample
from registry.core.reviews import CASE_RECORD_REVIEW, Necessity, State
from registry.core.statement import Identifier, Statement
from registry.directory.organisation import Directory, Organisation
from tests.registry.core.deciding import People, alarm, concern, policy
from tests.registry.core.stating import (
    KNOWLEDGE,
    NUMBER,
    ORGANISATIONS,
    T1,
    T2,
    Sender,
)
from tests.registry.core.telling import (
    case_record_review,
    criteria,
    knowing,
    owners,
    reviews,
    state,
)

PSII = "patient-safety-incident-investigation"
ME = "ME1"


def died(specialty: str | None = None) -> tuple[Statement, ...]:
    t1 = Sender()
    return (
        t1.admits("2026-01-05", specialty=specialty),
        t1.discharges("2026-01-10", method="4", died="2026-01-10"),
    )


@pytest.mark.parametrize("kind", ConcernKind)
def test_a_concern_requires_the_review_until_it_is_withdrawn(kind: ConcernKind) -> None:
    before = state(*died())
    assert case_record_review(before).necessity is Necessity.TO_BE_SCREENED
    raised = concern(kind, organisation=ME)
    found = state(*died(), concerns=[raised])
    assert case_record_review(found).necessity is Necessity.REQUIRED
    assert criteria(found) == ["concern-raised"]
    assert found.involvement[ME] == (Involvement.CONCERNED,)
    withdrawn = state(*died(), concerns=[replace(raised, is_withdrawn=True)])
    assert criteria(withdrawn) == []
    assert case_record_review(withdrawn).necessity is Necessity.TO_BE_SCREENED


def test_one_concern_standing_is_enough() -> None:
    raised = [concern(withdrawn=True), concern(ConcernKind.STAFF, number="C2")]
    assert criteria(state(*died(), concerns=raised)) == ["concern-raised"]


@pytest.mark.parametrize("recommendation", Recommendation)
def test_a_referral_that_recommends_it_adds_the_incident_route(
    recommendation: Recommendation,
) -> None:
    referral = concern(ConcernKind.MEDICAL_EXAMINER, recommendation, organisation=ME)
    found = state(*died(), concerns=[referral])
    adds = recommendation is Recommendation.PATIENT_SAFETY_INCIDENT
    assert owners(found) == {CASE_RECORD_REVIEW: T1, **({PSII: T1} if adds else {})}
    assert state(*died(), concerns=[replace(referral, is_withdrawn=True)]).reviews == (
        state(*died()).reviews
    )


def test_a_concern_about_the_living_opens_nothing() -> None:
    found = state(Sender().admits("2026-01-05"), concerns=[concern()])
    assert (found.death, found.reviews) == (None, ())


def test_a_concern_makes_a_screened_out_review_a_must_and_it_can_then_be_completed() -> None:
    people = People()
    taken = [people.accept(), people.screen(selected=False)]
    screened_out = case_record_review(state(*died(), decisions=taken))
    assert (screened_out.state, screened_out.necessity) == (
        State.COMPLETED,
        Necessity.NOT_SELECTED,
    )
    again = case_record_review(state(*died(), decisions=taken, concerns=[concern()]))
    assert (again.state, again.necessity) == (State.ACCEPTED, Necessity.REQUIRED)
    taken.append(people.judge("1"))
    done = case_record_review(state(*died(), decisions=taken, concerns=[concern()]))
    assert done.state is State.COMPLETED
    later = case_record_review(state(*died(), decisions=taken))
    assert (later.state, later.necessity) == (State.COMPLETED, Necessity.SELECTED)


@pytest.mark.parametrize(
    ("scale", "due"),
    [(canonical.JUDGEMENT_PRISM, "456"), (canonical.JUDGEMENT_RCP_NQB, "123")],
)
@pytest.mark.parametrize("score", "123456")
def test_a_judgement_due_to_problems_on_either_scale_adds_the_incident_route(
    scale: str, due: str, score: str
) -> None:
    people = People()
    taken = [people.accept(), people.judge(score, scale)]
    found = state(*died(), decisions=taken)
    assert (PSII in owners(found)) is (score in due)
    assert case_record_review(found).state is State.COMPLETED
    if score in due:
        assert reviews(found)[PSII].necessity is Necessity.TO_BE_SCREENED


def test_a_score_means_nothing_without_its_scale() -> None:
    assert not any(is_due_to_problems(Outcome(KIND, code=score)) for score in "123456")
    assert not is_due_to_problems(Outcome("theme", canonical.JUDGEMENT_PRISM, "6"))


def test_the_judgement_of_a_successor_counts() -> None:
    t9 = Organisation("RT9", "Trust Nine", "acute", "QX1")
    merged = replace(ORGANISATIONS[0], succeeded_by="RT9", succeeded_on=date(2026, 4, 1))
    directory = Directory([merged, *ORGANISATIONS[1:], t9])
    people = People()
    taken = [people.accept(T1), people.judge("6", organisation="RT9")]
    found = state(*died(), decisions=taken, knowledge=replace(KNOWLEDGE, directory=directory))
    assert case_record_review(found).state is State.COMPLETED
    assert owners(found) == {CASE_RECORD_REVIEW: "RT9", PSII: "RT9"}


@pytest.mark.parametrize(
    ("kind", "criterion"),
    [
        (AlarmKind.SERVICE, "service-alarm"),
        (AlarmKind.THEME, "quality-improvement-theme"),
    ],
)
def test_an_alarm_on_the_specialty_requires_the_review(kind: AlarmKind, criterion: str) -> None:
    known = knowing(alarms=(alarm("300", kind=kind),))
    assert criteria(state(*died("300"), knowledge=known)) == [criterion]
    assert criteria(state(*died("301"), knowledge=known)) == []
    assert criteria(state(*died(), knowledge=known)) == []


@pytest.mark.parametrize(
    ("begins", "ends", "organisation", "withdrawn", "covers"),
    [
        ("2026-01-10", "2026-01-10", T1, False, True),
        ("2026-01-10", None, T1, False, True),
        ("2026-01-11", None, T1, False, False),
        ("2025-01-01", "2026-01-09", T1, False, False),
        ("2026-01-01", None, T2, False, False),
        ("2026-01-01", None, T1, True, False),
    ],
)
def test_an_alarm_covers_its_own_service_for_its_period(
    begins: str, ends: str | None, organisation: str, withdrawn: bool, covers: bool
) -> None:
    raised = alarm("300", begins=begins, ends=ends, organisation=organisation, withdrawn=withdrawn)
    found = state(*died("300"), knowledge=knowing(alarms=(raised,)))
    assert criteria(found) == (["service-alarm"] if covers else [])


def test_an_alarm_on_diagnoses_asks_whoever_screens() -> None:
    known = knowing(alarms=(alarm(diagnosis_groups=("Sepsis", "Stroke")),))
    review = case_record_review(state(*died(), knowledge=known))
    assert review.necessity is Necessity.TO_BE_SCREENED
    assert review.notes == (
        "An alarm stands on Sepsis, Stroke at Trust One: check whether this death falls under it.",
    )
    elsewhere = knowing(alarms=(alarm(diagnosis_groups=("Sepsis",), organisation=T2),))
    assert case_record_review(state(*died(), knowledge=elsewhere)).notes == ()


def test_a_sampled_death_is_selected_unless_people_had_screened_it_out() -> None:
    known = knowing(policy(T1, sample=Sample(100, "seed")))
    review = case_record_review(state(*died(), knowledge=known))
    assert (review.necessity, [c.code for c in review.criteria]) == (
        Necessity.SELECTED,
        ["random-sample"],
    )
    people = People()
    taken = [people.accept(), people.screen(selected=False)]
    screened = case_record_review(state(*died(), knowledge=known, decisions=taken))
    assert (screened.necessity, screened.state) == (Necessity.NOT_SELECTED, State.COMPLETED)
    ended = knowing(policy(T1, sample=Sample(100, "seed"), until="2026-01-09"))
    assert criteria(state(*died(), knowledge=ended)) == []


keys = st.builds(Identifier, st.just(NUMBER.system), st.from_regex(r"[0-9]{10}", fullmatch=True))


@given(keys, st.text(min_size=1, max_size=8), st.floats(0.1, 100), st.floats(0.1, 100))
def test_a_sample_can_be_drawn_again_and_grows_with_its_percentage(
    key: Identifier, seed: str, one: float, other: float
) -> None:
    small, large = sorted((one, other))
    assert Sample(small, seed).draws(key) <= Sample(large, seed).draws(key)
    assert Sample(small, seed).draws(key) is Sample(small, seed).draws(Identifier(*key))
    assert Sample(100, seed).draws(key)


@given(st.text(min_size=1, max_size=8), st.sampled_from([1.0, 10.0, 25.0, 50.0, 90.0]))
def test_the_rate_of_a_sample_is_near_its_percentage(seed: str, percent: float) -> None:
    many = 2_000
    drawn = sum(
        Sample(percent, seed).draws(Identifier(NUMBER.system, f"{n:010d}")) for n in range(many)
    )
    expected = many * percent / 100
    deviation = (expected * (1 - percent / 100)) ** 0.5
    assert abs(drawn - expected) < 6 * deviation
