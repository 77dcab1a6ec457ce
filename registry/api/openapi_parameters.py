"""The parameters of each operation in the OpenAPI document: those of the address and headers."""

from __future__ import annotations

from typing import Any

from registry.api import definitional, history
from registry.api.interactions import DEFINITIONAL, Code
from registry.api.search.definitions import PARAMETERS
from registry.api.search.query import RESULT_PARAMETERS

Json = dict[str, Any]
_IF_MATCH: Json = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": 'The version that was read, like W/"1".',
    "schema": {"type": "string"},
}
_CONDITIONS: dict[Code, Json] = {
    "create": {
        "name": "If-None-Exist",
        "in": "header",
        "description": "identifier=system|value, of what is sent.",
        "schema": {"type": "string"},
    },
    "conditional-update": {
        "name": "identifier",
        "in": "query",
        "required": True,
        "description": "The identifier of what is sent, as system|value.",
        "schema": {"type": "string"},
    },
    "update": _IF_MATCH,
    "patch": _IF_MATCH,
}


def parameters(code: Code, resource_type: str, method: str) -> list[Json]:
    """Takes an interaction, its type and HTTP method; returns its parameters."""
    said: dict[str, str] = {}
    if code == "search-type":
        said = searched(resource_type) if method == "GET" else {}
    elif code in ("history-instance", "history-type"):
        said = history.PARAMETERS
    elif code in ("read", "vread") and resource_type not in DEFINITIONAL:
        said = {name: RESULT_PARAMETERS[name] for name in ("_elements", "_summary")}
    found: list[Json] = [
        {"name": name, "in": "query", "description": text, "schema": {"type": "string"}}
        for name, text in said.items()
    ]
    return [*found, *([_CONDITIONS[code]] if code in _CONDITIONS else [])]


def searched(resource_type: str) -> dict[str, str]:
    """Takes a type; returns the parameters of a search of it, with what each means."""
    if resource_type in DEFINITIONAL:
        return definitional.SEARCHED
    own = {one.name: one.documentation for one in PARAMETERS[resource_type].values()}
    return own | RESULT_PARAMETERS
