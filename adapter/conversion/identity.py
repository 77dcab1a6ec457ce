"""Who a person is: their identifiers, and the one of them that the Patient's id is made from."""

from __future__ import annotations

from dataclasses import dataclass

from adapter.conversion.draft import Draft, Resource
from adapter.conversion.examination import by_value, is_among
from adapter.conversion.identifiers import (
    PersonIdentifier,
    fhir_identifier,
    person_identifier,
    unlabelled_nhs_number,
)
from adapter.conversion.stable_id import stable_id
from adapter.er7 import NO_VALUE, Segment
from mappings import CodeMap
from nhs import addresses
from nhs.nhs_number import is_valid

INVALID_NHS_NUMBER = "NHS number, not valid"
RELIABILITY = {"AL", "ED", "UA", "UD", "US"}
"""HL7 table 0445: how far the whole identity can be relied on, not the NHS number."""
_TYPE_ORDER = {"MR": 0, "MRN": 0, "PI": 1}


@dataclass(frozen=True, slots=True)
class IdentityRules:
    """The code maps that identifiers need."""

    types: CodeMap
    nhs_number_status: CodeMap


@dataclass(slots=True)
class Identity:
    """The id of a Patient and its identifiers as FHIR has them."""

    id: str
    identifiers: list[Resource]


def person(pid: Segment, label: str, draft: Draft, rules: IdentityRules) -> Identity:
    """Takes a PID segment; returns whose it is, from PID-3 and, where that lacks it, PID-2."""
    found = _identifiers(pid, 3, draft)
    for cx in pid.composites(2):
        bare = unlabelled_nhs_number(cx, draft.site) or person_identifier(cx, draft.site)
        if bare and (bare.is_nhs_number or all(i.is_nhs_number for i in found)):
            found.append(bare)
    identity = _identity(found, f"{label}-3", draft, rules)
    _add_nhs_number_status(pid, identity, rules.nhs_number_status, f"{label}-32", draft)
    return identity


def prior(mrg: Segment, pid: Segment, label: str, draft: Draft, rules: IdentityRules) -> Identity:
    """Takes an MRG and the PID it is merged into; returns whose record is no longer used.

    What both have in common says nothing of the prior record and is left out.
    """
    surviving = by_value((i.value, i.authority) for i in _identifiers(pid, 3, draft))
    found = [
        identifier
        for identifier in _identifiers(mrg, 1, draft) + _prior_ids(mrg, draft)
        if not is_among((identifier.value, identifier.authority), surviving)
    ]
    return _identity(found, f"{label}-1", draft, rules)


def _prior_ids(mrg: Segment, draft: Draft) -> list[PersonIdentifier]:
    """MRG-4, where senders of v2.3 and before write the prior NHS number or hospital number."""
    found = (
        unlabelled_nhs_number(cx, draft.site) or person_identifier(cx, draft.site)
        for cx in mrg.composites(4)
    )
    return [identifier for identifier in found if identifier]


def _identifiers(segment: Segment, field: int, draft: Draft) -> list[PersonIdentifier]:
    site = draft.site
    found = [person_identifier(cx, site) for cx in segment.composites(field)]
    return [identifier for identifier in found if identifier]


def _identity(
    found: list[PersonIdentifier], where: str, draft: Draft, rules: IdentityRules
) -> Identity:
    local = [identifier for identifier in found if not identifier.is_nhs_number]
    national = {identifier.value for identifier in found if identifier.is_nhs_number}
    valid = [number for number in national if is_valid(number)]
    trusted = valid[0] if len(valid) == 1 else ""
    doubtful = national - {trusted}
    if doubtful:
        draft.note("nhs-number-invalid", where)
    if not local and not trusted:
        draft.note("no-identifier", where)
    identifiers: list[Resource] = []
    if trusted:
        identifiers.append({"system": addresses.NHS_NUMBER, "value": trusted})
    identifiers += _distinct([fhir_identifier(i, where, draft, rules.types) for i in local])
    if doubtful:
        identifiers += _distinct(
            [_invalid(i) for i in found if i.is_nhs_number and i.value in doubtful]
        )
    return Identity(_id(local, trusted, where, draft), identifiers)


def _id(local: list[PersonIdentifier], nhs_number: str, where: str, draft: Draft) -> str:
    """The best local identifier, else the NHS number, else this message alone."""
    if local:
        best = (
            local[0]
            if len(local) == 1
            else min(local, key=lambda identifier: _rank(identifier, draft.site.patient_identity))
        )
        return stable_id("Patient", draft.sender.key, best.authority or "local", best.value)
    if nhs_number:
        return stable_id("Patient", addresses.NHS_NUMBER, nhs_number)
    return stable_id("Patient", draft.sender.key, draft.digest, where)


def _rank(identifier: PersonIdentifier, preferred: tuple[str, ...]) -> tuple[int, int, str, str]:
    authority = identifier.authority
    order = preferred.index(authority) if authority in preferred else len(preferred)
    return order, _TYPE_ORDER.get(identifier.type, 2), authority, identifier.value


def _invalid(identifier: PersonIdentifier) -> Resource:
    return {"type": {"text": INVALID_NHS_NUMBER}, "value": identifier.value}


def _distinct(identifiers: list[Resource]) -> list[Resource]:
    if len({(one.get("system"), one["value"]) for one in identifiers}) == len(identifiers):
        return identifiers
    return list({str(identifier): identifier for identifier in identifiers}.values())


def _add_nhs_number_status(
    pid: Segment, identity: Identity, statuses: CodeMap, where: str, draft: Draft
) -> None:
    """PID-32 (ITK table 0445) to UK Core's extension of the NHS number, which has one at most."""
    written = [text for cx in pid.composites(32) if (text := cx.text(1)) not in NO_VALUE]
    if not written:
        return
    if any(statuses.find(text) is None and text.upper() not in RELIABILITY for text in written):
        draft.note("code-unknown", where)
    target = next((found for text in written if (found := statuses.find(text))), None)
    number = next(
        (i for i in identity.identifiers if i.get("system") == addresses.NHS_NUMBER), None
    )
    if target and number:
        status = {"coding": [{"system": target.system, "code": target.code}]}
        url = addresses.EXTENSION_NHS_NUMBER_VERIFICATION_STATUS
        number["extension"] = [{"url": url, "valueCodeableConcept": status}]
