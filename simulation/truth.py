"""The truth beside the messages: what happened, what the messages show of it, and why not more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from simulation.conclusion import NOTHING, Conclusion
from simulation.conditions import FLAG_OF, LEDER
from simulation.evidence import evident, linked
from simulation.life import Fate, Life, Place
from simulation.people import Person
from simulation.records import Record, RecordedDeath
from simulation.story import Told

CASE, DAYS, LEAD, LEDER_REVIEW = "case", "days", "lead", "leder"
WHOLE = frozenset({CASE, DAYS, LEAD, LEDER_REVIEW, *FLAG_OF.values()})


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that the messages do not show, in a sentence, and what it touches: `case`, `days`,
    `lead`, `leder`, or a flag."""

    about: frozenset[str]
    sentence: str


@dataclass(frozen=True, slots=True)
class Truth:
    """One person: their identifiers, what happened, what the messages show of it, and the gaps
    between the two."""

    nhs_number: str
    local: tuple[str, ...]
    fate: Fate
    died: str
    happened: Conclusion
    evident: Conclusion
    gaps: tuple[Gap, ...]


def truth(told: Told) -> Truth:
    """Takes what was told of one person; returns the truth."""
    who, life = told.who, told.life
    shown = evident(who, told.records)
    return Truth(
        nhs_number=who.nhs_number,
        local=tuple(record.mrn for record in told.records),
        fate=life.fate,
        died=life.died.isoformat(timespec="minutes") if life.died else "",
        happened=happened(who, life),
        evident=shown,
        gaps=tuple(_gaps(told)),
    )


def happened(who: Person, life: Life) -> Conclusion:
    """Takes a person and their life; returns what is true of the death, whoever knows it."""
    place = life.place
    if place is Place.OUT_OF_SCOPE or life.died is None:
        return NOTHING
    left = life.left_in_time
    last = life.stay_of_death or left[0]
    return Conclusion(
        place=place,
        days=frozenset((stay.trust.ods, stay.days_before(life.died)) for stay in left),
        flags=who.flags,
        is_for_leder=bool(who.flags & LEDER) and who.is_adult(life.died.date()),
        leads=frozenset({last.trust.ods}),
    )


def _gaps(told: Told) -> Iterator[Gap]:
    if told.life.died is None:
        return
    if not any(record.death for record in told.records):
        yield Gap(WHOLE, "no trust sent word of the death")
    if len(linked(told.records)) > 1:
        for sentence in sorted({_loose(record) for record in told.records} - {""}):
            yield Gap(WHOLE, sentence)
    seen = {r.trust for r in told.records for stay in r.stays if stay.has_died}
    for record in told.records:
        if any(stay.left is None for stay in record.stays):
            yield Gap(WHOLE, f"{record.trust} never sent the discharge of a stay")
        if record.death and record.trust not in seen:  # else the discharge dates it
            yield from _gaps_of_dates(record.trust, record.death)
    yield from _gaps_of_flags(told)


def _gaps_of_dates(trust: str, death: RecordedDeath) -> Iterator[Gap]:
    if death.earliest is None:
        yield Gap(WHOLE, f"{trust} sent no date of death")
    elif death.earliest != death.latest:
        yield Gap(WHOLE, f"{trust} sent only the month of death")


def _loose(record: Record) -> str:
    return "" if record.last.has_nhs_number else record.last.loose


def _gaps_of_flags(told: Told) -> Iterator[Gap]:
    sent = {code for record in told.records for code in record.codes}
    for code, flag in told.who.conditions.items():
        about = frozenset({flag, LEDER_REVIEW} if flag in LEDER else {flag})
        if flag and code not in sent:
            yield Gap(about, f"no message carries the diagnosis of {flag}")
        elif flag and FLAG_OF[code] != flag:
            yield Gap(
                about, f"the only diagnosis sent, {code}, suggests {flag} and does not show it"
            )
