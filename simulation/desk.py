"""One trust's record of one person: writes its messages, and keeps what they add up to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from simulation.dialect import DeathTime, Dialect, stamp
from simulation.dice import Dice
from simulation.message import Message, segment
from simulation.people import Person
from simulation.rates import RecordRates
from simulation.records import Record, RecordedDeath

MOST_LATE = timedelta(days=60)
DIED, ALIVE, DELETE = "Y", "N", '""'


class Numbering(StrEnum):
    """Which NHS number a record carries."""

    RIGHT = "right"
    LATE = "late"
    NEVER = "never"
    WRONG = "wrong"


@dataclass(slots=True)
class Visit:
    """PV1 as the next message will write it; `method` and `destination` are of the discharge."""

    number: str
    patient_class: str
    admitted: datetime
    ward: str
    admission_method: str
    source: str
    specialty: str
    left: datetime | None = None
    method: str = ""
    destination: str = ""


@dataclass(slots=True)
class Office:
    """What one trust knows of one person, in whichever of its records: the death, PID-29 and PID-30
    as it writes them now, and when it last recorded anything."""

    trust: str
    dialect: Dialect
    known: RecordedDeath | None = None
    death: tuple[str, str] = ("", "")
    now: datetime = datetime.min

    def learn(self, known: RecordedDeath, written: str) -> None:
        """Takes a death, and PID-29 as every message of the trust has it from now on."""
        self.known, self.death = known, (written, DIED)


@dataclass(slots=True)
class Desk:
    """Where one trust keeps one record of one person."""

    dice: Dice
    office: Office
    who: Person
    mrn: str
    numbering: Numbering
    rates: RecordRates
    record: Record = field(init=False)
    visits: list[Visit] = field(default_factory=list["Visit"])
    messages: list[Message] = field(default_factory=list[Message])
    _serial: int = 0

    def __post_init__(self) -> None:
        self.record = Record(self.trust, self.mrn, _loose(self.trust, self.numbering))

    @property
    def trust(self) -> str:
        """The ODS code of the trust."""
        return self.office.trust

    @property
    def dialect(self) -> Dialect:
        """How the trust writes."""
        return self.office.dialect

    def trace(self, recorded: datetime) -> None:
        """Finds the NHS number of a record that had none, and says so in an A31."""
        if self.numbering is Numbering.LATE:
            self.numbering = Numbering.RIGHT
            self.tell("A31", recorded)

    def tell(
        self,
        trigger: str,
        recorded: datetime,
        visit: Visit | None = None,
        *,
        diagnoses: Sequence[tuple[str, str]] = (),
        death: tuple[str, str] | None = None,
        merges: str = "",
        apart_from: Desk | None = None,
    ) -> None:
        """Writes one message.

        `recorded` is when the event is entered; it becomes a minute later than the one before at
        least, so that corrections come after what they correct. `diagnoses` are codes with their
        action (`A` or `D`); `death` is (PID-29, PID-30) of this message where they are not those
        known; `merges` the number in MRG-1; `apart_from` the record that an A37 tells apart from
        this one.
        """
        self.office.now = max(recorded, self.office.now + timedelta(minutes=1))
        body = [self._pid(death, is_exact=apart_from is not None)]
        if apart_from is None:
            body.append(self._pd1())
        if merges:
            body.append(segment("MRG", {1: f"{merges}^^^{self.trust}^MR"}))
        elif apart_from is not None:
            body.append(apart_from.identified())
        else:
            body.append(self._pv1(visit))
        body += [self._dg1(n, *code) for n, code in enumerate(diagnoses, 1)]
        if death is None and self.office.known is not None:
            self.record.death = replace(self.office.known, said=self.office.now.date())
        self._send(trigger, body)

    def identified(self) -> str:
        """The PID segment of this record with its right identifiers."""
        return self._pid(None, is_exact=True)

    def _send(self, trigger: str, body: list[str]) -> None:
        self._serial += 1
        sent = self.office.now + timedelta(seconds=self.dice.between(1, 50)) + self._delay()
        message = Message(
            self.trust,
            self.dialect.version,
            trigger,
            f"{self.mrn}-{self._serial}",
            self.office.now,
            sent,
            tuple(body),
        )
        self.messages.append(message)
        if self.dice.happens(self.rates.repeated):
            self.messages.append(message)
        if self.dice.happens(self.rates.repeated_with_new_id):
            self._serial += 1
            again = self.dice.delay(timedelta(hours=5))
            self.messages.append(_repeated(message, f"{self.mrn}-{self._serial}", again))

    def _delay(self) -> timedelta:
        if self.dice.happens(self.rates.late_by_weeks):
            return min(self.dice.delay(timedelta(days=14)), MOST_LATE)
        if self.dice.happens(self.rates.late_by_hours):
            return min(self.dice.delay(timedelta(hours=9)), MOST_LATE)
        return timedelta()

    def _pid(self, death: tuple[str, str] | None, *, is_exact: bool) -> str:
        died, indicator = death or self.office.death
        if not indicator and self.dialect.says_alive:
            indicator = ALIVE
        return segment(
            "PID",
            {
                1: "1",
                3: "~".join([*self._nhs_number(is_exact), f"{self.mrn}^^^{self.trust}^MR"]),
                5: f"{self.who.family}^{self.who.given}",
                7: self.who.born.strftime("%Y%m%d"),
                8: self.dialect.sex(self.who.sex),
                29: died,
                30: indicator,
            },
        )

    def _nhs_number(self, is_exact: bool) -> list[str]:
        number = self.who.nhs_number
        if self.numbering in (Numbering.NEVER, Numbering.LATE):
            return []
        may_slip = self.record.has_nhs_number and not is_exact
        slips = may_slip and self.dice.happens(self.rates.nhs_number_mistyped_once)
        if self.numbering is Numbering.WRONG or slips:
            number = f"{number[:9]}{(int(number[9]) + 1) % 10}"  # the check digit does not hold
        else:
            self.record.has_nhs_number = True
        return [f"{number}^^^NHS^NH"]

    def _pd1(self) -> str:
        practice = self.who.practice
        return segment("PD1", {3: f"{practice.name.upper()}^^{practice.ods}"})

    def _pv1(self, visit: Visit | None) -> str:
        if visit is None:
            return segment("PV1", {1: "1", 2: "N"})
        method, destination = visit.method, visit.destination
        if self.dialect.is_swapped:
            method, destination = destination, method
        return segment(
            "PV1",
            {
                1: "1",
                2: visit.patient_class,
                3: f"{visit.ward}^BAY2^BED4",
                4: visit.admission_method,
                10: visit.specialty,
                14: visit.source,
                19: visit.number,
                36: method,
                37: destination,
                44: stamp(visit.admitted),
                45: stamp(visit.left) if visit.left else "",
            },
        )

    def _dg1(self, number: int, code: str, action: str) -> str:
        shown = {21: action} if self.dialect.can_withdraw_diagnoses else {}
        fields = {1: str(number), 3: f"{code}^^I10", 5: stamp(self.office.now), 6: "F", **shown}
        return segment("DG1", fields)


def _repeated(message: Message, control_id: str, later: timedelta) -> Message:
    return Message(
        message.sender,
        message.version,
        message.trigger,
        control_id,
        message.recorded,
        message.sent + later,
        message.body,
    )


def _loose(trust: str, numbering: Numbering) -> str:
    if numbering is Numbering.NEVER:
        return f"{trust} never sent an NHS number"
    if numbering is Numbering.WRONG:
        return f"{trust} sent an NHS number whose check digit does not hold"
    return ""


def death_time(dialect: Dialect, died: datetime) -> str:
    """Takes the time of death; returns PID-29 as the sender writes what it knows."""
    return died.strftime(dialect.death_time)


def known_time(dialect: Dialect, died: datetime) -> datetime | None:
    """Takes the time of death; returns it where the sender writes the time of day."""
    has_time = dialect.death_time in (DeathTime.SECONDS, DeathTime.MINUTES)
    return died if has_time else None
