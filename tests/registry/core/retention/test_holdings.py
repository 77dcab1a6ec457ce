"""Forgetting the living, told as stories: what is held, why, and until when."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

from nhs import addresses
from nhs.london_time import LONDON
from registry.core.retention.holding import Fact
from registry.core.retention.holdings import holdings
from registry.core.retention.terms import Why
from registry.core.statement import (
    Demographics,
    EvidenceStated,
    Identifier,
    StayStated,
)
from registry.rules.reading import national
from tests.registry.core.retention.facts import (
    CRISIS_TEAM,
    held,
    stay,
    terms,
    the_only,
    whys,
)
from tests.registry.core.stating import (
    MH1,
    NUMBER,
    T1,
    T2,
    Sender,
    evidence,
    mrn,
)


def test_a_stay_is_held_for_30_days_and_the_allowance() -> None:
    told = stay(Sender(), "2025-01-01", "2025-01-10")
    last_day = date(2025, 1, 10) + timedelta(days=30 + 335)
    kept = the_only(told, on=last_day)
    assert (kept.remains, kept.until, kept.look_on) == (
        told,
        last_day,
        last_day + timedelta(days=1),
    )
    assert "within 30 days" in kept.reasons[0].sentence
    assert the_only(told, on=last_day + timedelta(days=1)).is_erased


def test_all_messages_about_a_stay_go_together_and_not_before_the_newest() -> None:
    t1 = Sender()
    admitted, left = t1.admits("2024-01-01", at="2024-01-01T09:00"), t1.discharges("2024-02-01")
    left = replace(left, recorded=datetime(2024, 2, 1, 9, tzinfo=LONDON))
    late = t1.states("A08", "2024-06-01T09:00", stay=left.stay)
    for on in (date(2025, 2, 1), date(2025, 5, 2)):
        assert {h.remains for h in held(admitted, left, late, on=on)} == {admitted, left, late}
    assert all(h.is_erased for h in held(admitted, left, late, on=date(2025, 5, 3)))


def test_a_maternity_admission_is_held_for_a_year_and_the_allowance() -> None:
    t1 = Sender()
    born = t1.states(
        "A03",
        "2024-01-10T12:00",
        stay=StayStated("V1", "finished", "IMP", "2024-01-09", "2024-01-10", admission_method="31"),
    )
    last_day = date(2024, 1, 10) + timedelta(days=365 + 335)
    assert whys(the_only(born, on=last_day)) == {Why.MATERNITY}
    assert the_only(born, on=last_day + timedelta(days=1)).is_erased


def test_the_longest_time_that_a_rule_asks_about_maternity_is_the_one_used() -> None:
    assert national().maternity_days == 365


def test_a_contact_is_held_as_long_as_the_rule_for_its_provider_says() -> None:
    contact = stay(Sender(MH1), "2025-01-01", "2025-01-31", "AMB")
    last_day = date(2025, 7, 31) + timedelta(days=335)
    kept = the_only(contact, on=last_day)
    assert kept.until == last_day
    assert "6 months" in kept.reasons[0].sentence
    elsewhere = the_only(stay(Sender(T1), "2025-01-01", "2025-01-31", "AMB"), on=date(2025, 3, 1))
    assert whys(elsewhere) == {Why.NOT_COVERED}
    assert elsewhere.until == date(2025, 1, 31) + timedelta(days=335)


def test_a_contact_at_an_unknown_provider_is_held_as_if_it_were_of_the_type_that_counts() -> None:
    contact = stay(Sender("RZZ"), "2025-01-01", "2025-01-31", "AMB")
    assert the_only(contact, on=date(2025, 3, 1)).until == date(2025, 7, 31) + timedelta(days=335)


def test_a_policy_counts_even_before_it_begins() -> None:
    attended = stay(Sender(T1), "2026-03-01", "2026-03-01", "EMER")
    (kept,) = held(attended, on=date(2026, 4, 1), policies=CRISIS_TEAM)
    assert kept.until == date(2026, 6, 1) + timedelta(days=335)
    (kept,) = held(attended, on=date(2026, 4, 1))
    assert kept.until == date(2026, 3, 1) + timedelta(days=335)


def test_a_stay_without_an_end_is_held_until_ten_years_without_a_word() -> None:
    t1 = Sender()
    admitted = t1.admits("2015-01-01", at="2015-01-01T09:00")
    moved = t1.states("A02", "2016-11-20T09:00", stay=admitted.stay)
    assert {h.remains for h in held(admitted, moved, on=date(2026, 11, 20))} == {admitted, moved}
    assert all(h.is_erased for h in held(admitted, moved, on=date(2026, 11, 21)))


def test_an_attendance_without_an_end_that_no_rule_covers_is_held_for_the_allowance() -> None:
    stated = StayStated("V1", "in-progress", "EMER", "2025-12-20")
    attended = Sender().states("A04", "2025-12-20T12:00", stay=stated)
    assert the_only(attended, on=date(2026, 11, 20)).until == date(2026, 11, 20)
    assert the_only(attended, on=date(2026, 11, 21)).is_erased


def test_a_cancelled_stay_is_held_for_the_allowance_from_the_newest_message() -> None:
    t1 = Sender()
    admitted = t1.admits("2025-01-01", at="2025-01-01T09:00")
    cancelled = t1.cancels("A11", at="2025-01-02T09:00")
    last_day = date(2025, 1, 2) + timedelta(days=335)
    assert [whys(h) for h in held(admitted, cancelled, on=last_day)] == [{Why.CANCELLED}] * 2
    assert all(h.is_erased for h in held(admitted, cancelled, on=last_day + timedelta(days=1)))


def test_a_stay_left_behind_is_held_no_longer_than_it_could_matter() -> None:
    forgotten = Sender().admits("2023-01-01", at="2023-01-01T09:00")
    later = stay(Sender(T2), "2024-01-01", "2024-01-10", visit="V2")
    last_day = date(2024, 1, 1) + timedelta(days=335)
    assert [whys(h) for h in held(forgotten, later, on=last_day)] == [
        {Why.LEFT_BEHIND},
        {Why.IN_PERIOD},
    ]
    first, second = held(forgotten, later, on=last_day + timedelta(days=1))
    assert first.is_erased
    assert second.remains == later


def test_what_shows_that_a_stay_was_left_behind_is_held_as_long_as_that_stay() -> None:
    t1 = Sender()
    forgotten = t1.admits("2023-01-01", at="2023-01-01T09:00")
    heard_of_again = t1.states("A08", "2026-06-01T09:00", stay=forgotten.stay)
    later = stay(Sender(T2), "2024-01-01", "2024-01-10", visit="V2")
    by_source = {h.fact.statement: h for h in held(forgotten, heard_of_again, later)}
    assert by_source[later].remains == later
    assert whys(by_source[later]) == {Why.SHOWS_END}
    assert by_source[later].until == by_source[forgotten].until


def test_what_is_told_years_later_is_held_for_the_allowance_from_then() -> None:
    """Years of messages may come at once, the death among the last."""
    told = Fact(stay(Sender(), "2015-01-01", "2015-01-10"), came_on=date(2026, 3, 1))
    last_day = date(2026, 3, 1) + timedelta(days=335)
    (kept,) = holdings([told], terms(last_day), is_shown=False)
    assert kept.until == last_day
    (gone,) = holdings([told], terms(last_day + timedelta(days=1)), is_shown=False)
    assert gone.is_erased


def test_evidence_for_a_flag_outlives_the_stay_and_nothing_else_does() -> None:
    told = replace(
        stay(Sender(identifiers=(mrn("A"), NUMBER)), "2020-01-01", "2020-01-10"),
        evidence=(evidence("F72", "learning-disability"),),
        demographics=Demographics("TESTER", ("Terry",), "male", "1950-01-01"),
        issues=("code-unknown",),
    )
    kept = the_only(told)
    assert kept.is_reduced
    assert kept.until == date(2030, 1, 10)
    assert kept.remains == replace(
        told, stay=None, demographics=Demographics(), practice=None, issues=()
    )
    assert "learning-disability" in kept.reasons[0].sentence
    assert the_only(told, on=date(2030, 1, 11)).is_erased


def test_the_specialty_of_a_forgotten_stay_stays_evidence_unless_it_was_cancelled() -> None:
    t1 = Sender()
    admitted = t1.admits("2020-01-01", at="2020-01-01T09:00")
    assert admitted.stay is not None
    on_ward = replace(admitted, stay=replace(admitted.stay, specialty="700"))
    left = t1.states(
        "A03",
        "2020-01-10T09:00",
        stay=replace(admitted.stay, status="finished", discharged="2020-01-10", specialty="100"),
    )
    first, second = held(on_ward, left)
    assert first.remains is not None
    assert [e.flag for e in first.remains.evidence] == ["possible-learning-disability"]
    assert first.remains.stay is None
    assert second.is_erased
    assert all(h.is_erased for h in held(on_ward, t1.cancels("A11", at="2020-01-02T09:00")))


def test_of_repeated_evidence_the_newest_word_is_kept() -> None:
    t1 = Sender()
    said = evidence("F72", "learning-disability")
    older = replace(stay(t1, "2020-01-01", "2020-01-10", visit="V1"), evidence=(said,))
    newer = replace(stay(t1, "2021-01-01", "2021-01-10", visit="V2"), evidence=(said,))
    first, second = held(older, newer)
    assert (first.is_erased, second.is_reduced) == (True, True)


def test_who_is_who_is_held_while_anything_else_is() -> None:
    a, b = Sender(identifiers=(mrn("A"), NUMBER)), Sender(identifiers=(mrn("B"),), practice=None)
    named = stay(a, "2023-01-01", "2023-01-10", visit="V1")
    merged = a.states("A40", "2023-02-01T09:00", prior=(mrn("B"),), practice=None)
    recent = stay(b, "2026-10-01", "2026-10-10", visit="V2")
    first, second, third = held(named, merged, recent)
    assert first.remains is not None
    assert whys(first) == {Why.DESCRIPTION}
    assert first.remains.practice == named.practice
    assert second.remains is not None
    assert whys(second) == {Why.IDENTITY}
    assert third.remains == recent
    assert first.until == second.until == third.until
    later = date(2028, 1, 1)
    assert all(h.is_erased for h in held(named, merged, recent, on=later))


def test_nothing_is_forgotten_of_the_dead_nor_of_whom_something_is_asked() -> None:
    t1 = Sender()
    old, died = stay(t1, "2015-01-01", "2015-01-10"), t1.reports("2016-01-01", "2016-01-02T09:00")
    suspected = t1.states("A08", "2016-01-02T09:00", issues=("death-suspected",))
    for told in (held(old, died), held(old, suspected), held(old, is_shown=True)):
        assert [h.remains for h in told] == [h.fact.statement for h in told]
        assert all(h.until is None and h.look_on is None for h in told)


def test_a_discharge_that_says_died_without_a_death_is_held_for_people_to_mend() -> None:
    told = Sender().discharges("2024-01-01", method="4", at="2024-01-01T09:00")
    assert whys(the_only(told)) == {Why.CONTRADICTORY}


def test_a_date_far_in_the_future_holds_no_longer_than_a_stay_without_an_end() -> None:
    told = Sender().discharges("9999-12-31", at="2015-01-01T09:00")
    assert the_only(told, on=date(2025, 1, 1)).remains == told
    assert the_only(told, on=date(2026, 11, 21)).is_erased


def test_a_message_that_identifies_nobody_is_forgotten_as_well() -> None:
    unknown = Sender(identifiers=(Identifier(addresses.NHS_NUMBER, "9990000010"),))
    told = stay(unknown, "2024-01-01", "2024-01-10")
    assert the_only(told, on=date(2024, 2, 1)).remains == told
    assert the_only(told).is_erased


def test_evidence_has_a_code() -> None:
    """The words on evidence are told apart by what they say, not by when it was diagnosed."""
    one = EvidenceStated("learning-disability", addresses.ICD10, "F72", recorded="2020")
    t1 = Sender()
    first = t1.states("A31", "2020-01-01T09:00", evidence=(one,))
    second = t1.states("A31", "2021-01-01T09:00", evidence=(replace(one, recorded="2021"),))
    assert [h.is_erased for h in held(first, second)] == [True, False]
