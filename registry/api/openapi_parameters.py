"""The parameters of each operation in the OpenAPI document: those of the address and headers."""

from __future__ import annotations

from typing import Any

from registry.api import definitional, history, report_parameters
from registry.api.interactions import DEFINITIONAL, Code
from registry.api.search.definitions import PARAMETERS
from registry.api.search.query import RESULT_PARAMETERS
from registry.export import kickoff
from registry.subscriptions import searched as subscriptions

Json = dict[str, Any]
_IF_MATCH: Json = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": 'The version that was read, like W/"1".',
    "schema": {"type": "string"},
}
_PREFER: Json = {
    "name": "Prefer",
    "in": "header",
    "required": True,
    "description": "respond-async: the export is made in the background.",
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


_OF_SUBSCRIPTIONS: dict[Code, dict[str, str]] = {
    "subscription-status": {},
    "subscription-statuses": {
        "id": "The ids of subscriptions.",
        "status": "requested, active, error or off.",
    },
    "subscription-events": {
        "eventsSinceNumber": "The first event, by its number.",
        "eventsUntilNumber": "The last event, by its number.",
        "content": "empty, id-only or full-resource; never more than was agreed.",
    },
}


def parameters(code: Code, resource_type: str, method: str) -> list[Json]:
    """Takes an interaction, its type and HTTP method; returns its parameters."""
    said: dict[str, str] = {}
    if code == "search-type":
        said = searched(resource_type) if method == "GET" else {}
    elif code in ("history-instance", "history-type"):
        said = history.PARAMETERS
    elif code == "evaluate-measure" and method == "GET":
        said = report_parameters.EVALUATED
    elif code in _OF_SUBSCRIPTIONS:
        said = _OF_SUBSCRIPTIONS[code] if method == "GET" else {}
    elif code in ("export", "export-patient", "export-group"):
        said = kickoff.PARAMETERS if method == "GET" else {}
    elif code == "read" and resource_type in ("MeasureReport", "Subscription", "Group"):
        said = {}
    elif code in ("read", "vread") and resource_type not in DEFINITIONAL:
        said = {name: RESULT_PARAMETERS[name] for name in ("_elements", "_summary")}
    found: list[Json] = [
        {"name": name, "in": "query", "description": text, "schema": {"type": "string"}}
        for name, text in said.items()
    ]
    if (code, resource_type) == ("create", "Subscription"):
        return found
    if code in ("export", "export-patient", "export-group"):
        found.append(_PREFER)
    if resource_type == "Group" and code == "create":
        return found
    return [*found, *([_CONDITIONS[code]] if code in _CONDITIONS else [])]


def searched(resource_type: str) -> dict[str, str]:
    """Takes a type; returns the parameters of a search of it, with what each means."""
    if resource_type in DEFINITIONAL:
        return definitional.searched(resource_type)
    if resource_type == "Subscription":
        return {name: one.documentation for name, one in subscriptions.SEARCHED.items()}
    if resource_type == "Group":
        return {}
    if resource_type == "MeasureReport":
        return {name: text for name, (_, text) in report_parameters.SEARCHED.items()}
    own = {one.name: one.documentation for one in PARAMETERS[resource_type].values()}
    return own | RESULT_PARAMETERS
