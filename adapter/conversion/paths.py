"""Puts a value at its place in a resource: the path of a mapping row, as lines of Python."""

from __future__ import annotations

from typing import Any

from adapter.conversion.draft import coding
from conformance import canonical
from mappings import Constant, Row, Step
from nhs import addresses

EXTENSIONS = {
    "AdmissionMethod": addresses.EXTENSION_ADMISSION_METHOD,
    "DischargeMethod": addresses.EXTENSION_DISCHARGE_METHOD,
    "EthnicCategory": addresses.EXTENSION_ETHNIC_CATEGORY,
    **addresses.FURTHER_EXTENSIONS,
}
SYSTEMS = {
    "ParticipationType": addresses.PARTICIPATION_TYPE,
    "ConditionCategory": addresses.CONDITION_CATEGORY,
    "CoverageClass": f"{addresses.TERMINOLOGY}coverage-class",
    "IdentifierType": addresses.V2_IDENTIFIER_TYPE,
    "Observation": canonical.OBSERVATION_CODE,
    "Snomed": addresses.SNOMED_CT,
}


def put_lines(row: Row, resource: str) -> list[str]:
    """Takes a row and the name of a resource; returns what puts `value` into it.

    SourceError where the row names an extension or a code system that is not known here.
    """
    *onward, last = [_with_address(row, step) for step in row.path]
    holder, innermost, lines = _enter(onward, resource, "inner")
    if last.adds:
        lines.append(f"{holder}.setdefault({last.name!r}, []).append(value)")
        innermost = "value"
    else:
        lines.append(f"{holder}[{last.name!r}] = value")
    for constant in row.constants:
        lines += _constant_lines(row, constant, innermost)
    return lines


def _enter(steps: list[Step], holder: str, name: str) -> tuple[str, str, list[str]]:
    """The name of what the steps lead to, of the last element they add, and what goes there."""
    innermost, lines = holder, list[str]()
    for number, step in enumerate(steps):
        inner = f"{name}_{number}"
        if step.adds:
            element = {"url": step.extension} if step.extension else {}
            lines.append(f"{inner} = {element!r}")
            lines.append(f"{holder}.setdefault({step.name!r}, []).append({inner})")
            innermost = inner
        else:
            lines.append(f"{inner} = {holder}.setdefault({step.name!r}, {{}})")
        holder = inner
    return holder, innermost, lines


def _constant_lines(row: Row, constant: Constant, element: str) -> list[str]:
    *onward, last = constant.path
    value = _constant_value(row, constant.value)
    holder, _, lines = _enter(onward, element, "constant")
    lines.append(f"{holder}[{last.name!r}] = {[value] if last.adds else value!r}")
    return [f"if {constant.path[0].name!r} not in {element}:", *(f"    {line}" for line in lines)]


def _with_address(row: Row, step: Step) -> Step:
    if not step.extension:
        return step
    if step.extension not in EXTENSIONS:
        raise row.source.error(f"expected one of the extensions {', '.join(EXTENSIONS)}")
    return Step(step.name, adds=True, extension=EXTENSIONS[step.extension])


def _constant_value(row: Row, text: str) -> Any:
    system, hash_sign, code = text.partition("#")
    if not hash_sign:
        return text
    if system not in SYSTEMS:
        raise row.source.error(f"expected one of the code systems {', '.join(SYSTEMS)}")
    return coding(SYSTEMS[system], code)
