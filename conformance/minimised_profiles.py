"""The profiles of what leaves the trust, written from the adapter's own list of what may.

`python -m conformance.minimised_profiles` writes them to conformance/package. Each forbids every
element that adapter/conversion/allowed_elements.py does not allow. Extensions are not forbidden
there; the adapter's list names the ones it lets through.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, cast

from fhir.resources.R4B import get_fhir_model_class

from adapter.conversion.allowed_elements import HEAD, RESOURCES
from adapter.conversion.identity import INVALID_NHS_NUMBER
from conformance import canonical
from nhs import addresses

PACKAGE = Path(__file__).parent / "package"
Resource = dict[str, Any]
_TYPE = re.compile(r"\b([A-Z][A-Za-z]+)Type\b")
_WORDS = re.compile(r"(?<!^)(?=[A-Z])")
_UNTOUCHED = {"id", "extension"}
_CONSTRAINTS = {
    "Patient": [
        ("lfd-1", "Only the outward part of a postcode", "address.postalCode.all({outward})"),
        ("lfd-2", "No words of the sender", "identifier.type.text.all($this = '{label}')"),
    ]
}
_OUTWARD = "matches('^[A-Z]{1,2}[0-9][A-Z0-9]?$')"


class _Element(NamedTuple):
    """Its names in JSON (several for a choice), and its type where that has elements itself."""

    json_names: list[str]
    type: str


def profile_id(resource_type: str) -> str:
    """Takes a resource type; returns the id of its profile, such as minimised-message-header."""
    return "minimised-" + _WORDS.sub("-", resource_type).lower()


def profile(resource_type: str) -> Resource:
    """Takes a resource type that may leave the trust; returns the profile of what may of it."""
    own = profile_id(resource_type)
    title = own.replace("-", " ").capitalize()
    return {
        "resourceType": "StructureDefinition",
        "id": own,
        "url": f"{canonical.PROFILE}{own}",
        "version": "0.1.0",
        "name": f"Minimised{resource_type}",
        "title": title,
        "status": "draft",
        "experimental": False,
        "date": "2026-11-21",
        "publisher": "Learning from Deaths exchange",
        "description": f"What leaves the trust of a {resource_type}.",
        "fhirVersion": "4.0.1",
        "kind": "resource",
        "abstract": False,
        "type": resource_type,
        "baseDefinition": f"{addresses.UK_CORE_PROFILE}{resource_type}",
        "derivation": "constraint",
        "differential": {"element": list(_elements(resource_type))},
    }


def _elements(resource_type: str) -> Iterator[Resource]:
    root: Resource = {"id": resource_type, "path": resource_type}
    if resource_type in _CONSTRAINTS:
        root["constraint"] = [_constraint(*parts) for parts in _CONSTRAINTS[resource_type]]
    yield root
    yield from _forbidden(resource_type, resource_type, {**HEAD, **RESOURCES[resource_type]})


def _constraint(key: str, human: str, expression: str) -> Resource:
    expression = expression.replace("{outward}", _OUTWARD).replace("{label}", INVALID_NHS_NUMBER)
    return {"key": key, "severity": "error", "human": human, "expression": expression}


def _forbidden(path: str, kind: str, rule: Mapping[str, Any]) -> Iterator[Resource]:
    """The elements of a type that a rule does not name, and those inside the ones it does."""
    for element, known in _children(kind).items():
        below = f"{path}.{element}"
        allowed = [name for name in known.json_names if name in rule]
        if not allowed and element not in _UNTOUCHED:
            yield {"id": below, "path": below, "max": "0"}
        for name in allowed if known.type else ():
            if isinstance(rule[name], Mapping):
                yield from _forbidden(below, known.type, cast("Mapping[str, Any]", rule[name]))


def _children(kind: str) -> dict[str, _Element]:
    """The elements of a FHIR type by the names in definitions, such as `deceased[x]`."""
    model: Any = get_fhir_model_class(kind)
    fields: dict[str, Any] = {
        field.alias or key: field for key, field in model.model_fields.items()
    }
    found: dict[str, _Element] = {}
    for json_name in model.elements_sequence():
        extra: dict[str, Any] = fields[json_name].json_schema_extra or {}
        choice = extra.get("one_of_many")
        if choice:
            found.setdefault(f"{choice}[x]", _Element([], "")).json_names.append(json_name)
        else:
            match = _TYPE.search(str(fields[json_name].annotation))
            found[json_name] = _Element([json_name], match[1] if match else "")
    return found


def main() -> None:
    """Writes the profiles."""
    for resource_type in RESOURCES:
        path = PACKAGE / f"StructureDefinition-{profile_id(resource_type)}.json"
        path.write_text(json.dumps(profile(resource_type), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
