"""What may leave the trust, element by element; whatever is not named here stays behind.

docs/message-bundle.md, "Minimised".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from adapter.conversion.identity import INVALID_NHS_NUMBER
from nhs import addresses


@dataclass(frozen=True, slots=True)
class Keep:
    """The element is kept where it is a primitive, or a list of primitives."""


@dataclass(frozen=True, slots=True)
class Extensions:
    """Only extensions of these addresses are kept, and of each what its rule allows."""

    by_url: Mapping[str, Rule]


Rule = Keep | Extensions | Callable[[Any], Any] | Mapping[str, Any]
"""Keep, Extensions, a table of allowed elements, or a function that shortens a text."""

KEEP = Keep()
_POSTCODE = re.compile(r"([A-Z]{1,2}\d[A-Z\d]?)(?: *\d[A-Z]{2})?")


def outward(postcode: Any) -> str | None:
    """Takes a postcode; returns its outward part, or None where it is no postcode."""
    match = _POSTCODE.fullmatch(postcode.strip().upper()) if isinstance(postcode, str) else None
    return match[1] if match else None


def own_label(label: Any) -> str | None:
    """Takes the text of an identifier's type; returns it where the words are ours."""
    return label if label == INVALID_NHS_NUMBER else None


REFERENCE = {"reference": KEEP}
META = {"profile": KEEP}
CODING = {"system": KEEP, "version": KEEP, "code": KEEP, "display": KEEP}
CONCEPT = {"coding": CODING}
IDENTIFIER = {"system": KEEP, "value": KEEP, "type": {"coding": CODING, "text": own_label}}
CONCEPT_EXTENSION = {"url": KEEP, "valueCodeableConcept": CONCEPT}

EXTENSIONS = Extensions(
    {
        addresses.EXTENSION_DATA_ABSENT_REASON: {"url": KEEP, "valueCode": KEEP},
        addresses.EXTENSION_DEATH_NOTIFICATION_STATUS: {
            "url": KEEP,
            "extension": {"url": KEEP, "valueCodeableConcept": CONCEPT},
        },
        addresses.EXTENSION_NHS_NUMBER_VERIFICATION_STATUS: CONCEPT_EXTENSION,
        addresses.EXTENSION_DISCHARGE_METHOD: CONCEPT_EXTENSION,
        addresses.EXTENSION_ADMISSION_METHOD: CONCEPT_EXTENSION,
        addresses.EXTENSION_FLAG_DETAIL: {"url": KEEP, "valueReference": REFERENCE},
        addresses.EXTENSION_VALUE_SET_REFERENCE: {"url": KEEP, "valueUri": KEEP},
    }
)

ABSENT = {"extension": EXTENSIONS}
PERIOD = {"start": KEEP, "end": KEEP, "_start": ABSENT, "_end": ABSENT}

# A diagnosis keeps its code and list, not the sender's words for it.
EVIDENCE_CODING = {"system": KEEP, "version": KEEP, "code": KEEP, "extension": EXTENSIONS}

RESOURCES: dict[str, dict[str, Any]] = {
    "MessageHeader": {
        "eventCoding": CODING,
        "sender": REFERENCE,
        "source": {"name": KEEP, "endpoint": KEEP},
        "focus": REFERENCE,
    },
    "Organization": {"identifier": IDENTIFIER, "name": KEEP},
    "Location": {
        "identifier": IDENTIFIER,
        "name": KEEP,
        "physicalType": CONCEPT,
        "partOf": REFERENCE,
    },
    "Patient": {
        "extension": EXTENSIONS,
        "identifier": IDENTIFIER | {"extension": EXTENSIONS},
        "active": KEEP,
        "name": {
            "use": KEEP,
            "family": KEEP,
            "given": KEEP,
            "prefix": KEEP,
            "suffix": KEEP,
            "period": PERIOD,
        },
        "gender": KEEP,
        "birthDate": KEEP,
        "deceasedBoolean": KEEP,
        "deceasedDateTime": KEEP,
        "address": {"postalCode": outward},
        "generalPractitioner": REFERENCE,
        "link": {"other": REFERENCE, "type": KEEP},
    },
    "Encounter": {
        "extension": EXTENSIONS,
        "identifier": IDENTIFIER,
        "status": KEEP,
        "class": CODING,
        "subject": REFERENCE,
        "period": PERIOD,
        "hospitalization": {
            "extension": EXTENSIONS,
            "admitSource": CONCEPT,
            "dischargeDisposition": CONCEPT,
        },
        "serviceType": CONCEPT,
        "location": {"location": REFERENCE},
        "serviceProvider": REFERENCE,
    },
    "Condition": {
        "clinicalStatus": CONCEPT,
        "verificationStatus": CONCEPT,
        "category": CONCEPT,
        "code": {"coding": EVIDENCE_CODING},
        "subject": REFERENCE,
        "encounter": REFERENCE,
        "recordedDate": KEEP,
    },
    "Flag": {
        "extension": EXTENSIONS,
        "status": KEEP,
        "category": CONCEPT,
        "code": CONCEPT,
        "subject": REFERENCE,
        "period": PERIOD,
        "author": REFERENCE,
    },
    "Provenance": {
        "target": REFERENCE,
        "occurredDateTime": KEEP,
        "recorded": KEEP,
        "_recorded": ABSENT,
        "agent": {"who": REFERENCE},
        "entity": {"role": KEEP, "what": {"identifier": IDENTIFIER}},
    },
    "OperationOutcome": {
        "issue": {
            "severity": KEEP,
            "code": KEEP,
            "details": CONCEPT,
            "diagnostics": KEEP,
        }
    },
}
HEAD = {"resourceType": KEEP, "id": KEEP, "meta": META}
ONLY_AS_REFERRED_TO = {"Organization", "Location", "Condition"}
BUNDLE = {"resourceType": KEEP, "id": KEEP, "type": KEEP, "timestamp": KEEP}
