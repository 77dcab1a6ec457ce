"""The invented people of the stand-in, and how the services answer about them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from nhs import addresses

Json = dict[str, Any]
_DISPLAY = {
    "1": "Informal - death notice received via an update from a local NHS Organisation",
    "2": "Formal - death notice received from Registrar of Deaths",
    "U": "Removed",
}
_NRAF = "https://fhir.nhs.uk/England/CodeSystem/England-FlagCategoryPatient"
_CONDITION = "https://fhir.nhs.uk/England/CodeSystem/England-ConditionCodeRA"


@dataclass
class Person:
    """One person as the services hold them.

    `number` is the current NHS number, `status` and `died` what is held of their death,
    `impairments` the codes of their flag; `answers` HTTP statuses to give first, one for each
    request, `retry_after` the header that goes with them, and `seconds` how long any answer takes.
    """

    number: str
    status: str | None = None
    died: str | None = None
    is_restricted: bool = False
    is_invalidated: bool = False
    impairments: list[str] = field(default_factory=list[str])
    answers: list[int] = field(default_factory=list[int])
    retry_after: str | None = None
    seconds: float = 0.0
    version: int = 1


def patient(person: Person) -> Json:
    """Takes a person; returns the demographics service's Patient."""
    confidentiality = "R" if person.is_restricted else "U"
    made: Json = {
        "resourceType": "Patient",
        "id": person.number,
        "identifier": [{"system": addresses.NHS_NUMBER, "value": person.number}],
        "meta": {
            "versionId": str(person.version),
            "security": [
                {
                    "system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality",
                    "code": confidentiality,
                }
            ],
        },
        "name": [{"id": "1", "use": "usual", "family": "Standing", "given": ["Ines"]}],
        "gender": "female",
        "birthDate": "1950-02-03",
    }
    if not person.is_restricted:
        made["address"] = [
            {"id": "2", "use": "home", "line": ["1 Trevelyan Square"], "postalCode": "LS1 6AE"}
        ]
        made["generalPractitioner"] = [
            {
                "id": "3",
                "type": "Organization",
                "identifier": {"system": addresses.ODS_ORGANISATION, "value": "Y12345"},
            }
        ]
    if person.status is not None:
        made["extension"] = [_death_status(person.status)]
    if person.died is not None:
        made["deceasedDateTime"] = person.died
    return made


def _death_status(status: str) -> Json:
    coding = {
        "system": addresses.DEATH_NOTIFICATION_STATUS,
        "version": "1.0.0",
        "code": status,
        "display": _DISPLAY.get(status, status),
    }
    return {
        "url": addresses.EXTENSION_DEATH_NOTIFICATION_STATUS,
        "extension": [
            {"url": "deathNotificationStatus", "valueCodeableConcept": {"coding": [coding]}}
        ],
    }


def patient_flag(person: Person) -> Json:
    """Takes a person; returns the patient-flags service's searchset."""
    subject = {"reference": f"Patient/{person.number}"}
    category = {"system": _NRAF, "code": "national-reasonable-adjustment-flag"}
    resources: list[Json] = []
    if person.impairments:
        resources.append(
            {
                "resourceType": "Flag",
                "id": "flag",
                "status": "active",
                "code": {"coding": [category]},
                "subject": subject,
            }
        )
    resources += [
        {
            "resourceType": "Condition",
            "id": f"condition-{code}",
            "clinicalStatus": {
                "coding": [
                    {
                        "system": "http://terminology.hl7.org/CodeSystem/condition-clinical",
                        "code": "active",
                    }
                ]
            },
            "category": [{"coding": [category]}],
            "code": {"coding": [{"system": _CONDITION, "code": code}]},
            "subject": subject,
        }
        for code in person.impairments
    ]
    entries = [{"resource": one, "search": {"mode": "match"}} for one in resources]
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": len(entries),
        "entry": entries,
    }


def problem(code: str, issue: str) -> Json:
    """Takes a national error code and FHIR's issue type; returns the OperationOutcome."""
    coding = {"system": addresses.SPINE_ERROR, "version": "1", "code": code}
    return {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "error", "code": issue, "details": {"coding": [coding]}}],
    }
