"""How often things happen: national figures where there are any, else named as assumed.

Sources: NHS England, SHMI (December 2018 to November 2019: 9.4 million spells, 290,000 deaths, 73 %
of them in hospital; crude mortality 0.6 % of elective and 3.8 % of other spells); ONS, deaths in
England 2024 (531,954) and mid-year population (57.7 million); NHS England, Admitted Patient Care
2023/24 (17.6 million admissions); GP learning-disability registers (0.67 to 0.77 % of patients, by
system). Nobody publishes how often messages are late, lost or wrong: those rates are assumed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

POPULATION = 57_700_000
ADMISSIONS_A_YEAR = 17_600_000
DEATHS_A_YEAR = 531_954
IN_SCOPE_DEATHS_A_YEAR = 290_000

IN_HOSPITAL = 0.73
"""Of the deaths in scope (SHMI); the others follow within 30 days of discharge."""
LEICESTER_IN_HOSPITAL = 0.72
LEICESTER_DEATHS_A_MONTH = 400
"""University Hospitals of Leicester, Learning Lessons to Improve Care, Trust Board paper H, 2016:
about 400 notes a month, 72 % died in hospital and 28 % within 30 days of discharge."""

ELECTIVE_OF_SPELLS = (3.8 - 100 * 290_000 / 9_400_000) / (3.8 - 0.6)
"""The share at which crude mortality of 0.6 % and 3.8 % makes the 3.1 % of all spells."""
ELECTIVE_OF_DEATHS = ELECTIVE_OF_SPELLS * 0.6 / (100 * 290_000 / 9_400_000)


@dataclass(frozen=True, slots=True)
class PeopleRates:
    """Shares of people, and of those who die: children and stillborn babies among them.

    Only the share with a learning disability is from a checked source.
    """

    learning_disability: float = 0.0072
    severe_mental_illness: float = 0.0095  # about the share on GP registers
    autism: float = 0.01  # assumed: surveys of adults give about one in a hundred
    possible_flag: float = 0.01  # assumed
    similar_diagnosis: float = 0.02  # assumed: codes beside the lists, that are no evidence
    children_of_deaths: float = 0.0065  # about 3,500 children a year
    stillbirths_of_deaths: float = 0.0043  # about 2,300 a year


@dataclass(frozen=True, slots=True)
class CareRates:
    """Care before a death, and admissions of anybody."""

    admissions_a_year: float = ADMISSIONS_A_YEAR / POPULATION
    deaths_a_year: float = DEATHS_A_YEAR / POPULATION
    in_scope: float = IN_SCOPE_DEATHS_A_YEAR / DEATHS_A_YEAR
    in_hospital: float = IN_HOSPITAL
    elective: float = ELECTIVE_OF_SPELLS
    elective_of_deaths: float = ELECTIVE_OF_DEATHS
    # Assumed from here.
    other_trust: float = 0.1  # a stay elsewhere than in the nearest acute trust
    stay_before_last: float = 0.25  # one more within 30 days before the last
    transferred: float = 0.08  # straight from another trust
    step_down: float = 0.08  # from an acute trust to a community hospital
    emergency_attendance: float = 0.4  # before a stay
    died_in_emergency_department: float = 0.05  # of those who died outside a stay
    never_admitted: float = 0.3  # of deaths out of scope
    near_midnight: float = 0.03  # of discharges
    home_leave: float = 0.02


@dataclass(frozen=True, slots=True)
class RecordRates:
    """How records and messages go wrong. All assumed."""

    # What the messages make good again.
    late_by_hours: float = 0.04
    late_by_weeks: float = 0.005
    repeated: float = 0.01
    repeated_with_new_id: float = 0.005
    admission_cancelled: float = 0.01
    transfer_cancelled: float = 0.01
    discharge_cancelled: float = 0.01
    discharge_date_corrected: float = 0.02
    false_death_at_discharge: float = 0.001
    false_death_reported: float = 0.001
    contradicts_itself: float = 0.001
    merged_later: float = 0.02
    merged_wrongly: float = 0.002
    nhs_number_late: float = 0.05
    nhs_number_mistyped_once: float = 0.01
    diagnosis_withdrawn: float = 0.005
    death_date_corrected: float = 0.03
    attender_referred: float = 0.1  # A&E disposal 4: a referral, where 4 is elsewhere a death
    # What they do not.
    nhs_number_never: float = 0.02
    nhs_number_wrong: float = 0.005
    never_merged: float = 0.002
    discharge_never_sent: float = 0.005
    death_never_reported: float = 0.1  # of deaths outside hospital
    death_reported_by_another: float = 0.15
    death_reported_twice: float = 0.1
    death_only_to_the_month: float = 0.01
    death_undated: float = 0.01
    diagnosis_sent: float = 0.7  # at least once, of those who have it


@dataclass(frozen=True, slots=True)
class Rates:
    """All rates of a simulation."""

    people: PeopleRates = PeopleRates()
    care: CareRates = CareRates()
    records: RecordRates = RecordRates()


NATIONAL = Rates()

DENSE = Rates(
    people=PeopleRates(
        learning_disability=0.12,
        severe_mental_illness=0.1,
        autism=0.06,
        possible_flag=0.1,
        similar_diagnosis=0.1,
        children_of_deaths=0.05,
        stillbirths_of_deaths=0.03,
    ),
    care=replace(
        CareRates(),
        admissions_a_year=0.8,
        deaths_a_year=0.3,
        in_scope=0.8,
        transferred=0.15,
        step_down=0.15,
        died_in_emergency_department=0.1,
        near_midnight=0.15,
        home_leave=0.1,
    ),
    records=RecordRates(
        late_by_hours=0.15,
        late_by_weeks=0.05,
        repeated=0.05,
        repeated_with_new_id=0.05,
        admission_cancelled=0.1,
        transfer_cancelled=0.1,
        discharge_cancelled=0.1,
        discharge_date_corrected=0.1,
        false_death_at_discharge=0.05,
        false_death_reported=0.05,
        contradicts_itself=0.05,
        merged_later=0.1,
        merged_wrongly=0.05,
        nhs_number_late=0.1,
        nhs_number_mistyped_once=0.05,
        diagnosis_withdrawn=0.1,
        death_date_corrected=0.1,
        nhs_number_never=0.04,
        nhs_number_wrong=0.03,
        never_merged=0.03,
        discharge_never_sent=0.04,
        death_never_reported=0.08,
        death_reported_by_another=0.25,
        death_reported_twice=0.2,
        death_only_to_the_month=0.08,
        death_undated=0.08,
    ),
)
"""Rare things often, so that a small area holds every kind of them. No figures follow from it."""

PRESETS = {"national": NATIONAL, "dense": DENSE}
