"""FHIR R4's own definitions of the types we take, from r4.json."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import orjson

PRIMITIVES = frozenset(
    {
        "base64Binary", "boolean", "canonical", "code", "date", "dateTime", "decimal", "id",
        "instant", "integer", "markdown", "oid", "positiveInt", "string", "time", "unsignedInt",
        "uri", "url", "uuid", "xhtml",
    }
)  # fmt: skip
# Those of the types in r4.json that are resources.
RESOURCES = frozenset(
    {
        "AuditEvent", "Binary", "Bundle", "Condition", "Encounter", "Flag", "Location",
        "MessageHeader", "Observation", "OperationOutcome", "Organization", "Parameters", "Patient",
        "Practitioner", "PractitionerRole", "Provenance", "RelatedPerson", "ServiceRequest", "Task",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Element:
    """An element as it stands in JSON: its type, whether it repeats, the codes of a required
    binding and the types a reference may be to (empty: any). `base` is its name in FHIRPath:
    `value` for `valueString`."""

    name: str
    base: str
    type_name: str
    is_list: bool
    codes: frozenset[str]
    targets: frozenset[str]


@dataclass(frozen=True, slots=True)
class Definition:
    """A type: its elements by their name in JSON, the names of each mandatory element, and those
    in a summary."""

    elements: dict[str, Element]
    mandatory: dict[str, frozenset[str]]
    summary: frozenset[str]


def definition(type_name: str) -> Definition | None:
    """Takes a type's name, or the path of a group within one (`Task.input`); returns its
    definition, None where it is not among those we take."""
    return _definitions().get(type_name)


def element_names(resource_type: str, *, mandatory_only: bool = False) -> frozenset[str]:
    """Takes a resource type; returns the names of its elements in JSON."""
    known = _definitions()[resource_type]
    if mandatory_only:
        return frozenset(name for names in known.mandatory.values() for name in names)
    return frozenset(known.elements)


def summary_names(resource_type: str) -> frozenset[str]:
    """Takes a resource type; returns the names of the elements in its summary."""
    return _definitions()[resource_type].summary


@cache
def _definitions() -> dict[str, Definition]:
    table = orjson.loads((files("registry.api.validation") / "r4.json").read_bytes())
    return {name: _definition(name, said) for name, said in table["types"].items()}


def _definition(type_name: str, said: dict[str, dict[str, Any]]) -> Definition:
    elements: dict[str, Element] = {}
    mandatory: dict[str, frozenset[str]] = {}
    summary: set[str] = set()
    for name, one in said.items():
        made = [_element(type_name, name, type_of, one) for type_of in one["types"]]
        elements |= {element.name: element for element in made}
        names = frozenset(element.name for element in made)
        if one.get("min"):
            mandatory[name.removesuffix("[x]")] = names
        if one.get("summary"):
            summary |= names
    return Definition(elements, mandatory, frozenset(summary))


def _element(type_name: str, name: str, type_of: str, said: dict[str, Any]) -> Element:
    base = name.removesuffix("[x]")
    written = base + type_of[0].upper() + type_of[1:] if name.endswith("[x]") else name
    # R4 writes the type of both as a string; a resource's id is an id all the same.
    is_resource_id = name == "id" and type_name in RESOURCES
    return Element(
        written,
        base,
        "id" if is_resource_id else type_of,
        bool(said.get("many")),
        frozenset(said.get("codes", ())),
        frozenset(said.get("targets", ())),
    )
