"""What an export is asked to hold: the kick-off's parameters, from the address or from a Parameters
resource.

Source: FHIR Bulk Data Access 2.0, "Bulk Data Kick-off Request"; POST as 3.0 has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from registry.access.resource_types import RESOURCE_TYPES
from registry.api.outcomes import FhirError, bad_parameter, invalid

NDJSON = "application/fhir+ndjson"
# name -> what it is, for the OpenAPI document too
PARAMETERS = {
    "_outputFormat": "application/fhir+ndjson, application/ndjson or ndjson.",
    "_since": "Only what was written, or became readable, after this instant.",
    "_type": "The resource types, separated by commas.",
}
_FORMATS = {NDJSON, "application/ndjson", "ndjson"}
# Each narrows the export: left aside, more would come than was asked for.
_NARROWING = {"_typeFilter", "_elements", "_until", "patient"}
_LENIENT = "handling=lenient"
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """The types asked for (None: all there are), since when, and what was left aside, in words."""

    types: tuple[str, ...] | None = None
    since: datetime | None = None
    notes: tuple[str, ...] = ()


def require_asynchronous(headers: Mapping[str, str]) -> None:
    """Takes the request's headers; FhirError 400 where the client does not say that it will wait,
    an export being never answered at once, or in what form it takes a refusal."""
    if not headers.get("accept", "").strip():
        raise bad_parameter("Say how a refusal is to be written: Accept: application/fhir+json.")
    said = headers.get("prefer", "").replace(";", ",").split(",")
    if "respond-async" not in {word.strip().lower() for word in said}:
        text = "An export is made in the background: send the header Prefer: respond-async."
        raise bad_parameter(text)


def parameters(body: Any) -> Pairs:
    """Takes the body of a kick-off by POST; returns its parameters. FhirError 400 where it is no
    Parameters, or holds one that is no single value."""
    said = cast(dict[str, Any], body) if isinstance(body, dict) else {}
    if said.get("resourceType") != "Parameters":
        raise invalid("Send the export's parameters as a Parameters resource.", "Parameters")
    listed: Any = said.get("parameter", [])
    if not isinstance(listed, list):
        raise invalid("Parameters.parameter is a list.", "Parameters.parameter")
    return tuple(
        _parameter(one, f"Parameters.parameter[{at}]")
        for at, one in enumerate(cast(list[Any], listed))
    )


def _parameter(one: Any, where: str) -> tuple[str, str]:
    said = cast(dict[str, Any], one) if isinstance(one, dict) else {}
    name = said.get("name")
    if not isinstance(name, str):
        raise invalid("A parameter has a name.", where)
    values = [value for key, value in said.items() if key.startswith("value")]
    if name in _NARROWING:
        return name, ""
    if len(values) != 1 or not isinstance(values[0], str):
        raise invalid("A parameter of an export has one value, a text.", where)
    return name, values[0]


def read(pairs: Iterable[tuple[str, str]], now: datetime, *, is_lenient: bool) -> Asked:
    """Takes parameters, the time, and whether the client would have what is not served left aside
    (`Prefer: handling=lenient`); returns what is asked, with what was left aside. FhirError 400."""
    types: list[str] = []
    is_limited = False
    since: datetime | None = None
    notes: list[str] = []
    for name, value in pairs:
        if name == "_type":
            is_limited = True
            types += [part.strip() for part in value.split(",") if part.strip()]
        elif name == "_since":
            since = _instant(value)
            if since > now:
                raise bad_parameter("_since lies in the future.")
        elif name == "_outputFormat":
            _require_ndjson(value)
        elif is_lenient:
            known = name if name in _NARROWING else "A parameter that the registry does not know"
            notes.append(f"{known} was left aside.")
        elif name in _NARROWING:
            raise _not_served(name)
        else:
            known = ", ".join(sorted(PARAMETERS))
            raise bad_parameter(
                f"An export has the parameters {known}. With Prefer: {_LENIENT} others are left "
                "aside."
            )
    unknown = [name for name in types if name not in RESOURCE_TYPES]
    if unknown and not is_lenient:
        raise bad_parameter("_type names what is no resource type of FHIR R4.")
    if unknown:
        notes.append("A name in _type that is no resource type of FHIR R4 was left aside.")
    wanted = tuple(dict.fromkeys(name for name in types if name in RESOURCE_TYPES))
    if is_limited and not wanted:
        raise bad_parameter("_type names no resource type of FHIR R4.")
    return Asked(wanted if is_limited else None, since, tuple(dict.fromkeys(notes)))


def _not_served(name: str) -> FhirError:
    text = (
        f"{name} is not served. Take it away and choose from what you get, or have it left aside "
        f"by Prefer: {_LENIENT}."
    )
    return FhirError(400, "not-supported", "UNSUPPORTED_VALUE", text)


def _require_ndjson(value: str) -> None:
    # In an address, + is a space.
    if value.replace(" ", "+") not in _FORMATS:
        text = f"Files are {NDJSON}: leave _outputFormat out, or name it so."
        raise FhirError(400, "not-supported", "UNSUPPORTED_VALUE", text)


def _instant(value: str) -> datetime:
    # In an address, the + of an offset is a space.
    try:
        found = datetime.fromisoformat(value.strip().replace(" ", "+"))
    except ValueError:
        found = None
    if found is None or found.tzinfo is None or "T" not in value:
        raise bad_parameter(
            "_since is an instant with its offset, like 2026-01-31T09:00:00Z: the transactionTime "
            "of the export before."
        )
    return found
