"""What the Personal Demographics Service says of a person, read from its FHIR answer.

Source: NHS England, Personal Demographics Service FHIR API (R4): Patient.id is the current NHS
number, whichever was asked for; meta.security is the confidentiality of the record; the UK Core
extension DeathNotificationStatus says how formally a death is held. Of all it answers only identity
and death are taken: no name, no address, no practice, so a restricted record and any other are
alike, and nothing gives away where somebody lives.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nhs import addresses, nhs_number
from nhs.partial_date import PartialDate
from registry.core.statement import DeathStated, NationalStatus, Verdict
from registry.national.foreign_json import Json, as_object, codes, objects

# The Spine's confidentiality code of a record that was made invalid.
_INVALID = "I"
INVALIDATED_RESOURCE = "INVALIDATED_RESOURCE"


class UnreadableAnswer(ValueError):
    """The answer is not what the service is documented to give; says what, never a value."""


@dataclass(frozen=True, slots=True)
class Demographics:
    """One person as the service holds them now.

    `number` is the current NHS number; `death` None where it holds none; `is_invalidated` True
    where the record was made invalid: it says nothing then.
    """

    number: str
    death: DeathStated | None = None
    is_invalidated: bool = False


def demographics(patient: Any) -> Demographics:
    """Takes the JSON of the answer to a read of a Patient; returns what it says. Raises
    UnreadableAnswer."""
    said = as_object(patient)
    if said.get("resourceType") != "Patient":
        raise UnreadableAnswer("the answer is no Patient")
    number = said.get("id")
    if not isinstance(number, str) or not nhs_number.is_valid(number):
        raise UnreadableAnswer("Patient.id is no valid NHS number")
    if _INVALID in _security(said):
        return Demographics(number, is_invalidated=True)
    return Demographics(number, _death(said))


def error_codes(outcome: Any) -> set[str]:
    """Takes the JSON of an answer that is an error; returns the national error codes in it."""
    issues = objects(as_object(outcome).get("issue"))
    return {code for issue in issues for code in codes(issue.get("details"))}


def _security(patient: Json) -> set[str]:
    meta = as_object(patient.get("meta"))
    return {str(one.get("code")) for one in objects(meta.get("security"))}


def _death(patient: Json) -> DeathStated | None:
    status = _status(patient)
    if status is NationalStatus.REMOVED:
        return None
    at = patient.get("deceasedDateTime")
    if at is None and status is None and patient.get("deceasedBoolean") is not True:
        return None
    if at is not None:
        _require_date(at)
    # Date and status are set together; a date without one is no registrar's word.
    return DeathStated(Verdict.DIED, at, status or NationalStatus.INFORMAL)


def _require_date(at: Any) -> None:
    try:
        PartialDate.parse(at)
    except (ValueError, TypeError):
        raise UnreadableAnswer("Patient.deceasedDateTime is no date") from None


def _status(patient: Json) -> NationalStatus | None:
    for extension in objects(patient.get("extension")):
        if extension.get("url") != addresses.EXTENSION_DEATH_NOTIFICATION_STATUS:
            continue
        for part in objects(extension.get("extension")):
            if part.get("url") != "deathNotificationStatus":
                continue
            for coding in objects(as_object(part.get("valueCodeableConcept")).get("coding")):
                if coding.get("system") == addresses.DEATH_NOTIFICATION_STATUS:
                    return _as_status(coding.get("code"))
    return None


def _as_status(code: Any) -> NationalStatus:
    try:
        return NationalStatus(code)
    except ValueError:
        raise UnreadableAnswer("the death notification status is not 1, 2 or U") from None
