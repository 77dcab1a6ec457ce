"""What a search may bring along: `_include` and `_revinclude`, as tables and as they are asked."""

from __future__ import annotations

from dataclasses import dataclass

from registry.api.outcomes import bad_parameter
from registry.api.search.definitions import PARAMETERS


@dataclass(frozen=True, slots=True)
class Include:
    """References that are followed: those in `path` of `source`, to the types `targets`."""

    source: str
    parameter: str
    path: str
    targets: tuple[str, ...]


# type searched -> names of its reference parameters that are followed
_FORWARD = {
    "Condition": ("patient", "encounter"),
    "Encounter": ("patient", "service-provider", "location"),
    "Flag": ("patient", "author"),
    "Observation": ("patient", "performer"),
    "Organization": ("partof",),
    "Patient": ("general-practitioner", "link"),
    "Provenance": ("patient", "target", "agent"),
    "ServiceRequest": ("patient", "requester", "performer"),
    "Task": ("patient", "owner", "focus", "based-on", "part-of", "requester"),
}
# type searched -> `type:parameter` of what refers to it
_REVERSE = {
    "Condition": ("Provenance:target",),
    "Encounter": ("Provenance:target", "Condition:encounter"),
    "Observation": ("Provenance:target", "Task:focus"),
    "Patient": ("Task:patient", "Observation:patient", "Flag:patient", "Encounter:patient",
                "Condition:patient", "ServiceRequest:patient"),
    "ServiceRequest": ("Task:based-on", "Provenance:target"),
    "Task": ("Provenance:target", "Task:part-of"),
}  # fmt: skip


def _table(resource_type: str, names: tuple[str, ...]) -> dict[str, Include]:
    known = PARAMETERS[resource_type]
    return {
        f"{resource_type}:{name}": Include(
            resource_type, name, known[name].paths[0], known[name].targets
        )
        for name in names
    }


INCLUDES = {name: _table(name, _FORWARD.get(name, ())) for name in PARAMETERS}
REVERSE_INCLUDES = {
    name: {
        pair: include
        for pair in _REVERSE.get(name, ())
        for source, _, parameter in [pair.partition(":")]
        for include in [_table(source, (parameter,))[pair]]
    }
    for name in PARAMETERS
}


def include(resource_type: str, name: str, value: str) -> Include:
    """Takes the type searched, `_include` or `_revinclude`, and its value, `Type:parameter` or
    `Type:parameter:Target`; returns what to follow. FhirError 400 where that is not offered."""
    table = (INCLUDES if name == "_include" else REVERSE_INCLUDES)[resource_type]
    parts = value.split(":")
    pair, target = ":".join(parts[:2]), ":".join(parts[2:])
    found = table.get(pair)
    if found is None or (target and target not in found.targets):
        known = ", ".join(table) or "none"
        raise bad_parameter(f"{name} of {resource_type} can be: {known}.")
    if name == "_include" and target:
        return Include(found.source, found.parameter, found.path, (target,))
    return found
