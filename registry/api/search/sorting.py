"""`_sort`: by which parameters, and the order it gives."""

from __future__ import annotations

from registry.api.outcomes import bad_parameter
from registry.api.search.definitions import PARAMETERS
from registry.api.search.parameter import Parameter
from registry.store.search import BY_CHANGE, BY_ID, SortKey

MAX_KEYS = 3
_ID = "_id"


def sortable(resource_type: str) -> list[str]:
    """Takes a type; returns the names that `_sort` takes for it."""
    return [name for name, one in PARAMETERS[resource_type].items() if _expression(one)]


def order_by(resource_type: str, names: list[str]) -> tuple[SortKey, ...]:
    """Takes a type and names of its parameters, with - before those that run downwards; returns
    the order. The id comes last, so that no two places are the same. FhirError 400: a name that
    is not sortable."""
    if len(names) > MAX_KEYS:
        raise bad_parameter(f"_sort takes at most {MAX_KEYS} names.")
    keys = [_key(resource_type, name) for name in names]
    if keys[-1].expression == BY_ID.expression:
        return tuple(keys)
    return (*keys, SortKey(BY_ID.expression, BY_ID.sql_type, keys[-1].descending))


def _key(resource_type: str, name: str) -> SortKey:
    parameter = PARAMETERS[resource_type].get(name.removeprefix("-"))
    found = _expression(parameter) if parameter else None
    if found is None:
        known = ", ".join(sortable(resource_type))
        raise bad_parameter(f"_sort of {resource_type} can be by: {known}.")
    return SortKey(found.expression, found.sql_type, name.startswith("-"))


def _expression(parameter: Parameter) -> SortKey | None:
    if parameter.column == "updated_at":
        return BY_CHANGE
    if parameter.name == _ID:
        return BY_ID
    if parameter.column == "due":
        return SortKey("coalesce(r.due, 'infinity')", "date")
    if parameter.kind == "date":
        places = ", ".join(f"moment_low(r.searched -> '{path}')" for path in parameter.paths)
        return SortKey(f"coalesce({places}, 'infinity')", "timestamptz")
    if parameter.column == "status":
        return SortKey("coalesce(r.status, '')", "text")
    if parameter.kind == "string" or parameter.form == "code":
        return SortKey(f"coalesce(r.searched ->> '{parameter.paths[0]}', '')", "text")
    return None
