"""One parameter as asked, with its modifier or chain, as a condition on resources."""

from __future__ import annotations

from collections.abc import Callable

from nhs import addresses
from registry.api.outcomes import bad_parameter
from registry.api.search import values
from registry.api.search.parameter import FLAGGED, MODIFIERS, Parameter
from registry.store import conditions
from registry.store.conditions import Condition, TextMatch

_ORGANISATION = "Organization"


def condition(parameter: Parameter, suffix: str, text: str, base: str) -> Condition:
    """Takes a parameter, what stands behind its name (`:modifier`, `.identifier`, or nothing), its
    value and the registry's address; returns the condition. FhirError 400: not one it takes."""
    name = suffix[1:]
    if suffix.startswith("."):
        if name not in parameter.chains:
            raise bad_parameter(f"{parameter.name} can be chained as: {_known(parameter.chains)}.")
        if name == FLAGGED:
            return _flagged(parameter, text)
        return _each(text, lambda value: _identified(parameter, value))
    if suffix and name not in MODIFIERS[parameter.kind] and name not in parameter.targets:
        known = (*MODIFIERS[parameter.kind], *parameter.targets)
        raise bad_parameter(f"{parameter.name} takes the modifiers: {_known(known)}.")
    if name == "missing" and parameter.column == "offered_to":
        return conditions.is_offered(wanted=not values.boolean(text))
    if name == "missing" and parameter.form == "input":
        return conditions.has_input(parameter.name, values.boolean(text))
    if name == "missing":
        return conditions.is_present(_places(parameter), not values.boolean(text))
    if name == "not" and parameter.kind == "reference":
        targets = parameter.targets
        return conditions.negated(
            _each(text, lambda value: _reference(parameter, targets, value, base))
        )
    if name == "not":
        return conditions.negated(_each(text, lambda value: _token(parameter, value)))
    if parameter.kind == "token":
        return _each(text, lambda value: _token(parameter, value))
    if parameter.kind == "date":
        return _each(text, lambda value: _date(parameter, value))
    if parameter.kind == "string":
        how: TextMatch = "exact" if name == "exact" else "contains" if name else "starts"
        return _each(text, lambda value: _text(parameter, how, value))
    if name == "identifier":
        return _each(text, lambda value: _identified(parameter, value))
    targets = (name,) if name else parameter.targets
    return _each(text, lambda value: _reference(parameter, targets, value, base))


def _each(text: str, one: Callable[[str], Condition]) -> Condition:
    made = [one(value) for value in values.either(text)]
    return made[0] if len(made) == 1 else conditions.any_of(made)


def _places(parameter: Parameter) -> tuple[str, ...]:
    if parameter.form == "deceased":
        return ("deceasedDateTime", "deceasedBoolean")
    return parameter.paths


def _token(parameter: Parameter, value: str) -> Condition:
    path, form = parameter.paths[0], parameter.form
    if form == "boolean":
        return conditions.is_true(path, values.boolean(value.rpartition("|")[2]))
    if form == "deceased":
        return conditions.says_dead(values.boolean(value.rpartition("|")[2]))
    if form == "identifier-of-person":
        return _person("id", value)
    system, code = values.token(value)
    if form == "id":
        return conditions.column_is("id", code or "")
    if form == "identifier":
        return conditions.identified(path, system, code)
    if form == "input":
        return _coded(parameter, conditions.coded_input(parameter.name, system, code), system, code)
    if form == "code" and system not in (None, "", parameter.system):
        return conditions.nothing
    if form == "code" and code is None:
        return conditions.is_present(parameter.paths, True)
    if parameter.column and code is not None:
        return conditions.column_is(parameter.column, code)
    assert form in ("concept", "coding", "code")
    return _coded(parameter, conditions.coded(path, form, system, code), system, code)


def _coded(
    parameter: Parameter, exact: Condition, system: str | None, code: str | None
) -> Condition:
    """By the columns that keep the parts of the code apart, where there are such; by the exact
    condition too where these do not say all of it."""
    asked = ((parameter.code_column, code), (parameter.system_column, system))
    columns = [conditions.column_is(column, value) for column, value in asked if column and value]
    if not columns:
        return exact
    is_all = all(value is None or (column and value) for column, value in asked)
    return conditions.all_of(columns if is_all else [*columns, exact])


def _date(parameter: Parameter, value: str) -> Condition:
    prefix, low, high = values.date(values.unescaped(value))
    if parameter.column == "updated_at":
        return conditions.changed(prefix, low, high)
    if parameter.column == "due":
        return conditions.due(prefix, low, high)
    made = [conditions.dated(path, prefix, low, high) for path in parameter.paths]
    return made[0] if len(made) == 1 else conditions.any_of(made)


def _text(parameter: Parameter, how: TextMatch, value: str) -> Condition:
    return conditions.text_is(parameter.paths[0], how, values.unescaped(value))


def _reference(parameter: Parameter, targets: tuple[str, ...], value: str, base: str) -> Condition:
    wanted = values.reference(value, base, targets)
    if parameter.column:
        return conditions.column_is(parameter.column, wanted[0].partition("/")[2])
    return conditions.refers(parameter.paths[0], wanted)


def _identified(parameter: Parameter, value: str) -> Condition:
    """A reference by the identifier of what it is to: people by any of theirs, organisations by
    ODS code."""
    if _ORGANISATION in parameter.targets:
        system, code = values.token(value)
        if system not in (None, addresses.ODS_ORGANISATION) or code is None:
            raise bad_parameter(
                f"Organisations are known by ODS code: {addresses.ODS_ORGANISATION}|<code>."
            )
        if parameter.column:
            return conditions.column_is(parameter.column, code)
        return conditions.refers(parameter.paths[0], [f"{_ORGANISATION}/{code}"])
    if parameter.column:
        return _person(parameter.column, value)
    if "Patient" in parameter.targets:
        system, code = _persons_identifier(value)
        return conditions.refers_to_person_known_as(parameter.paths[0], system, code)
    system, code = values.token(value)
    return conditions.coded(f"{parameter.paths[0]}.identifier", "identifier", system, code)


def _flagged(parameter: Parameter, text: str) -> Condition:
    """About somebody who has one of the flags. All of them are asked for at once."""
    assert parameter.column is not None, "what is about a person has a column of theirs"
    wanted = [values.token(value) for value in values.either(text)]
    return conditions.person_is_flagged(parameter.column, wanted)


def _person(column: str, value: str) -> Condition:
    return conditions.person_known_as(column, *_persons_identifier(value))


def _persons_identifier(value: str) -> tuple[str, str]:
    system, code = values.token(value)
    if not system or not code:
        raise bad_parameter(
            f"People are found by identifier with its system: {addresses.NHS_NUMBER}|<NHS number>."
        )
    return system, code


def _known(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "none"
