"""Reads the roles file (YAML): who may enter the console."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import cast, get_args

import yaml

from console.sign_in.admission import Admission, ConsoleRole, Rule
from registry.access.organisation_roles import TYPES_OF_ROLE
from registry.directory.organisation import OrganisationType, is_type

DEFAULT_NAME = "roles.yaml"
LISTS = ("role_codes", "activity_codes", "people")
KEYS = {"scopes", "acr_values", "authentication_assurance", "identity_assurance", "rules"}
ROLES: tuple[ConsoleRole, ...] = get_args(ConsoleRole)
LEVELS = range(4)


class RolesFileError(ValueError):
    """A roles file can't be taken; str() is one line with the file, the place in it, and what was
    expected there."""


def default() -> Admission:
    """Returns what the file says that comes with the console."""
    content = (files("console.sign_in") / DEFAULT_NAME).read_bytes()
    return read(DEFAULT_NAME, content)


def read(name: str, content: bytes) -> Admission:
    """Takes a file's name (for messages) and its bytes; returns what it says. RolesFileError: the
    first thing that is wrong in it."""
    try:
        document: object = yaml.safe_load(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise RolesFileError(f"{name}: not UTF-8") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise RolesFileError(f"{name}:{line}: not YAML: {error.problem}") from error
    except yaml.YAMLError as error:
        raise RolesFileError(f"{name}: not YAML") from error
    try:
        return _admission(_mapping(document, "the file", KEYS))
    except _Wrong as error:
        raise RolesFileError(f"{name}: {error}") from error


class _Wrong(ValueError):
    pass


def _admission(top: Mapping[str, object]) -> Admission:
    scopes = _texts(top.get("scopes"), "scopes")
    if "openid" not in scopes:
        raise _Wrong("scopes: expected openid among them")
    rules = top.get("rules")
    if not isinstance(rules, list) or not rules:
        raise _Wrong("rules: expected a list of rules; without one nobody could enter")
    return Admission(
        tuple(scopes),
        tuple(_rule(one, f"rules[{n}]") for n, one in enumerate(cast(list[object], rules), 1)),
        tuple(_texts(top.get("acr_values") or [], "acr_values")),
        _level(top, "authentication_assurance"),
        _level(top, "identity_assurance"),
    )


def _rule(value: object, place: str) -> Rule:
    row = _mapping(value, place, {"role", "organisation_types", "integration", *LISTS})
    role = row.get("role")
    if role not in ROLES:
        raise _Wrong(f"{place}.role: expected one of {', '.join(ROLES)}")
    allowed = TYPES_OF_ROLE[role]
    types = _texts(row.get("organisation_types"), f"{place}.organisation_types")
    wanted: set[OrganisationType] = {one for one in types if is_type(one) and one in allowed}
    if not wanted or len(wanted) != len(set(types)):
        expected = ", ".join(sorted(allowed))
        raise _Wrong(f"{place}.organisation_types: expected some of {expected} for role {role}")
    lists = {key: frozenset(_texts(row.get(key) or [], f"{place}.{key}")) for key in LISTS}
    if not any(lists.values()):
        raise _Wrong(f"{place}: expected {', '.join(LISTS)} or several of them: who may enter")
    integration = row.get("integration", False)
    if not isinstance(integration, bool):
        raise _Wrong(f"{place}.integration: expected yes or no")
    return Rule(frozenset(wanted), role, **lists, integration=integration)


def _mapping(value: object, place: str, keys: set[str]) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise _Wrong(f"{place}: expected names with values")
    found = cast(dict[object, object], value)
    for key in found:
        if not isinstance(key, str) or key not in keys:
            raise _Wrong(f"{place}: {key!s:.60} is not known; expected {', '.join(sorted(keys))}")
    return cast(Mapping[str, object], found)


def _texts(value: object, place: str) -> list[str]:
    rows = cast(list[object], value) if isinstance(value, list) else [None]
    texts = [row for row in rows if isinstance(row, str) and row]
    if len(texts) != len(rows):
        raise _Wrong(f"{place}: expected a list of words; put codes that are digits in quotes")
    return texts


def _level(top: Mapping[str, object], key: str) -> int:
    value = top.get(key, 0)
    if isinstance(value, bool) or not isinstance(value, int) or value not in LEVELS:
        raise _Wrong(f"{key}: expected 0, 1, 2 or 3")
    return value
