"""Concerns and alarms: reasons for a review that people raise, kept as facts.

A concern is about one person's death: from the bereaved, from staff, or a medical examiner's
referral. An alarm is about a service for a period: a specialty or a group of diagnoses at one
provider (NHS Improvement 2017, must-review categories 1, 3 and 5).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from pydantic import TypeAdapter


class ConcernKind(StrEnum):
    """Who raised the concern."""

    BEREAVED = "bereaved-concern"
    STAFF = "staff-concern"
    MEDICAL_EXAMINER = "medical-examiner-referral"


class Recommendation(StrEnum):
    """What a medical examiner's referral recommends."""

    CASE_RECORD_REVIEW = "recommended-case-record-review"
    OTHER_GOVERNANCE = "recommended-other-governance-review"
    PALS = "recommended-pals"
    PATIENT_SAFETY_INCIDENT = "patient-safety-incident"
    CORONER = "coroner-to-be-notified"


@dataclass(frozen=True, slots=True)
class Concern:
    """A concern about one death; `text` is for those only who may read what the family said."""

    number: str
    kind: ConcernKind
    organisation: str
    raised_at: datetime
    recommendations: frozenset[Recommendation] = frozenset()
    text: str | None = None
    is_withdrawn: bool = False

    @property
    def phrase(self) -> str:
        """Who raised it, as people read it."""
        return _PHRASES[self.kind]


_PHRASES = {
    ConcernKind.BEREAVED: "The bereaved raised a concern about the care.",
    ConcernKind.STAFF: "Staff raised a concern about the care.",
    ConcernKind.MEDICAL_EXAMINER: "The medical examiner referred the death.",
}


class AlarmKind(StrEnum):
    """Why a service's deaths are looked at."""

    SERVICE = "service-alarm"
    THEME = "quality-improvement-theme"


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm on some specialties or diagnosis groups of one provider for a period of dates.

    `diagnosis_groups` are words, `group_codes` the ICD-10 codes of each, in the same order; none
    where its sender gave none. The registry holds no diagnoses beyond those of flags: where it
    holds none of a group, people are asked (registry.core.alarms).
    """

    number: str
    kind: AlarmKind
    organisation: str
    specialties: frozenset[str]
    diagnosis_groups: tuple[str, ...]
    begins: date
    ends: date | None
    text: str | None = None
    is_withdrawn: bool = False
    group_codes: tuple[tuple[str, ...], ...] = ()

    def covers(self, earliest: date | None, latest: date) -> bool:
        """Takes the range of dates a death may have; True if it may fall in the period."""
        return (
            not self.is_withdrawn
            and latest >= self.begins
            and (self.ends is None or earliest is None or earliest <= self.ends)
        )


def concern_to_json(concern: Concern) -> bytes:
    """Takes a concern; returns its canonical JSON."""
    return _CONCERN.dump_json(concern, exclude_defaults=True)


def concern_from_json(content: str | bytes) -> Concern:
    """Takes what `concern_to_json` returned; returns the concern."""
    return _CONCERN.validate_json(content)


def alarm_to_json(alarm: Alarm) -> bytes:
    """Takes an alarm; returns its canonical JSON."""
    return _ALARM.dump_json(alarm, exclude_defaults=True)


def alarm_from_json(content: str | bytes) -> Alarm:
    """Takes what `alarm_to_json` returned; returns the alarm."""
    return _ALARM.validate_json(content)


_CONCERN = TypeAdapter(Concern)
_ALARM = TypeAdapter(Alarm)
