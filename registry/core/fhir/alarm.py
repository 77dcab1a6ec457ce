"""An alarm as a ServiceRequest about a group of deaths."""

from __future__ import annotations

from conformance import canonical
from nhs import addresses
from registry.core.concern import Alarm
from registry.core.fhir.elements import Resource, concept, valued
from registry.core.request_reading import DIAGNOSIS_GROUP, SPECIALTY
from registry.directory.organisation import Directory

_GROUP = "deaths"
_NAMES = {
    "service-alarm": "Alarm on a service",
    "quality-improvement-theme": "Quality improvement theme",
}


def request(alarm: Alarm, directory: Directory) -> Resource:
    """Takes an alarm and the directory; returns its ServiceRequest."""
    group_codes = alarm.group_codes or ((),) * len(alarm.diagnosis_groups)
    characteristics = [
        *(
            _characteristic(SPECIALTY, addresses.MAIN_SPECIALTY, (code,), code)
            for code in sorted(alarm.specialties)
        ),
        *(
            _characteristic(DIAGNOSIS_GROUP, addresses.ICD10, codes, words)
            for words, codes in zip(alarm.diagnosis_groups, group_codes, strict=True)
        ),
    ]
    return valued(
        resourceType="ServiceRequest",
        id=alarm.number,
        meta={"profile": [canonical.ALARM]},
        contained=[
            {
                "resourceType": "Group",
                "id": _GROUP,
                "type": "person",
                "actual": False,
                "characteristic": characteristics,
            }
        ],
        identifier=[{"system": canonical.ALARM_ID, "value": alarm.number}],
        status="revoked" if alarm.is_withdrawn else "active",
        intent="proposal",
        code={"text": "Review of the deaths of a service"},
        subject={"reference": f"#{_GROUP}"},
        occurrencePeriod=valued(
            start=alarm.begins.isoformat(), end=alarm.ends.isoformat() if alarm.ends else None
        ),
        requester={
            "reference": f"Organization/{alarm.organisation}",
            "identifier": {"system": addresses.ODS_ORGANISATION, "value": alarm.organisation},
            "display": directory.name(alarm.organisation),
        },
        reasonCode=[concept(canonical.ALARM_KIND, alarm.kind, _NAMES[alarm.kind])],
        note=[{"text": alarm.text}] if alarm.text else [],
    )


def _characteristic(kind: str, system: str, codes: tuple[str, ...], words: str) -> Resource:
    coding = [{"system": system, "code": code} for code in codes]
    return {
        "code": {"coding": [{"system": canonical.ALARM_SUBJECT, "code": kind}]},
        "valueCodeableConcept": valued(coding=coding, text=words),
        "exclude": False,
    }
