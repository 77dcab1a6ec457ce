"""Whether a message says that a person died: three values and a conflict, never a guess.

PID-30 says it, PID-29 and PDA imply it, a discharge can say it; `""`, N and RESURREC take it back.
What they add up to is in mappings/death.yaml. UK Core: Extension-UKCore-DeathNotificationStatus.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from adapter.conversion.draft import Draft, Resource, concept
from adapter.conversion.groups import Group
from adapter.conversion.hl7_time import read_time
from adapter.er7 import NO_VALUE, NULL, Segment
from mappings import (
    Certificate,
    CodeMap,
    Date,
    DeathRules,
    FieldPlace,
    Indicator,
    Statement,
    Verdict,
)
from nhs import addresses
from nhs.partial_date import PartialDate

_RESURRECTED = "RESURREC"
_MEANT_AS_DATE = re.compile(r"(?:18|19|20)\d\d")
INFORMAL, REMOVED = "1", "U"


@dataclass(frozen=True, slots=True)
class DeathWriter:
    """Writes what is said about death, with the decision tables and what PID-30's values mean."""

    rules: DeathRules
    yes_no: CodeMap

    def write(self, patient: Resource, group: Group, discharge: Verdict, draft: Draft) -> None:
        """Takes a Patient with its birth date, its segments and the verdict of its discharge."""
        label = group.label
        date, when = self._date(group.person, label, draft)
        indicator = self._indicator(group.person, label, draft)
        certificate = self._certificate(group)
        statement = self.rules.decide(indicator, date, discharge, certificate)
        if statement is Statement.CONFLICT:
            draft.note("death-statement-conflict", f"{label}-30")
        elif statement is Statement.SUSPECTED:
            draft.note("death-suspected", "PDA[1]")
        elif statement is Statement.TAKEN_BACK:
            patient["deceasedBoolean"] = False
            _add_status(patient, REMOVED, "Removed")
        elif statement is Statement.DIED:
            _add_death(patient, when, f"{label}-29", draft)

    def _indicator(self, pid: Segment, label: str, draft: Draft) -> Indicator:
        written = pid.text(30)
        if not written:
            return Indicator.SILENT
        if written == NULL:
            return Indicator.NO
        target = self.yes_no.find(written)
        if target is not None:
            return Indicator(target.code)
        is_suspicious = self.rules.words.search(written)
        draft.note("death-suspected" if is_suspicious else "code-unknown", f"{label}-30")
        return Indicator.SILENT

    def _date(self, pid: Segment, label: str, draft: Draft) -> tuple[Date, str]:
        """What PID-29 says, and the FHIR text of its date, '' where it cannot be read.

        A text that is meant as a date still says that the person died; another is only suspicious.
        """
        written = pid.text(29)
        if not written:
            return Date.SILENT, ""
        if written == NULL:
            return Date.DELETED, ""
        if written.upper() == _RESURRECTED:
            return Date.RESURRECTED, ""
        time = read_time(written, draft.site.time_zone)
        if time.issue:
            draft.note(time.issue, f"{label}-29")
        if time.text or _MEANT_AS_DATE.match(written):
            return Date.GIVEN, time.text
        draft.note("death-suspected", f"{label}-29")
        return Date.SILENT, ""

    def _certificate(self, group: Group) -> Certificate:
        for pda in group.all("PDA")[:1]:
            if self._is_said(pda, self.rules.certified):
                return Certificate.CERTIFIED
            if self._is_said(pda, self.rules.mentioned):
                return Certificate.MENTIONED
        return Certificate.SILENT

    def _is_said(self, pda: Segment, places: tuple[FieldPlace, ...]) -> bool:
        """True where one of the fields has a value, and none that means "no"."""
        return any(self._is_yes(pda, place) for place in places if pda.field(place.field))

    def _is_yes(self, pda: Segment, place: FieldPlace) -> bool:
        written = pda.text(place.field, place.component or 1) or pda.text(place.field, 2)
        target = self.yes_no.find(written)
        return written not in NO_VALUE and (target is None or target.code != Indicator.NO.value)


def _add_death(patient: Resource, when: str, where: str, draft: Draft) -> None:
    if when:
        patient["deceasedDateTime"] = when
        _check_plausible(when, patient.get("birthDate"), where, draft)
    else:
        patient["deceasedBoolean"] = True
    _add_status(patient, INFORMAL)


def _check_plausible(died: str, born: str | None, where: str, draft: Draft) -> None:
    death = PartialDate.parse(died)
    sent = read_time(draft.message.header.text(7), draft.site.time_zone)
    before_birth = born is not None and death.latest < PartialDate.parse(born).earliest
    after_message = bool(sent.text) and death.earliest > PartialDate.parse(sent.text).latest
    if before_birth or after_message:
        draft.note("death-date-implausible", where)


def _add_status(patient: Resource, code: str, display: str = "") -> None:
    status = concept(addresses.DEATH_NOTIFICATION_STATUS, code, display)
    value = {"url": "deathNotificationStatus", "valueCodeableConcept": status}
    extension = {"url": addresses.EXTENSION_DEATH_NOTIFICATION_STATUS, "extension": [value]}
    patient.setdefault("extension", []).append(extension)
