"""What the messages about a person show, judged from the records that their senders meant to leave.

It reads no message and knows nothing of the order, repetition or correction of any: it applies the
published rule (0 to 30 days after discharge, in calendar dates; NHS Improvement 2017, SHMI) to what
the records come to, record by record where nothing links them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from simulation.conclusion import NOTHING, Conclusion, surest, together
from simulation.conditions import FLAG_OF, LEDER, SPECIALTIES
from simulation.life import DAYS_AFTER_DISCHARGE, Place
from simulation.people import Person
from simulation.records import Record, RecordedStay


def evident(who: Person, records: Iterable[Record]) -> Conclusion:
    """Takes a person and the records of them; returns what the messages show."""
    return together(_Linked(who, group).conclusion() for group in linked(records))


def linked(records: Iterable[Record]) -> list[list[Record]]:
    """Takes the records of one person; returns them in groups: those with the NHS number, and each
    other one with what was merged into it."""
    groups: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        into = record.last
        groups["" if into.has_nhs_number else into.mrn].append(record)
    return list(groups.values())


@dataclass(frozen=True, slots=True)
class _Dated:
    """The dates between which the person died."""

    earliest: date | None
    latest: date


@dataclass(frozen=True, slots=True)
class _Stayed:
    trust: str
    stay: RecordedStay


class _Linked:
    """Records that can be known to be of one person."""

    def __init__(self, who: Person, records: list[Record]) -> None:
        self._who = who
        self._records = records
        every = [_Stayed(record.trust, stay) for record in records for stay in record.stays]
        self._moments = [m for s in every for m in (s.stay.admitted, s.stay.left) if m]
        self._ended_by_death = [s for s in every if s.stay.has_died]
        self._stays = [s for s in every if s.stay.is_inpatient]
        self._flags = surest([*_coded(records), *_treated(self._stays)])

    def conclusion(self) -> Conclusion:
        dated = self._dated()
        if dated is None:
            return NOTHING
        in_hospital = [s for s in self._stays if self._died_in(s.stay, dated)]
        others = [s for s in self._stays if s not in in_hospital and s.stay.left]
        within = [s for s in others if _within(s.stay, dated)]
        place = _place(in_hospital, within, dated)
        if place is Place.OUT_OF_SCOPE:
            return NOTHING
        days = {(s.trust, n) for s in within if (n := _days(s.stay, dated)) is not None}
        is_adult = self._who.is_adult(dated.latest)
        lead = max(in_hospital, key=_surest) if in_hospital else max(within, key=_left)
        return Conclusion(
            place=place,
            days=frozenset(days),
            flags=self._flags,
            is_for_leder=is_adult and bool(self._flags & LEDER),
            leads=frozenset({lead.trust}),
        )

    def _dated(self) -> _Dated | None:
        said = [record.death for record in self._records if record.death]
        seen = {s.trust for s in self._ended_by_death}
        told_by_discharge = [r.death for r in self._records if r.trust in seen and r.death]
        days = [d for d in told_by_discharge or said if d.earliest and d.earliest == d.latest]
        if days and days[0].latest:
            return _Dated(days[0].earliest, days[0].latest)
        for ended in self._ended_by_death:
            if ended.stay.left:
                return _Dated(ended.stay.left.date(), ended.stay.left.date())
        months = [d for d in said if d.earliest]
        if months and months[0].latest:
            return _Dated(months[0].earliest, months[0].latest)
        return self._undated(max(d.said for d in said)) if said else None

    def _undated(self, said: date) -> _Dated:
        """Between when the person was last known to be alive and when the death was told."""
        alive = [moment.date() for moment in self._moments if moment.date() <= said]
        return _Dated(max(alive, default=None), said)

    def _died_in(self, stay: RecordedStay, dated: _Dated) -> bool:
        if stay.has_died:
            return True
        return stay.left is None and stay.admitted.date() <= dated.latest and not self._ended(stay)

    def _ended(self, stay: RecordedStay) -> bool:
        """True where a later stay shows that one without a discharge is over."""
        return any(
            other.stay.has_died or other.stay.admitted > stay.admitted
            for other in self._stays
            if other.stay is not stay
        )


def _coded(records: Iterable[Record]) -> Iterator[str]:
    """The flags that the diagnoses on record are evidence of."""
    for record in records:
        yield from (FLAG_OF[code] for code in record.codes if code in FLAG_OF)


def _treated(stays: Iterable[_Stayed]) -> Iterator[str]:
    """The flags that the specialties of the stays suggest."""
    specialties = (stayed.stay.specialty for stayed in stays)
    yield from (SPECIALTIES[s] for s in specialties if s in SPECIALTIES)


def _place(in_hospital: list[_Stayed], after: list[_Stayed], dated: _Dated) -> Place:
    if in_hospital:
        return Place.IN_HOSPITAL
    if any(_days(s.stay, dated) is not None for s in after):
        return Place.AFTER_DISCHARGE
    return Place.POSSIBLY if after else Place.OUT_OF_SCOPE


def _within(stay: RecordedStay, dated: _Dated) -> bool:
    if stay.left is None or stay.admitted.date() > dated.latest:
        return False
    least = (dated.earliest - stay.left.date()).days if dated.earliest else 0
    return least <= DAYS_AFTER_DISCHARGE


def _days(stay: RecordedStay, dated: _Dated) -> int | None:
    """Days from leaving to the death; None where they are not known exactly."""
    if stay.left is None:
        return None
    most = (dated.latest - stay.left.date()).days
    least = (dated.earliest - stay.left.date()).days if dated.earliest else 0
    return most if most == max(least, 0) else None


def _left(stayed: _Stayed) -> datetime:
    return stayed.stay.left or datetime.min


def _surest(stayed: _Stayed) -> tuple[bool, datetime]:
    return stayed.stay.has_died, stayed.stay.admitted
