"""Identifiers of people (CX), practitioners (XCN) and organisations (XON) as FHIR Identifiers."""

from __future__ import annotations

import re
from dataclasses import dataclass

from adapter.conversion.draft import Draft, Resource
from adapter.conversion.sender import is_ods_code
from adapter.conversion.text_values import is_code, local_coding
from adapter.er7 import NO_VALUE, Composite
from conformance import canonical
from mappings import CodeMap, Site
from nhs import addresses, nhs_number

PRACTITIONER_SYSTEMS = {"GMC": addresses.GMC_NUMBER, "GMP": addresses.GMP_NUMBER}
_LOCAL_TYPES = {"MR", "MRN", "PI", "PT", "AN", "VN"}
_STATUS = re.compile(r"\{.*\}$")


@dataclass(slots=True)
class PersonIdentifier:
    """One identifier of a person as the sender gives it; authority and type are in capitals."""

    value: str
    authority: str
    type: str
    is_nhs_number: bool


def person_identifier(cx: Composite, site: Site) -> PersonIdentifier | None:
    """Takes a CX; returns the identifier it gives, or None where it gives none.

    A type that says "hospital number" outweighs an authority that says "NHS".
    """
    value = cx.text(1)
    if value in NO_VALUE:
        return None
    universal = "" if cx.is_plain else cx.text(4, 2).upper()
    authority = cx.text(4).upper() or universal
    kind = cx.text(5).upper()
    if kind.endswith("}"):
        kind = _STATUS.sub("", kind)  # some write NH{status:01}
    national = site.nhs_number_authorities
    is_nhs_number = kind in site.nhs_number_types or (
        kind not in _LOCAL_TYPES and (authority in national or universal in national)
    )
    if is_nhs_number:
        value = nhs_number.normalise(value)
    return PersonIdentifier(value, authority, kind, is_nhs_number)


def unlabelled_nhs_number(cx: Composite, site: Site) -> PersonIdentifier | None:
    """Takes PID-2 or MRG-4; returns the NHS number that stands there bare: as the site says, a
    valid one, any, or none."""
    written, rule = cx.text(1), site.nhs_number_in_pid_2
    if cx.text(4) or written in NO_VALUE or rule == "never":
        return None
    value = nhs_number.normalise(written)
    if rule == "if-valid" and not nhs_number.is_valid(value):
        return None
    return PersonIdentifier(value, "", "NH", is_nhs_number=True)


def fhir_identifier(of: PersonIdentifier, where: str, draft: Draft, types: CodeMap) -> Resource:
    """Takes an identifier that is no NHS number; returns it in a system of its authority."""
    system = canonical.local_identifier(draft.sender.key, of.authority or "local")
    if of.type in NO_VALUE:
        return {"system": system, "value": of.value}
    return {"type": _type(of.type, where, draft, types), "system": system, "value": of.value}


def _type(written: str, where: str, draft: Draft, types: CodeMap) -> Resource:
    found = types.find(written)
    if found is not None:
        return {"coding": [{"system": found.system, "code": found.code}]}
    draft.note("code-unknown", where)
    own = {"coding": [local_coding(draft, types.name, written)]} if is_code(written) else {}
    return own | {"text": written}


def practitioner_identifier(xcn: Composite, draft: Draft, _where: str) -> Resource | None:
    """XCN.1 in the system of XCN.9: GMC and GMP numbers are national, others the sender's own."""
    value, authority = xcn.text(1), xcn.text(9).upper()
    if value in NO_VALUE:
        return None
    system = PRACTITIONER_SYSTEMS.get(authority) or canonical.local_identifier(
        draft.sender.key, f"practitioner-{authority or 'local'}"
    )
    return {"system": system, "value": value}


def organisation_identifier(xon: Composite, draft: Draft, _where: str) -> Resource | None:
    """XON.3 or XON.10: an ODS code where it has the shape of one, else the sender's own."""
    value = next((v for v in (xon.text(3), xon.text(10)) if v not in NO_VALUE), "")
    if not value:
        return None
    if is_ods_code(value.upper()):
        return {"system": addresses.ODS_ORGANISATION, "value": value.upper()}
    return {"system": canonical.local_identifier(draft.sender.key, "organisation"), "value": value}
