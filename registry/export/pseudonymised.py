"""What a national export holds of each type: one table of elements, beside the visibility table
(registry/core/visibility.py), and what becomes of each.

It serves learning across England, not the care of one person. So nothing of it names or dates
anybody to the day: no identifier, name, postcode or text; the date of birth is an age band at
death; dates are months; ids and organisations are keyed hashes (HMAC-SHA256), the same in every
export to one recipient, and others to another. What is not in the table is left out.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from conformance import canonical
from nhs import addresses
from nhs.partial_date import PartialDate
from registry.core.visibility import SUBSETTED

Resource = dict[str, Any]

PSEUDONYMISED = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "code": "PSEUDED",
}
# Upper ages of the bands, and their codes; the last has none.
AGE_BANDS = (
    (0, "under-1"),
    (17, "1-17"),
    (24, "18-24"),
    (34, "25-34"),
    (44, "35-44"),
    (54, "45-54"),
    (64, "55-64"),
    (74, "65-74"),
    (84, "75-84"),
    (None, "85-and-over"),
)
# What a code of each vocabulary looks like: in a field of codes, senders write anything.
_FHIR_CODE = re.compile(r"[A-Za-z][A-Za-z-]{0,39}")
_DICTIONARY_CODE = re.compile(r"[0-9A-Z]{1,3}")
_ICD10_CODE = re.compile(r"[A-Z][0-9]{2}\.?[0-9X]{0,2}")
_OWN_CODE = re.compile(r"[0-9]|[a-z]{2,}(-([a-z]+|[0-9]{1,2}))*")
# The partition of an international concept, or of an extension's (SNOMED CT identifiers).
_SNOMED_CONCEPT = re.compile(r"[1-9][0-9]{2,14}[01]0[0-9]")

_FORMS = {
    addresses.SNOMED_CT: _SNOMED_CONCEPT,
    addresses.ICD10: _ICD10_CODE,
    addresses.UK_CORE_CODE_SYSTEM: _DICTIONARY_CODE,
    addresses.TERMINOLOGY: _FHIR_CODE,
    "http://hl7.org/fhir/": _FHIR_CODE,
}


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """Makes what stands for ids, under one recipient's key."""

    key: bytes

    @classmethod
    def of_recipient(cls, secret: bytes, recipient: str) -> Pseudonyms:
        """Takes the registry's secret for exports, and who receives them; returns that recipient's
        own."""
        return cls(hmac.digest(secret, f"recipient\x1f{recipient}".encode(), hashlib.sha256))

    def of(self, resource_type: str, resource_id: str) -> str:
        """Takes a type and an id; returns what stands for it: 32 hexadecimal digits."""
        text = f"{resource_type}\x1f{resource_id}".encode()
        return hmac.digest(self.key, text, hashlib.sha256)[:16].hex()


Rule = Callable[[Any, Resource, Pseudonyms], Any]
"""Takes an element, the resource it is of, and the pseudonyms; returns what is shown, None for
nothing."""


def _as_it_is(value: Any, _: Resource, __: Pseudonyms) -> Any:
    """A code of FHIR's own, or a yes or no."""
    is_code = isinstance(value, str) and _FHIR_CODE.fullmatch(value)
    return value if is_code or isinstance(value, bool) else None


def _pseudonym(value: Any, resource: Resource, names: Pseudonyms) -> Any:
    return names.of(resource["resourceType"], str(value))


def _reference(value: Any, _: Resource, names: Pseudonyms) -> Any:
    resource_type, slash, resource_id = str(value.get("reference", "")).partition("/")
    if not slash:
        return None
    return {"reference": f"{resource_type}/{names.of(resource_type, resource_id)}"}


def _month(value: Any, _: Resource, __: Pseudonyms) -> Any:
    when = _date(value)
    if when is None:
        return None
    return f"{when.earliest:%Y-%m}" if _is_one_month(when) else f"{when.earliest:%Y}"


def _months(value: Any, resource: Resource, names: Pseudonyms) -> Any:
    ends = {name: _month(value.get(name), resource, names) for name in ("start", "end")}
    return {name: month for name, month in ends.items() if month} or None


def _coding(value: Any, _: Resource, __: Pseudonyms) -> Any:
    system, code = value.get("system", ""), value.get("code", "")
    return {"system": system, "code": code} if _is_public(system, code) else None


def _concept(value: Any, resource: Resource, names: Pseudonyms) -> Any:
    found = [_coding(one, resource, names) for one in value.get("coding", [])]
    kept = [one for one in found if one]
    return {"coding": kept} if kept else None


def _each(rule: Rule) -> Rule:
    def all_of_them(value: Any, resource: Resource, names: Pseudonyms) -> Any:
        found = [rule(one, resource, names) for one in value]
        return [one for one in found if one] or None

    return all_of_them


def _elements(**rules: Rule) -> Rule:
    def some_of_them(value: Any, resource: Resource, names: Pseudonyms) -> Any:
        return _cut(value, rules, resource, names) or None

    return some_of_them


def _parameter(value: Any, resource: Resource, names: Pseudonyms) -> Any:
    """A review's input or output, where it is coded or names something by its id; never words."""
    rules: dict[str, Rule] = {"valueCodeableConcept": _concept, "valueReference": _reference}
    said = _cut(value, rules, resource, names)
    return {"type": _concept(value["type"], resource, names), **said} if said else None


def _coded_extension(value: Any, resource: Resource, names: Pseudonyms) -> Any:
    known = {addresses.EXTENSION_DISCHARGE_METHOD, addresses.EXTENSION_ADMISSION_METHOD}
    if value.get("url") not in known:
        return None
    said = _concept(value.get("valueCodeableConcept", {}), resource, names)
    return {"url": value["url"], "valueCodeableConcept": said} if said else None


# type -> element -> what is shown of it
ELEMENTS: dict[str, dict[str, Rule]] = {
    "Patient": {
        "id": _pseudonym,
        "active": _as_it_is,
        "gender": _as_it_is,
        "deceasedBoolean": _as_it_is,
        "deceasedDateTime": _month,
    },
    "Observation": {
        "id": _pseudonym,
        "status": _as_it_is,
        "code": _concept,
        "subject": _reference,
        "effectiveDateTime": _month,
        "component": _each(_elements(code=_concept, valueCodeableConcept=_concept)),
    },
    "Encounter": {
        "id": _pseudonym,
        "extension": _each(_coded_extension),
        "status": _as_it_is,
        "class": _coding,
        "serviceType": _concept,
        "subject": _reference,
        "period": _months,
        "hospitalization": _elements(
            extension=_each(_coded_extension), dischargeDisposition=_concept
        ),
        "serviceProvider": _reference,
    },
    "Condition": {
        "id": _pseudonym,
        "clinicalStatus": _concept,
        "verificationStatus": _concept,
        "category": _each(_concept),
        "code": _concept,
        "subject": _reference,
    },
    "Flag": {
        "id": _pseudonym,
        "status": _as_it_is,
        "code": _concept,
        "subject": _reference,
    },
    "Task": {
        "id": _pseudonym,
        "status": _as_it_is,
        "statusReason": _concept,
        "businessStatus": _concept,
        "intent": _as_it_is,
        "code": _concept,
        "focus": _reference,
        "for": _reference,
        "executionPeriod": _months,
        "authoredOn": _month,
        "lastModified": _month,
        "owner": _reference,
        "reasonCode": _concept,
        "input": _each(_parameter),
        "output": _each(_parameter),
    },
}


def pseudonymised(resource: Resource, names: Pseudonyms) -> Resource:
    """Takes a resource of a type in the table, and the recipient's pseudonyms; returns what a
    national recipient gets of it, marked as pseudonymised and as a part."""
    shown = _cut(resource, ELEMENTS[resource["resourceType"]], resource, names)
    band = age_band(resource) if resource["resourceType"] == "Patient" else None
    if band is not None:
        shown["extension"] = [{"url": canonical.AGE_BAND, "valueCode": band}]
    meta = {"security": [PSEUDONYMISED], "tag": [SUBSETTED]}
    return {"resourceType": resource["resourceType"], "meta": meta, **shown}


def age_band(patient: Resource) -> str | None:
    """Takes a Patient; returns the band of their age at death, None where the dates leave it
    open."""
    born, died = _date(patient.get("birthDate")), _date(patient.get("deceasedDateTime"))
    if born is None or died is None or died.latest < born.earliest:
        return None
    least = _band(_years(born.latest, died.earliest))
    return least if least == _band(_years(born.earliest, died.latest)) else None


def _years(born: date, on: date) -> int:
    return max(0, on.year - born.year - ((on.month, on.day) < (born.month, born.day)))


def _band(age: int) -> str:
    return next(code for upper, code in AGE_BANDS if upper is None or age <= upper)


def _cut(
    value: Resource, rules: dict[str, Rule], resource: Resource, names: Pseudonyms
) -> Resource:
    shown = {n: rule(value[n], resource, names) for n, rule in rules.items() if n in value}
    return {name: found for name, found in shown.items() if found is not None}


def _is_public(system: str, code: str) -> bool:
    """A code of a vocabulary that all share, in the form of its codes. A sender's own codes name
    the sender."""
    if system.startswith(canonical.CODE_SYSTEM):
        is_ours = "/" not in system.removeprefix(canonical.CODE_SYSTEM)
        return is_ours and _OWN_CODE.fullmatch(code) is not None
    for start, form in _FORMS.items():
        if system.startswith(start):
            return form.fullmatch(code) is not None
    return False


def _date(text: Any) -> PartialDate | None:
    try:
        return PartialDate.parse(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _is_one_month(when: PartialDate) -> bool:
    return (when.earliest.year, when.earliest.month) == (when.latest.year, when.latest.month)
