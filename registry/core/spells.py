"""Spells: what the statements about one stay in one provider add up to.

Newest statement wins, field by field: what a message leaves out stays as it was. A cancel takes
back the event it names, whether it arrives before or after it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from nhs.partial_date import PartialDate
from registry.core.statement import METHOD_STILLBIRTH, Statement, StayStated

CANCEL_ADMIT = "A11"
CANCEL_DISCHARGE = "A13"
DISCHARGE = "A03"
# Events that say the stay is real after a cancelled admission; an update (A08) does not.
_PATIENT_PRESENT = {"A01", "A02", "A03", "A04", "A06", "A07", "A12", "A13"}

# NHS Data Dictionary, METHOD OF DISCHARGE and DESTINATION OF DISCHARGE.
METHOD_DIED = "4"
METHODS_ALIVE = {"1", "2", "3", "6", "7"}
DESTINATION_DIED = "79"

# Home leave is no discharge: A21 begins it, A22 ends it, A52 and A53 cancel these.
_ON_LEAVE = {"A21": True, "A53": True, "A22": False, "A52": False}


class Kind(StrEnum):
    """What a stay is, for the rules of scope."""

    INPATIENT = "inpatient"
    DAY_CASE = "day-case"
    EMERGENCY = "emergency"
    CONTACT = "contact"
    PLANNED = "planned"


# Classes of v3-ActCode; a class not named here is an admission whose sender gave none (PV1-2).
_KINDS = {
    "SS": Kind.DAY_CASE,
    "EMER": Kind.EMERGENCY,
    "AMB": Kind.CONTACT,
    "HH": Kind.CONTACT,
    "VR": Kind.CONTACT,
    "FLD": Kind.CONTACT,
    "PRENC": Kind.PLANNED,
}


@dataclass(frozen=True, slots=True)
class Spell:
    """One stay in one provider: admission to discharge, as now known."""

    provider: str
    number: str
    encounter_class: str = "UNK"
    admitted: PartialDate | None = None
    discharged: PartialDate | None = None
    admission_method: str | None = None
    discharge_method: str | None = None
    discharge_destination: str | None = None
    is_cancelled: bool = False
    is_on_leave: bool = False
    specialty: str | None = None

    @property
    def kind(self) -> Kind:
        """What the stay is: by its class, inpatient where the sender gave none."""
        return _KINDS.get(self.encounter_class, Kind.INPATIENT)

    @property
    def is_admitted(self) -> bool:
        """True for a stay in a bed of the provider that was not cancelled."""
        return self.kind in (Kind.INPATIENT, Kind.DAY_CASE) and not self.is_cancelled

    @property
    def says_stillborn(self) -> bool:
        """True when the discharge says that the baby was stillborn."""
        return self.discharge_method == METHOD_STILLBIRTH and not self.is_cancelled

    @property
    def says_died(self) -> bool:
        """True when the discharge itself says that the person died in this spell."""
        if self.discharged is None or self.discharge_method == METHOD_STILLBIRTH:
            return False
        return self.discharge_method == METHOD_DIED or (
            self.discharge_method not in METHODS_ALIVE
            and self.discharge_destination == DESTINATION_DIED
        )


def spells(statements: Iterable[Statement]) -> list[Spell]:
    """Takes one person's statements, oldest first; returns their spells, by provider and number."""
    by_stay: dict[tuple[str, str], list[Statement]] = defaultdict(list)
    for statement in statements:
        if statement.stay is not None:
            by_stay[statement.source, statement.stay.number].append(statement)
    return [_fold(Spell(*key), stated) for key, stated in sorted(by_stay.items())]


def _fold(spell: Spell, statements: list[Statement]) -> Spell:
    for statement in statements:
        if statement.stay is not None:
            spell = _apply(spell, statement, statement.stay)
    return spell


def _apply(spell: Spell, statement: Statement, stay: StayStated) -> Spell:
    spell = _describe(spell, stay)
    if statement.trigger == CANCEL_ADMIT or stay.status == "cancelled":
        return replace(_without_discharge(spell), is_cancelled=True)
    if statement.trigger in _PATIENT_PRESENT:
        spell = replace(spell, is_cancelled=False)
    if statement.trigger in _ON_LEAVE:
        spell = replace(spell, is_on_leave=_ON_LEAVE[statement.trigger])
    if statement.trigger == CANCEL_DISCHARGE or stay.discharge_deleted:
        return _without_discharge(spell)
    return _discharge(spell, statement, stay)


def _describe(spell: Spell, stay: StayStated) -> Spell:
    return replace(
        spell,
        encounter_class=spell.encounter_class
        if stay.encounter_class == "UNK"
        else stay.encounter_class,
        admitted=_date(stay.admitted) or spell.admitted,
        admission_method=stay.admission_method or spell.admission_method,
        specialty=stay.specialty or spell.specialty,
    )


def _discharge(spell: Spell, statement: Statement, stay: StayStated) -> Spell:
    spell = replace(
        spell,
        discharge_method=stay.discharge_method or spell.discharge_method,
        discharge_destination=stay.discharge_destination or spell.discharge_destination,
    )
    if stay.discharged is not None:
        return replace(spell, discharged=_date(stay.discharged))
    # A discharge that does not say when: at the time of its event.
    if statement.trigger == DISCHARGE and spell.discharged is None and statement.recorded:
        when = PartialDate.parse(statement.recorded.isoformat())
        return replace(spell, discharged=when)
    return spell


def _without_discharge(spell: Spell) -> Spell:
    return replace(
        spell,
        discharged=None,
        discharge_method=None,
        discharge_destination=None,
    )


def _date(text: str | None) -> PartialDate | None:
    return PartialDate.parse(text) if text else None
