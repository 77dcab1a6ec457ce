"""Tells stays as ADT messages, with the slips that later messages make good."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from simulation.conditions import CODES, LEARNING_DISABILITY, SEVERE_MENTAL_ILLNESS, SPECIALTIES
from simulation.desk import ALIVE, DELETE, DIED, Desk, Visit, death_time, known_time
from simulation.dialect import DeathTime
from simulation.dice import Dice
from simulation.life import Stay
from simulation.living import WARD_SPECIALTIES, clear
from simulation.rates import CareRates, RecordRates
from simulation.records import RecordedDeath, RecordedStay

INPATIENT, EMERGENCY = "I", "E"
# NHS Data Dictionary: METHOD OF ADMISSION, SOURCE OF ADMISSION, METHOD OF DISCHARGE.
WAITING_LIST, EMERGENCY_DEPARTMENT, BABY_BORN_HERE = "11", "21", "82"
USUAL_RESIDENCE, BABY = "19", "79"
ON_ADVICE, METHOD_DIED, METHOD_STILLBIRTH = "1", "4", "5"
REFERRED = "4"
"""ITK table 0112, the A&E disposal: referred to a clinic. In the discharge method 4 is died."""
WARDS = ("WARD1", "WARD2", "AMU", "ICU", "SURG3", "CARE5")


@dataclass(frozen=True, slots=True)
class StayTelling:
    """Tells stays with chance and rates."""

    dice: Dice
    records: RecordRates
    care: CareRates

    def tell(self, desk: Desk, stay: Stay, codes: Iterable[str], died: datetime | None) -> None:
        """Takes the record, the stay, the diagnoses that are coded in it, and when the person died;
        writes the messages of the stay and what they leave on record."""
        if not stay.is_inpatient:
            self._attendance(desk, stay, died)
            return
        if self.dice.happens(self.records.admission_cancelled):
            self._admitted_by_mistake(desk, stay)
        visit = self._admitted(desk, stay, list(codes))
        self._meanwhile(desk, stay, visit)
        recorded = RecordedStay(visit.number, stay.admitted, specialty=stay.specialty)
        desk.record.stays.append(recorded)
        if stay.has_died and died is not None:
            self._died(desk, stay, visit, died)
        elif stay.is_stillbirth:
            _leave(visit, stay.left, METHOD_STILLBIRTH, stay.destination)
            desk.tell("A03", stay.left, visit)
        elif self.dice.happens(self.records.discharge_never_sent):
            return
        else:
            self._left(desk, stay, visit)
        recorded.left, recorded.has_died = stay.left, stay.has_died

    def _admitted(self, desk: Desk, stay: Stay, codes: list[str]) -> Visit:
        visit = Visit(
            number=f"{desk.mrn}V{len(desk.visits) + 1}",
            patient_class=INPATIENT,
            admitted=stay.admitted,
            ward=self.dice.one_of(WARDS),
            admission_method=_admission_method(stay),
            source=BABY if stay.is_stillbirth else USUAL_RESIDENCE,
            specialty=stay.specialty,
        )
        desk.visits.append(visit)
        desk.record.codes.update(codes)
        diagnoses = [(code, "A") for code in codes]
        on_admission = self.dice.happens(0.5)
        soon = stay.admitted + self.dice.delay(timedelta(minutes=20))
        desk.tell("A01", soon, visit, diagnoses=diagnoses if on_admission else ())
        if diagnoses and not on_admission:
            desk.tell("A08", soon + timedelta(hours=2), visit, diagnoses=diagnoses)
        return visit

    def _meanwhile(self, desk: Desk, stay: Stay, visit: Visit) -> None:
        whole = stay.left - stay.admitted
        if self.dice.happens(0.4):
            visit.ward = self.dice.one_of(WARDS)
            desk.tell("A02", stay.admitted + whole * 0.2, visit)
        if self.dice.happens(self.records.transfer_cancelled):
            before, visit.ward = visit.ward, self.dice.one_of(WARDS)
            desk.tell("A02", stay.admitted + whole * 0.3, visit)
            visit.ward = before
            desk.tell("A12", stay.admitted + whole * 0.3 + timedelta(minutes=9), visit)
        if whole > timedelta(days=4) and self.dice.happens(self.care.home_leave):
            desk.tell("A21", stay.admitted + whole * 0.4, visit)
            desk.tell("A22", stay.admitted + whole * 0.6, visit)
        if desk.dialect.can_withdraw_diagnoses and self.dice.happens(
            self.records.diagnosis_withdrawn
        ):
            self._coded_by_mistake(desk, stay, visit)
        if self.dice.happens(self.records.false_death_at_discharge):
            self._declared_dead_by_mistake(desk, visit, stay.admitted + whole * 0.7)
        elif self.dice.happens(self.records.discharge_cancelled):
            self._discharged_by_mistake(desk, visit, stay.admitted + whole * 0.7)

    def _coded_by_mistake(self, desk: Desk, stay: Stay, visit: Visit) -> None:
        flag = self.dice.one_of((LEARNING_DISABILITY, SEVERE_MENTAL_ILLNESS))
        code = self.dice.one_of(CODES[flag])
        if flag in desk.who.flags:
            return
        soon = stay.admitted + timedelta(hours=3)
        desk.tell("A08", soon, visit, diagnoses=[(code, "A")])
        desk.tell("A08", soon + timedelta(hours=20), visit, diagnoses=[(code, "D")])

    def _discharged_by_mistake(self, desk: Desk, visit: Visit, at: datetime) -> None:
        _leave(visit, clear(at), ON_ADVICE, USUAL_RESIDENCE)
        desk.tell("A03", at, visit)
        _leave(visit, None, "", "")
        desk.tell("A13", at + timedelta(minutes=50), visit)

    def _declared_dead_by_mistake(self, desk: Desk, visit: Visit, at: datetime) -> None:
        _leave(visit, clear(at), METHOD_DIED, "79")
        desk.tell("A03", at, visit, death=(death_time(desk.dialect, clear(at)), DIED))
        _leave(visit, None, "", "")
        desk.tell("A13", at + timedelta(minutes=30), visit, death=(DELETE, ALIVE))

    def _admitted_by_mistake(self, desk: Desk, stay: Stay) -> None:
        visit = Visit(
            number=f"{desk.mrn}X{len(desk.visits) + 1}",
            patient_class=INPATIENT,
            admitted=clear(stay.admitted - timedelta(hours=3), earlier=True),
            ward=self.dice.one_of(WARDS),
            admission_method=EMERGENCY_DEPARTMENT,
            source=USUAL_RESIDENCE,
            specialty=self.dice.one_of((*WARD_SPECIALTIES, *SPECIALTIES)),
        )
        desk.tell("A01", visit.admitted, visit)
        desk.tell("A11", visit.admitted + timedelta(minutes=25), visit)

    def _left(self, desk: Desk, stay: Stay, visit: Visit) -> None:
        entered = stay.left + self.dice.delay(timedelta(minutes=40))
        days = self.dice.between(1, 3)
        wrong = stay.left - timedelta(days=days)
        if wrong > stay.admitted and self.dice.happens(self.records.discharge_date_corrected):
            _leave(visit, wrong, ON_ADVICE, stay.destination)
            desk.tell("A03", entered, visit)
            visit.left = stay.left
            desk.tell("A08", entered + timedelta(days=days), visit)
            return
        _leave(visit, stay.left, ON_ADVICE, stay.destination)
        desk.tell("A03", entered, visit)

    def _died(self, desk: Desk, stay: Stay, visit: Visit, died: datetime) -> None:
        _leave(visit, stay.left, METHOD_DIED, "79")
        said, on = stay.left.date(), died.date()
        if said != on or self.dice.happens(0.8):
            known = RecordedDeath(said, on, on, known_time(desk.dialect, died))
            desk.office.learn(known, death_time(desk.dialect, died))
        else:
            desk.office.learn(RecordedDeath(said), "")  # the discharge dates it
        desk.tell("A03", stay.left + self.dice.delay(timedelta(minutes=40)), visit)

    def _attendance(self, desk: Desk, stay: Stay, died: datetime | None) -> None:
        visit = Visit(
            number=f"{desk.mrn}E{len(desk.record.stays) + 1}",
            patient_class=EMERGENCY,
            admitted=stay.admitted,
            ward="ED",
            admission_method="",
            source=USUAL_RESIDENCE,
            specialty=stay.specialty,
        )
        desk.tell("A04", stay.admitted, visit)
        visit.left = stay.left
        if stay.has_died and died is not None:
            # An emergency department notes the time of death, whatever the trust's habit.
            known = RecordedDeath(stay.left.date(), died.date(), died.date(), died)
            desk.office.learn(known, died.strftime(DeathTime.MINUTES))
        elif self.dice.happens(self.records.attender_referred):
            visit.method = REFERRED
        desk.tell("A03", stay.left, visit)
        desk.record.stays.append(
            RecordedStay(visit.number, stay.admitted, stay.left, stay.has_died, is_inpatient=False)
        )


def _admission_method(stay: Stay) -> str:
    if stay.is_stillbirth:
        return BABY_BORN_HERE
    return WAITING_LIST if stay.is_elective else EMERGENCY_DEPARTMENT


def _leave(visit: Visit, left: datetime | None, method: str, destination: str) -> None:
    visit.left, visit.method, visit.destination = left, method, destination
