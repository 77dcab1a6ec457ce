"""Tells one life: which trusts keep which records, and what each of them sends."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from simulation.desk import Desk, Numbering, Office
from simulation.dialect import DIALECTS, Dialect
from simulation.dice import Dice
from simulation.life import Fate, Life, Stay
from simulation.message import Message
from simulation.organisations import Area, Organisation
from simulation.people import People, Person
from simulation.rates import Rates
from simulation.records import Record
from simulation.telling_deaths import DeathTelling, Precision
from simulation.telling_stays import StayTelling

CODED_EACH_TIME = 0.7
REGISTERED_BEFORE = 0.1


@dataclass(frozen=True, slots=True)
class Told:
    """What was sent about one person, and the records it leaves."""

    who: Person
    life: Life
    messages: list[Message]
    records: list[Record]


@dataclass(frozen=True, slots=True)
class Story:
    """Tells lives in one area."""

    area: Area
    rates: Rates
    people: People

    def tell(self, dice: Dice, who: Person, life: Life) -> list[Told]:
        """Takes a person and their life; returns what was sent about them, and about somebody they
        were mistaken for."""
        telling = _Telling(self, dice, who, life)
        telling.stays()
        telling.deaths()
        other = None
        if telling.desks and dice.happens(self.rates.records.merged_wrongly):
            other = telling.mistaken_for_another()
        return [telling.told, other] if other else [telling.told]

    def dialect(self, trust: Organisation) -> Dialect:
        """Takes a trust; returns how it writes."""
        trusts = (*self.area.acute, self.area.community, self.area.mental_health)
        return DIALECTS[trusts.index(trust) % len(DIALECTS)]


@dataclass(slots=True)
class _Telling:
    """One life being told; `second` are the records that trusts keep beside their main ones."""

    story: Story
    dice: Dice
    who: Person
    life: Life
    desks: dict[Organisation, Desk] = field(default_factory=dict["Organisation", Desk])
    second: list[Desk] = field(default_factory=list[Desk])

    @property
    def told(self) -> Told:
        desks = [*self.desks.values(), *self.second]
        return Told(
            who=self.who,
            life=self.life,
            messages=[message for desk in desks for message in desk.messages],
            records=[desk.record for desk in desks if desk.messages],
        )

    def stays(self) -> None:
        """Tells every stay, in the order of time."""
        rates = self.story.rates
        teller = StayTelling(self.dice, rates.records, rates.care)
        coded = [c for c in self.who.conditions if self.dice.happens(rates.records.diagnosis_sent)]
        for stay in self.life.stays:
            desk = self._desk(stay.trust, stay.admitted)
            codes = [code for code in coded if self.dice.happens(CODED_EACH_TIME)]
            if self.dice.happens(rates.records.never_merged):
                self._in_second_record(teller, desk, stay, codes)
            elif self.dice.happens(rates.records.merged_later):
                second = self._in_second_record(teller, desk, stay, codes)
                merged = stay.left + timedelta(hours=1) + self.dice.delay(timedelta(days=3))
                desk.tell("A40", merged, merges=second.mrn)
                second.record.into = desk.record
            else:
                teller.tell(desk, stay, codes, self.life.died)
            desk.trace(stay.left + timedelta(hours=9))

    def deaths(self) -> None:
        """Tells the death, or one that was none."""
        teller = DeathTelling(self.dice, self.story.rates.records)
        if self.life.died is None:
            self._mistakes(teller)
        elif self.life.fate is not Fate.STILLBORN:
            self._reports(teller, self.life.died)

    def mistaken_for_another(self) -> Told | None:
        """Merges somebody else's record into one of this person and tells the two apart again.

        None where a record has no NHS number to tell them apart by.
        """
        desk = self.dice.one_of(list(self.desks.values()))
        at = desk.office.now + timedelta(days=self.dice.between(1, 9))
        other = self.story.people.adult(self.dice, at.date())
        second = _Telling(self.story, self.dice, other, Life(Fate.SURVIVES, ()))
        trust = next(trust for trust, own in self.desks.items() if own is desk)
        their = second._desk(trust, at)
        if not desk.record.has_nhs_number or their.numbering is not Numbering.RIGHT:
            return None
        their.tell("A28", at)
        desk.tell("A40", at + timedelta(hours=5), merges=their.mrn)
        desk.tell("A37", at + timedelta(days=2), apart_from=their)
        return second.told

    def _desk(self, trust: Organisation, at: datetime) -> Desk:
        """The main record of the person at a trust, opened where there is none."""
        if trust not in self.desks:
            office = Office(trust.ods, self.story.dialect(trust))
            mrn = f"{trust.ods}{self.who.number:06}"
            desk = self.desks[trust] = self._open(office, mrn, self._numbering())
            if self.dice.happens(REGISTERED_BEFORE):
                desk.tell("A28", at - timedelta(hours=1))
        return self.desks[trust]

    def _open(self, office: Office, mrn: str, numbering: Numbering) -> Desk:
        return Desk(self.dice, office, self.who, mrn, numbering, self.story.rates.records)

    def _numbering(self) -> Numbering:
        rates = self.story.rates.records
        if self.dice.happens(rates.nhs_number_never):
            return Numbering.NEVER
        if self.dice.happens(rates.nhs_number_wrong):
            return Numbering.WRONG
        return Numbering.LATE if self.dice.happens(rates.nhs_number_late) else Numbering.RIGHT

    def _in_second_record(
        self, teller: StayTelling, desk: Desk, stay: Stay, codes: list[str]
    ) -> Desk:
        """Tells a stay in a record of its own, as a trust opens it for an unknown person."""
        mrn = f"{desk.mrn}T{len(self.second) + 1}"
        second = self._open(desk.office, mrn, Numbering.NEVER)
        second.record.loose = f"{desk.trust} never merged a second record, without NHS number"
        self.second.append(second)
        teller.tell(second, stay, codes, self.life.died)
        return second

    def _reports(self, teller: DeathTelling, died: datetime) -> None:
        rates = self.story.rates.records
        knowing = [trust for trust, desk in self.desks.items() if desk.office.known]
        if not knowing:
            if self.dice.happens(rates.death_never_reported):
                return
            reporter = self._reporter()
            self._report(teller, reporter, died, teller.precision())
            knowing = [reporter]
        if self.dice.happens(rates.death_reported_twice):
            others = [trust for trust in self._trusts() if trust not in knowing]
            if others:
                self._report(teller, self.dice.one_of(others), died, Precision.DAY)

    def _report(
        self, teller: DeathTelling, trust: Organisation, died: datetime, how_well: Precision
    ) -> None:
        desk = self._desk(trust, died + timedelta(days=1))
        teller.report(desk, died, how_well)
        desk.trace(desk.office.now + timedelta(hours=2))

    def _reporter(self) -> Organisation:
        """The trust that reports a death outside hospital: mostly that of the last stay."""
        if self.dice.happens(self.story.rates.records.death_reported_by_another):
            return self.dice.one_of(self._trusts())
        return self.life.stays[-1].trust if self.life.stays else self.who.nearest

    def _trusts(self) -> tuple[Organisation, ...]:
        return (*self.story.area.acute, self.story.area.community)

    def _mistakes(self, teller: DeathTelling) -> None:
        rates = self.story.rates.records
        for desk in self.desks.values():
            at = desk.office.now + timedelta(days=self.dice.between(1, 25))
            if self.dice.happens(rates.false_death_reported):
                teller.by_mistake(desk, at)
            elif self.dice.happens(rates.contradicts_itself):
                teller.contradiction(desk, at)
