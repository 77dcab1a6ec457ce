"""The least that the registry needs: what may leave the trust, as a list of what is allowed.

docs/message-bundle.md, "Minimised". Whatever is not named here stays behind.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from conformance import canonical
from nhs import addresses

Rule = Any
"""KEEP; a table of allowed elements; or a function that shortens a text (None: left out)."""

KEEP = object()


def outward(postcode: Any) -> str | None:
    """Takes a postcode; returns its outward part, or None where it is none."""
    match = _POSTCODE.fullmatch(postcode.strip().upper()) if isinstance(postcode, str) else None
    return match[1] if match else None


_POSTCODE = re.compile(r"([A-Z]{1,2}\d[A-Z\d]?)(?: *\d[A-Z]{2})?")

REFERENCE = {"reference": KEEP}
META = {"profile": KEEP}
CODING = {"system": KEEP, "version": KEEP, "code": KEEP, "display": KEEP}
CONCEPT = {"coding": CODING}
PERIOD = {"start": KEEP, "end": KEEP, "_start": KEEP, "_end": KEEP}
IDENTIFIER = {"system": KEEP, "value": KEEP, "type": {"coding": CODING, "text": KEEP}}
CONCEPT_EXTENSION = {"url": KEEP, "valueCodeableConcept": CONCEPT}
LOCATION_TYPES = {"si", "wa"}

EXTENSIONS: dict[str, Rule] = {
    addresses.EXTENSION_DEATH_NOTIFICATION_STATUS: {"url": KEEP, "extension": KEEP},
    addresses.EXTENSION_NHS_NUMBER_VERIFICATION_STATUS: CONCEPT_EXTENSION,
    addresses.EXTENSION_DISCHARGE_METHOD: CONCEPT_EXTENSION,
    addresses.EXTENSION_ADMISSION_METHOD: CONCEPT_EXTENSION,
    addresses.EXTENSION_FLAG_DETAIL: {"url": KEEP, "valueReference": REFERENCE},
    addresses.EXTENSION_VALUE_SET_REFERENCE: {"url": KEEP, "valueUri": KEEP},
}

# A diagnosis keeps its code and list, not the sender's words for it.
EVIDENCE_CODING = {"system": KEEP, "version": KEEP, "code": KEEP, "extension": EXTENSIONS}

RESOURCES: dict[str, Rule] = {
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
        "_recorded": KEEP,
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


def minimise(bundle: dict[str, Any]) -> dict[str, Any]:
    """Takes a message Bundle; returns a new one with only what is allowed.

    What only served what stays behind stays behind too, so every reference still resolves.
    """
    kept = {
        entry["fullUrl"]: _allowed(entry["resource"], HEAD | RESOURCES[entry["resource"]["resourceType"]])
        for entry in bundle["entry"]
        if entry["resource"]["resourceType"] in RESOURCES and _is_coarse(entry["resource"])
    }
    kept = {url: _resolved(resource, kept) for url, resource in kept.items()}
    reached = _reached(kept)
    whole = _allowed(bundle, BUNDLE)
    whole["meta"] = {"profile": [canonical.MINIMISED_BUNDLE]}
    whole["entry"] = [
        {"fullUrl": url, "resource": resource} for url, resource in kept.items() if url in reached
    ]
    return whole


def _is_coarse(resource: dict[str, Any]) -> bool:
    """False for places smaller than a ward."""
    if resource["resourceType"] != "Location":
        return True
    codings = resource.get("physicalType", {}).get("coding", [])
    return any(coding.get("code") in LOCATION_TYPES for coding in codings)


def _allowed(value: Any, rule: Rule) -> Any:
    """The part of a value that a rule allows; None where nothing of it is."""
    if rule is KEEP:
        return value
    if callable(rule):
        shorten: Callable[[Any], Any] = rule
        return shorten(value)
    if isinstance(value, list):
        items = [_allowed(item, _of_extension(item, rule)) for item in _listed(value)]
        return [item for item in items if item not in (None, {}, [])] or None
    if not isinstance(value, dict):
        return None
    pairs = ((key, _allowed(value[key], rule[key])) for key in _keys(value) if key in rule)
    return {key: part for key, part in pairs if part is not None} or None
