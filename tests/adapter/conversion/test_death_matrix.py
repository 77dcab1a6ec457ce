"""Every combination of trigger, PID-29, PID-30, discharge and PDA, against a rule in words."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import pytest

from tests.adapter.conversion.messages import Fields, adt, convert, death, issues, pid, pv1, segment

SILENT, DEAD, ALIVE, SUSPICIOUS = "silent", "dead", "alive", "suspicious"

PID_29: dict[str, str] = {
    "": SILENT,
    "20260313": DEAD,
    "20261345": DEAD,  # a date that cannot be: the fact stands
    '""': ALIVE,  # unless PID-30 says yes: then only the date is deleted
    "RESURREC": ALIVE,
    "not known": SUSPICIOUS,
}
PID_30: dict[str, str] = {
    "": SILENT,
    "Y": DEAD,
    "deceased": DEAD,
    "N": ALIVE,
    '""': ALIVE,
    "ROLE": SILENT,  # in no table: kept out, and named
}
DISCHARGES: list[tuple[Fields, str]] = [
    ({}, SILENT),
    ({36: "1", 37: "19"}, SILENT),
    ({36: "4"}, DEAD),  # for an inpatient
    ({37: "79"}, DEAD),
    ({36: "79", 37: "4"}, DEAD),  # in each other's field
    ({36: "5", 37: "79"}, SILENT),  # stillbirth
    ({36: "Dead"}, SUSPICIOUS),
]
PDA: list[tuple[Fields | None, str]] = [
    (None, SILENT),
    ({3: "N"}, SILENT),
    ({1: "I21^Infarct^I10"}, SUSPICIOUS),
    ({3: "Y"}, DEAD),
    ({4: "20260313"}, DEAD),
]
NOT_ENDED = {"A11", "A13", "A16"}
"""Events after which the stay is not over, so that a discharge in the message is an old one."""


@dataclass(frozen=True)
class Case:
    date: str
    indicator: str
    discharge: tuple[Fields, str]
    certificate: tuple[Fields | None, str]

    def message(self, trigger: str) -> bytes:
        lines = [pid({29: self.date, 30: self.indicator}), pv1(self.discharge[0])]
        if self.certificate[0] is not None:
            lines.append(segment("PDA", self.certificate[0]))
        return adt(trigger, *lines)

    def expected(self, trigger: str) -> tuple[object, str]:
        """What must be said: the Patient's deceased[x] and notification status, or the issue."""
        discharge = SILENT if trigger in NOT_ENDED else self.discharge[1]
        date = PID_29[self.date]
        if self.date == '""' and PID_30[self.indicator] == DEAD:
            date = SILENT
        evidence = {date, PID_30[self.indicator]}
        beside = {discharge, self.certificate[1]}
        if ALIVE in evidence and (DEAD in evidence | beside or SUSPICIOUS in beside):
            return (None, "conflict")
        if DEAD in evidence | beside:
            return ("2026-03-13" if self.date == "20260313" else True, "1")
        if ALIVE in evidence:
            return (False, "U")
        return (None, "suspected" if SUSPICIOUS in evidence | beside else "")


CASES = [Case(*parts) for parts in itertools.product(PID_29, PID_30, DISCHARGES, PDA)]


def said(bundle: dict[str, Any]) -> tuple[object, str]:
    deceased, status = death(bundle)
    codes = {issue.split()[0] for issue in issues(bundle)}
    if deceased is None and "death-statement-conflict" in codes:
        return None, "conflict"
    if deceased is None and "death-suspected" in codes:
        return None, "suspected"
    return deceased, status


@pytest.mark.parametrize("trigger", ["A01", "A03", "A06", "A08", "A11", "A13", "A16", "A28", "A31"])
def test_every_combination(trigger: str) -> None:
    for case in CASES:
        assert said(convert(case.message(trigger))) == case.expected(trigger), case


@pytest.mark.parametrize("trigger", ["A01", "A03", "A08", "A13", "A31"])
@pytest.mark.parametrize("date", ["20261345", "19", "2026-3-3", "20260313 25:61", "00000000"])
def test_a_bad_date_never_costs_the_fact_of_death(trigger: str, date: str) -> None:
    assert death(convert(adt(trigger, pid({29: date, 30: "Y"}), pv1())))[1] == "1"


def test_method_4_is_a_death_only_where_the_stay_is_an_admission() -> None:
    admitted = {("", "A03"), ("", "A01"), *itertools.product("IDB", ("A01", "A03", "A08"))}
    for patient_class, trigger in itertools.product(["", *"IDBEOPRU"], ["A01", "A03", "A08"]):
        bundle = convert(adt(trigger, pid(), pv1({2: patient_class, 36: "4"})))
        is_admission = (patient_class, trigger) in admitted or (
            patient_class == "U" and trigger != "A08"
        )
        assert said(bundle) == ((True, "1") if is_admission else (None, "suspected"))
