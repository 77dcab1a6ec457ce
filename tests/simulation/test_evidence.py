"""What records show, judged by hand-made ones."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from simulation.conclusion import NOTHING
from simulation.conditions import (
    AUTISM,
    LEARNING_DISABILITY,
    POSSIBLE_LEARNING_DISABILITY,
    SEVERE_MENTAL_ILLNESS,
)
from simulation.dice import Dice
from simulation.evidence import evident
from simulation.life import Place
from simulation.organisations import area
from simulation.people import People
from simulation.rates import NATIONAL
from simulation.records import Record, RecordedDeath, RecordedStay

PEOPLE = People(1, area(2, 2), NATIONAL.people)
ADULT = PEOPLE.adult(Dice("adult"), date(2026, 1, 1))
CHILD = PEOPLE.child(Dice("child"), date(2026, 2, 1))


def on(day: int, month: int = 1, hour: int = 12) -> datetime:
    return datetime(2026, month, day, hour)


def record(trust: str = "ZA1", *, loose: str = "", **more: object) -> Record:
    made = Record(trust, f"{trust}1", loose, has_nhs_number=not loose)
    for name, value in more.items():
        setattr(made, name, value)
    return made


def died(day: date) -> RecordedDeath:
    return RecordedDeath(date(2026, 4, 1), day, day)


LEFT_10_JANUARY = RecordedStay("V1", on(3), on(10))


@pytest.mark.parametrize(
    ("day", "place", "days"),
    [
        (date(2026, 1, 10), Place.AFTER_DISCHARGE, {("ZA1", 0)}),
        (date(2026, 2, 9), Place.AFTER_DISCHARGE, {("ZA1", 30)}),
        (date(2026, 2, 10), Place.OUT_OF_SCOPE, set[tuple[str, int]]()),
    ],
)
def test_thirty_days_are_in_and_thirty_one_are_out(
    day: date, place: Place, days: set[tuple[str, int]]
) -> None:
    shown = evident(ADULT, [record(stays=[LEFT_10_JANUARY], death=died(day))])
    assert (shown.place, shown.days) == (place, days)


def test_a_stay_that_ended_in_death_counts_before_a_later_discharge() -> None:
    stay = RecordedStay("V2", on(20), on(25), has_died=True)
    records = [
        record(stays=[LEFT_10_JANUARY]),
        record("ZA2", stays=[stay], death=RecordedDeath(date(2026, 1, 25))),
    ]
    shown = evident(ADULT, records)
    assert shown.place is Place.IN_HOSPITAL
    assert shown.leads == {"ZA2"}
    assert shown.days == {("ZA1", 15)}  # the discharge dates the death


def test_the_latest_discharge_leads() -> None:
    second = RecordedStay("V2", on(20), on(25))
    records = [
        record(stays=[LEFT_10_JANUARY], death=died(date(2026, 1, 30))),
        record("ZA2", stays=[second]),
    ]
    assert evident(ADULT, records).leads == {"ZA2"}


def test_records_that_nothing_links_show_nothing_together() -> None:
    stay = record(stays=[LEFT_10_JANUARY], loose="no number")
    death = record("ZA2", death=died(date(2026, 1, 20)))
    assert evident(ADULT, [stay, death]) == NOTHING
    stay.has_nhs_number = True
    assert evident(ADULT, [stay, death]).place is Place.AFTER_DISCHARGE


def test_a_merge_links() -> None:
    main = record(death=died(date(2026, 1, 20)))
    second = Record("ZA1", "ZA1T1", "never merged", stays=[LEFT_10_JANUARY])
    assert evident(ADULT, [main, second]) == NOTHING
    second.into = main
    assert evident(ADULT, [main, second]).place is Place.AFTER_DISCHARGE


def test_a_month_is_vague_where_it_reaches_into_the_30_days() -> None:
    month = RecordedDeath(date(2026, 3, 1), date(2026, 2, 1), date(2026, 2, 28))
    shown = evident(ADULT, [record(stays=[LEFT_10_JANUARY], death=month)])
    assert (shown.place, shown.days) == (Place.POSSIBLY, frozenset())
    march = RecordedDeath(date(2026, 4, 1), date(2026, 3, 1), date(2026, 3, 31))
    assert evident(ADULT, [record(stays=[LEFT_10_JANUARY], death=march)]) == NOTHING


def test_without_a_date_the_death_lies_after_the_last_sign_of_life() -> None:
    seen = RecordedStay("E1", on(20, 2), on(20, 2, 15), is_inpatient=False)
    undated = RecordedDeath(date(2026, 3, 1))
    assert evident(ADULT, [record(stays=[LEFT_10_JANUARY], death=undated)]).place is Place.POSSIBLY
    assert evident(ADULT, [record(stays=[LEFT_10_JANUARY, seen], death=undated)]) == NOTHING


def test_a_stay_without_discharge_is_where_the_person_died_unless_another_came_later() -> None:
    open_stay = RecordedStay("V1", on(3))
    death = died(date(2026, 3, 20))
    shown = evident(ADULT, [record(stays=[open_stay], death=death)])
    assert shown.place is Place.IN_HOSPITAL
    later = record("ZA2", stays=[RecordedStay("V9", on(1, 3), on(9, 3))])
    shown = evident(ADULT, [record(stays=[open_stay], death=death), later])
    assert (shown.place, shown.leads) == (Place.AFTER_DISCHARGE, {"ZA2"})


def test_an_emergency_attendance_is_no_stay_in_hospital() -> None:
    attended = RecordedStay("E1", on(20), on(20, 1, 15), has_died=True, is_inpatient=False)
    shown = evident(ADULT, [record(stays=[attended], death=died(date(2026, 1, 20)))])
    assert shown == NOTHING


def test_flags_need_a_code_of_the_list_and_a_case() -> None:
    death, codes = died(date(2026, 1, 20)), {"F73", "Q90.9", "F20.0", "F81.0"}
    shown = evident(ADULT, [record(stays=[LEFT_10_JANUARY], death=death, codes=codes)])
    assert shown.flags == {LEARNING_DISABILITY, SEVERE_MENTAL_ILLNESS}
    assert shown.is_for_leder
    assert evident(ADULT, [record(codes={"F73"})]) == NOTHING


def test_what_only_suggests_stays_possible_and_asks_for_no_leder_review() -> None:
    coded = record(stays=[LEFT_10_JANUARY], death=died(date(2026, 1, 20)), codes={"Q90.9", "F81.0"})
    shown = evident(ADULT, [coded])
    assert shown.flags == {POSSIBLE_LEARNING_DISABILITY}
    assert not shown.is_for_leder


def test_a_specialty_suggests_a_condition() -> None:
    stay = RecordedStay("V1", on(3), on(10), specialty="700")
    shown = evident(ADULT, [record(stays=[stay], death=died(date(2026, 1, 20)))])
    assert shown.flags == {POSSIBLE_LEARNING_DISABILITY}


def test_leder_is_for_adults() -> None:
    coded = record(stays=[LEFT_10_JANUARY], death=died(date(2026, 1, 20)), codes={"F84.0"})
    assert evident(ADULT, [coded]).is_for_leder
    child = evident(CHILD, [coded])
    assert child.flags == {AUTISM}
    assert not child.is_for_leder
