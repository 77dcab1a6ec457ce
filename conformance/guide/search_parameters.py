"""The search parameters that FHIR R4 does not define for a type and the registry has. Those that it
does define are named in the CapabilityStatement by R4's own addresses, and not defined again."""

from __future__ import annotations

from collections.abc import Iterator

from conformance import canonical
from conformance.guide.about import Resource, heading
from registry.api.search.definitions import PARAMETERS
from registry.api.search.parameter import MODIFIERS, Parameter

_COMPARATORS = ("eq", "ne", "gt", "ge", "lt", "le")


def search_parameters() -> Iterator[Resource]:
    """Returns a definition for each row of the registry's table that R4 has none of."""
    for resource_type, known in PARAMETERS.items():
        for parameter in known.values():
            if parameter.is_ours:
                yield search_parameter(resource_type, parameter)


def search_parameter(resource_type: str, parameter: Parameter) -> Resource:
    """Takes a type and a parameter of ours; returns its definition."""
    computer_name = resource_type + parameter.name.title().replace("-", "")
    title = f"{resource_type}: {parameter.name}"
    name = f"{resource_type}-{parameter.name}"
    built = {
        **heading("SearchParameter", name, computer_name, title, parameter.documentation),
        "code": parameter.name,
        "base": [resource_type],
        "type": parameter.kind,
        "expression": _expression(resource_type, parameter),
        "xpathUsage": "normal",
        "multipleOr": True,
        "multipleAnd": True,
    }
    del built["title"]  # SearchParameter has none in R4
    if parameter.targets:
        built["target"] = list(parameter.targets)
    if parameter.kind == "date":
        built["comparator"] = list(_COMPARATORS)
    modifiers = MODIFIERS[parameter.kind]
    if modifiers:
        built["modifier"] = list(modifiers)
    if parameter.chains:
        built["chain"] = list(parameter.chains)
    return built


def _expression(resource_type: str, parameter: Parameter) -> str:
    """FHIRPath, of what the table says as jsonpath."""
    if parameter.form == "input":
        of_kind = f"system = '{canonical.REVIEW_INPUT}' and code = '{parameter.name}'"
        where = f"where(type.coding.where({of_kind}).exists())"
        return f"{resource_type}.input.{where}.value.ofType(CodeableConcept)"
    paths = (
        path.replace(".valueReference", ".value.ofType(Reference)") for path in parameter.paths
    )
    return " | ".join(f"{resource_type}.{path}" for path in paths)
