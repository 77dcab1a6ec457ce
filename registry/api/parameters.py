"""Search parameters: which each type has, and the SQL condition each one means.

One table: the search, the refusal of unknown parameters and the CapabilityStatement all read it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nhs import addresses
from registry.api.outcomes import bad_parameter

Condition = tuple[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A search parameter: its FHIR type, what it does in a sentence, and its condition in SQL,
    over the table `resource` as `r`."""

    kind: str
    documentation: str
    condition: Callable[[str], Condition]


def token(text: str) -> tuple[str | None, str]:
    """Takes a token parameter's value, `system|code` or `code`; returns the two, the system None
    where any will do."""
    system, bar, code = text.rpartition("|")
    return (system if bar else None), code


def _either(text: str) -> list[str]:
    """The values of a comma-separated or."""
    values = [value for value in text.split(",") if value]
    if not values:
        raise bad_parameter("A search parameter has no value.")
    return values


def _id(text: str) -> Condition:
    return "r.id = ANY(%(ids)s)", {"ids": _either(text)}


def _status(text: str) -> Condition:
    codes = [token(value)[1] for value in _either(text)]
    return "r.status = ANY(%(statuses)s)", {"statuses": codes}


def _code(text: str) -> Condition:
    path = "$.code.coding[*] ? (@.code == $code && ($system == null || @.system == $system))"
    system, code = token(text)
    return (
        f"jsonb_path_exists(r.content::jsonb, '{path}', "
        "jsonb_build_object('code', %(code)s::text, 'system', %(code_system)s::text))",
        {"code": code, "code_system": system},
    )


def _person(text: str) -> Condition:
    reference = text.removeprefix("Patient/")
    return "r.person = %(person)s", {"person": reference}


def _person_identifier(text: str) -> Condition:
    system, value = token(text)
    if not system:
        raise bad_parameter(
            "People are found by identifier with its system: "
            f"patient.identifier={addresses.NHS_NUMBER}|<NHS number>."
        )
    return (
        "r.person IN (SELECT p.person FROM person_identifier AS p"
        " WHERE p.system = %(pid_system)s AND p.value = %(pid_value)s)",
        {"pid_system": system, "pid_value": value},
    )


def _owner(text: str) -> Condition:
    return "r.owner = %(owner)s", {"owner": text.removeprefix("Organization/")}


def _owner_identifier(text: str) -> Condition:
    system, value = token(text)
    if system not in (None, addresses.ODS_ORGANISATION):
        raise bad_parameter(f"An owner is known by its ODS code: {addresses.ODS_ORGANISATION}|...")
    return "r.owner = %(owner)s", {"owner": value}


_ANY = {"_id": Parameter("token", "The id of the resource.", _id)}
_ABOUT_A_PERSON = {
    **_ANY,
    "patient": Parameter("reference", "The person, by the Patient's id.", _person),
    "patient.identifier": Parameter(
        "token", "The person, by NHS number or local identifier.", _person_identifier
    ),
    "status": Parameter("token", "The status; several with commas.", _status),
    "code": Parameter("token", "The code.", _code),
}

PARAMETERS: dict[str, dict[str, Parameter]] = {
    "Task": {
        **_ABOUT_A_PERSON,
        "owner": Parameter("reference", "Who leads or is proposed to.", _owner),
        "owner:identifier": Parameter(
            "token", "Who leads or is proposed to, by ODS code.", _owner_identifier
        ),
    },
    "Observation": _ABOUT_A_PERSON,
    "Flag": _ABOUT_A_PERSON,
    "Patient": {
        **_ANY,
        "identifier": Parameter("token", "NHS number or local identifier.", _person_identifier),
    },
}

# type -> _include value -> the element whose reference is followed
INCLUDES: dict[str, dict[str, str]] = {
    "Task": {"Task:owner": "owner", "Task:patient": "for", "Task:focus": "focus"},
    "Observation": {"Observation:patient": "subject"},
    "Flag": {"Flag:patient": "subject"},
    "Patient": {},
}
