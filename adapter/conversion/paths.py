"""Puts a value at its place in a resource: the path of a mapping row, compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from adapter.conversion.draft import Resource, coding
from mappings import Constant, Row, Step
from nhs import addresses

EXTENSIONS = {
    "AdmissionMethod": addresses.EXTENSION_ADMISSION_METHOD,
    "DischargeMethod": addresses.EXTENSION_DISCHARGE_METHOD,
    "EthnicCategory": addresses.EXTENSION_ETHNIC_CATEGORY,
}
SYSTEMS = {
    "ParticipationType": addresses.PARTICIPATION_TYPE,
    "ConditionCategory": addresses.CONDITION_CATEGORY,
}

Put = Callable[[Resource, Any], None]


def compile_put(row: Row) -> Put:
    """Takes a row; returns what puts a value of it into a resource.

    MappingError where the row names an extension or a code system that is not known here.
    """
    *onward, last = [_with_address(row, step) for step in row.path]
    constants = [_compile_constant(row, constant) for constant in row.constants]

    def put(resource: Resource, value: Any) -> None:
        holder = innermost = resource
        for step in onward:
            holder = _enter(holder, step)
            innermost = holder if step.adds else innermost
        if last.adds:
            holder.setdefault(last.name, []).append(value)
            innermost = value
        else:
            holder[last.name] = value
        for name, set_constant in constants:
            if name not in innermost:
                set_constant(innermost)

    return put


def _enter(holder: Resource, step: Step) -> Resource:
    if not step.adds:
        return holder.setdefault(step.name, {})
    element: Resource = {"url": step.extension} if step.extension else {}
    holder.setdefault(step.name, []).append(element)
    return element


def _with_address(row: Row, step: Step) -> Step:
    if not step.extension:
        return step
    if step.extension not in EXTENSIONS:
        raise row.source.error(f"expected one of the extensions {', '.join(EXTENSIONS)}")
    return Step(step.name, adds=True, extension=EXTENSIONS[step.extension])


def _compile_constant(row: Row, constant: Constant) -> tuple[str, Callable[[Resource], None]]:
    *onward, last = constant.path
    value = _constant_value(row, constant.value)

    def set_constant(element: Resource) -> None:
        holder = element
        for step in onward:
            holder = _enter(holder, step)
        holder[last.name] = [value] if last.adds else value

    return constant.path[0].name, set_constant


def _constant_value(row: Row, text: str) -> Any:
    system, hash_sign, code = text.partition("#")
    if not hash_sign:
        return text
    if system not in SYSTEMS:
        raise row.source.error(f"expected one of the code systems {', '.join(SYSTEMS)}")
    return coding(SYSTEMS[system], code)
