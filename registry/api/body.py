"""The body of a request: its size, its JSON, and how deep that may go."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any, cast

import orjson

from registry.api.outcomes import FhirError, invalid

MAX_BODY = 4 * 1024 * 1024
MAX_DEPTH = 40


async def whole(stream: AsyncIterator[bytes]) -> bytes:
    """Takes the chunks of a body; returns it. FhirError 413 where it is too large."""
    read = bytearray()
    async for chunk in stream:
        read += chunk
        if len(read) > MAX_BODY:
            text = f"The body is larger than {MAX_BODY} bytes."
            raise FhirError(413, "too-long", "INVALID_RESOURCE", text)
    return bytes(read)


def parsed(raw: bytes) -> Any:
    """Takes the bytes of a body; returns its JSON value.

    FhirError 400: no JSON, the same name twice in one object, deeper than MAX_DEPTH, or a
    character that no FHIR string may hold.
    """
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise invalid(f"The body is not JSON: line {error.lineno}, column {error.colno}.") from None
    _refuse_deep(value)
    # Two readers that take different ones of two like names would see two different resources.
    json.loads(raw, object_pairs_hook=_unique)
    return value


def _unique(pairs: list[tuple[str, Any]]) -> None:
    names = {name for name, _ in pairs}
    if len(names) < len(pairs):
        raise invalid("The body names the same element twice in one object.")


def _refuse_deep(value: Any) -> None:
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH):
        level = [below for one in level for below in _below(one)]
        if not level:
            return
    raise invalid(f"The body is nested deeper than {MAX_DEPTH} levels.")


def _below(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(cast(dict[str, Any], value).values())
    if isinstance(value, list):
        return cast(list[Any], value)
    if isinstance(value, str) and "\x00" in value:
        raise invalid("A string holds the character U+0000, which FHIR does not allow.")
    return []
