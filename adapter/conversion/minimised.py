"""The least that the registry needs: a message Bundle without what must stay in the trust."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from adapter.conversion.allowed_elements import (
    BUNDLE,
    HEAD,
    ONLY_AS_REFERRED_TO,
    RESOURCES,
    Extensions,
    Keep,
    Rule,
)
from conformance import canonical

COARSE_PLACES = {"si", "wa"}
_EMPTY: tuple[Any, ...] = (None, {}, [])


def minimise(bundle: dict[str, Any]) -> dict[str, Any]:
    """Takes a message Bundle; returns a new one with only what is allowed.

    What only served what stays behind stays behind too, so every reference still resolves.
    """
    allowed = {entry["fullUrl"]: _resource(entry["resource"]) for entry in bundle["entry"]}
    present = {url for url, resource in allowed.items() if resource}
    kept = {url: _resolved(allowed[url], present) for url in allowed if url in present}
    reached = _reached(kept)
    whole = _allowed(bundle, BUNDLE)
    whole["meta"] = {"profile": [canonical.MINIMISED_BUNDLE]}
    whole["entry"] = [
        {"fullUrl": url, "resource": resource} for url, resource in kept.items() if url in reached
    ]
    return whole


def _resource(resource: dict[str, Any]) -> Any:
    """What is allowed of a resource; None for types, and places below a ward, that stay behind."""
    kind = resource["resourceType"]
    if kind not in RESOURCES or (kind == "Location" and not _is_coarse(resource)):
        return None
    return _allowed(resource, {**HEAD, **RESOURCES[kind]})


def _is_coarse(location: dict[str, Any]) -> bool:
    codings: list[dict[str, Any]] = location.get("physicalType", {}).get("coding", [])
    return any(coding.get("code") in COARSE_PLACES for coding in codings)


def _allowed(value: Any, rule: Rule) -> Any:
    """The part of a value that a rule allows; None where that is nothing."""
    if isinstance(value, list):
        items = [_allowed(item, rule) for item in cast("list[Any]", value)]
        return [item for item in items if item not in _EMPTY] or None
    if isinstance(rule, Keep):
        return None if isinstance(value, dict) else value
    if isinstance(rule, Extensions):
        return _allowed_extension(value, rule)
    if callable(rule):
        return rule(value)
    return _allowed_elements(value, rule) if isinstance(value, dict) else None


def _allowed_extension(value: Any, rule: Extensions) -> Any:
    if not isinstance(value, dict):
        return None
    own = rule.by_url.get(cast("dict[str, Any]", value).get("url", ""))
    kept = None if own is None else _allowed(value, own)
    return kept if kept and set(kept) != {"url"} else None


def _allowed_elements(value: Any, rule: Any) -> Any:
    pairs = ((key, _allowed(value[key], rule[key])) for key in value if key in rule)
    return {key: part for key, part in pairs if part not in _EMPTY} or None


def _resolved(value: Any, present: set[str]) -> Any:
    """A value without the references that lead to nothing any more, nor what held only them."""
    if isinstance(value, list):
        items = [_resolved(item, present) for item in cast("list[Any]", value)]
        return [item for item in items if item not in _EMPTY] or None
    if not isinstance(value, dict):
        return value
    elements = cast("dict[str, Any]", value)
    if elements.get("reference", "").startswith("urn:") and elements["reference"] not in present:
        return None
    pairs = ((key, _resolved(part, present)) for key, part in elements.items())
    return {key: part for key, part in pairs if part not in _EMPTY} or None


def _reached(kept: dict[str, Any]) -> set[str]:
    """The entries that stand for themselves, and those that they refer to, and so on."""
    waiting = [u for u, r in kept.items() if r["resourceType"] not in ONLY_AS_REFERRED_TO]
    reached: set[str] = set()
    while waiting:
        url = waiting.pop()
        if url not in reached and url in kept:
            reached.add(url)
            waiting.extend(_references(kept[url]))
    return reached


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in cast("list[Any]", value):
            yield from _references(item)
    elif isinstance(value, dict):
        for key, part in cast("dict[str, Any]", value).items():
            if key == "reference":
                yield part
            else:
                yield from _references(part)
