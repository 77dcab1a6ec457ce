"""Message Bundles as an adapter sends them (docs/message-bundle.md), written out by hand."""

from __future__ import annotations

from typing import Any
from uuid import NAMESPACE_OID, uuid5

from conformance import canonical
from nhs import addresses, nhs_number

Resource = dict[str, Any]
NUMBER = "9990000018"


def number_of(serial: int) -> str:
    """Takes a serial number; returns a valid NHS number of the test range."""
    nine = f"99912{serial:04d}"
    digit = nhs_number.check_digit(nine)
    return f"{nine}{digit}" if digit is not None else number_of(serial + 5000)


def _entry(resource: Resource) -> Resource:
    return {"fullUrl": f"urn:uuid:{resource['id']}", "resource": resource}


def _id(*parts: str) -> str:
    return str(uuid5(NAMESPACE_OID, " ".join(parts)))


def message(
    trigger: str = "A31",
    *,
    sender: str = "RT1",
    control_id: str = "1",
    recorded: str = "2026-03-03T09:00:00+00:00",
    number: str | None = NUMBER,
    mrn: str | None = None,
    practice: str | None = "P81001",
    died: str | bool | None = None,
    admitted: str | None = None,
    discharged: str | None = None,
    method: str | None = None,
    visit: str = "V1",
    prior_mrn: str | None = None,
    flag: str | None = None,
) -> Resource:
    """A message; `died` False takes a death back; a stay is stated where a date of it is."""
    organisation = {
        "resourceType": "Organization",
        "id": _id("org", sender),
        "identifier": [{"system": addresses.ODS_ORGANISATION, "value": sender}],
    }
    patient = _patient(sender, number, mrn, died)
    entries = [_header(trigger, organisation, patient), organisation, patient]
    if practice:
        surgery = {
            "resourceType": "Organization",
            "id": _id("org", practice),
            "identifier": [{"system": addresses.ODS_ORGANISATION, "value": practice}],
        }
        patient["generalPractitioner"] = [{"reference": f"urn:uuid:{surgery['id']}"}]
        entries.append(surgery)
    if admitted or discharged:
        entries.append(_encounter(sender, patient, admitted, discharged, method, visit))
    if prior_mrn:
        entries.append(_prior(sender, patient, prior_mrn))
    if flag:
        entries += _flag(sender, patient, flag)
    entries.append(_provenance(patient, organisation, control_id, recorded))
    return {"resourceType": "Bundle", "type": "message", "entry": [_entry(e) for e in entries]}


def _local(sender: str, value: str) -> Resource:
    return {"system": canonical.local_identifier(sender, sender), "value": value}


def _patient(sender: str, number: str | None, mrn: str | None, died: str | bool | None) -> Resource:
    identifiers = [{"system": addresses.NHS_NUMBER, "value": number}] if number else []
    if mrn:
        identifiers.append(_local(sender, mrn))
    patient: Resource = {
        "resourceType": "Patient",
        "id": _id("patient", sender, number or "", mrn or ""),
        "name": [{"family": "Example", "given": ["Ada"]}],
        "birthDate": "1950-02-03",
    }
    if identifiers:
        patient["identifier"] = identifiers
    if isinstance(died, str):
        patient["deceasedDateTime"] = died
    elif died is not None:
        patient["deceasedBoolean"] = died
    return patient


def _header(trigger: str, organisation: Resource, patient: Resource) -> Resource:
    return {
        "resourceType": "MessageHeader",
        "id": _id("header", trigger, patient["id"]),
        "eventCoding": {"system": addresses.V2_EVENT, "code": trigger},
        "source": {"endpoint": "urn:example"},
        "sender": {"reference": f"urn:uuid:{organisation['id']}"},
        "focus": [{"reference": f"urn:uuid:{patient['id']}"}],
    }


def _encounter(
    sender: str,
    patient: Resource,
    admitted: str | None,
    discharged: str | None,
    method: str | None,
    visit: str,
) -> Resource:
    period = {"start": admitted, "end": discharged}
    encounter: Resource = {
        "resourceType": "Encounter",
        "id": _id("encounter", sender, visit),
        "identifier": [{"system": canonical.local_identifier(sender, "visit"), "value": visit}],
        "status": "finished" if discharged else "in-progress",
        "class": {"system": addresses.ENCOUNTER_CLASS, "code": "IMP"},
        "subject": {"reference": f"urn:uuid:{patient['id']}"},
        "period": {name: value for name, value in period.items() if value},
    }
    if method:
        coding = {"system": addresses.DISCHARGE_METHOD, "code": method}
        encounter["extension"] = [
            {
                "url": addresses.EXTENSION_DISCHARGE_METHOD,
                "valueCodeableConcept": {"coding": [coding]},
            }
        ]
    return encounter


def _prior(sender: str, patient: Resource, mrn: str) -> Resource:
    prior_id = _id("prior", sender, mrn)
    patient["link"] = [{"other": {"reference": f"urn:uuid:{prior_id}"}, "type": "replaces"}]
    back = {"other": {"reference": f"urn:uuid:{patient['id']}"}, "type": "replaced-by"}
    return {
        "resourceType": "Patient",
        "id": prior_id,
        "identifier": [_local(sender, mrn)],
        "active": False,
        "link": [back],
    }


def _flag(sender: str, patient: Resource, flag: str) -> list[Resource]:
    subject = {"reference": f"urn:uuid:{patient['id']}"}
    coding = {
        "system": addresses.ICD10,
        "code": "F72",
        "extension": [
            {
                "url": addresses.EXTENSION_VALUE_SET_REFERENCE,
                "valueUri": f"{canonical.VALUE_SET}{flag}|1",
            }
        ],
    }
    condition = {
        "resourceType": "Condition",
        "id": _id("condition", sender, flag),
        "code": {"coding": [coding]},
        "subject": subject,
    }
    detail = {
        "url": addresses.EXTENSION_FLAG_DETAIL,
        "valueReference": {"reference": f"urn:uuid:{condition['id']}"},
    }
    return [
        condition,
        {
            "resourceType": "Flag",
            "id": _id("flag", sender, flag),
            "extension": [detail],
            "status": "active",
            "code": {"coding": [{"system": canonical.FLAG_CODE, "code": flag}]},
            "subject": subject,
        },
    ]


def _provenance(
    patient: Resource, organisation: Resource, control_id: str, recorded: str
) -> Resource:
    return {
        "resourceType": "Provenance",
        "id": _id("provenance", control_id),
        "target": [{"reference": f"urn:uuid:{patient['id']}"}],
        "recorded": recorded,
        "agent": [{"who": {"reference": f"urn:uuid:{organisation['id']}"}}],
        "entity": [
            {
                "role": "source",
                "what": {
                    "identifier": {"system": canonical.MESSAGE_CONTROL_ID, "value": control_id}
                },
            },
            {
                "role": "source",
                "what": {
                    "identifier": {
                        "system": "urn:ietf:rfc:3986",
                        "value": f"urn:hash::sha256:{control_id}",
                    }
                },
            },
        ],
    }
