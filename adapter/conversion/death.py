"""Whether a message says that a person died: three values and a conflict, never a guess.

PID-30 says it, PID-29 implies it, a discharge can say it. `""`, N and RESURREC (the national
master patient index of Wales) take it back. UK Core: Extension-UKCore-DeathNotificationStatus.
"""

from __future__ import annotations

import re
from enum import Enum

from adapter.conversion.discharge import Verdict
from adapter.conversion.draft import Draft, Resource, concept
from adapter.conversion.hl7_time import read_time
from adapter.er7 import NULL, Segment
from mappings import CodeMap
from nhs import addresses
from nhs.partial_date import PartialDate

_RESURRECTED = "RESURREC"
_MEANT_AS_DATE = re.compile(r"(?:18|19|20)\d\d")
_WORDS = re.compile(r"\b(?:dead|died|deceased)\b", re.I)
INFORMAL, REMOVED = "1", "U"


class Indicator(Enum):
    """What PID-30 says."""

    SILENT = "silent"
    YES = "yes"
    NO = "no"  # also where it is deleted


class Date(Enum):
    """What PID-29 says, whatever the date is."""

    SILENT = "silent"
    GIVEN = "given"
    DELETED = "deleted"
    RESURRECTED = "resurrected"


class Statement(Enum):
    """What a message says about a person's death."""

    NOTHING = "nothing"
    DIED = "died"
    TAKEN_BACK = "taken back"
    CONFLICT = "conflict"


def decide(indicator: Indicator, date: Date, discharge: Verdict) -> Statement:
    """Takes the evidence; returns what it adds up to.

    A deleted date beside "yes" deletes only the date. A suspicion is no claim, but enough to keep
    a denial from being believed.
    """
    said = indicator is Indicator.YES or date is Date.GIVEN or discharge is Verdict.DIED
    denied = (
        indicator is Indicator.NO
        or date is Date.RESURRECTED
        or (date is Date.DELETED and indicator is not Indicator.YES)
    )
    if denied and (said or discharge is Verdict.SUSPECTED):
        return Statement.CONFLICT
    if said:
        return Statement.DIED
    return Statement.TAKEN_BACK if denied else Statement.NOTHING


def write_death(
    patient: Resource, pid: Segment, label: str, discharge: Verdict, draft: Draft, yes_no: CodeMap
) -> None:
    """Takes a Patient with its birth date, its PID and the verdict of its discharge; adds what is
    said about death."""
    date, when = _date(pid, label, draft)
    statement = decide(_indicator(pid, label, draft, yes_no), date, discharge)
    if statement is Statement.CONFLICT:
        draft.note("death-statement-conflict", f"{label}-30")
    elif statement is Statement.TAKEN_BACK:
        patient["deceasedBoolean"] = False
        _add_status(patient, REMOVED, "Removed")
    elif statement is Statement.DIED:
        if when:
            patient["deceasedDateTime"] = when
            _check_plausible(when, patient.get("birthDate"), f"{label}-29", draft)
        else:
            patient["deceasedBoolean"] = True
        _add_status(patient, INFORMAL)


def _indicator(pid: Segment, label: str, draft: Draft, yes_no: CodeMap) -> Indicator:
    written = pid.text(30)
    if not written:
        return Indicator.SILENT
    if written == NULL:
        return Indicator.NO
    target = yes_no.find(written)
    if target is not None:
        return Indicator.YES if target.code == "yes" else Indicator.NO
    draft.note("death-suspected" if _WORDS.search(written) else "code-unknown", f"{label}-30")
    return Indicator.SILENT


def _date(pid: Segment, label: str, draft: Draft) -> tuple[Date, str]:
    """What PID-29 says, and the FHIR text of its date, '' where it cannot be read.

    A text that is meant as a date still says that the person died; any other is only suspicious.
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
