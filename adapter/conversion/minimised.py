"""The least that the registry needs: a message Bundle without what must stay in the trust.

The table of what is allowed becomes functions once, when this module is loaded, so that a message
is walked a single time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
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
from adapter.conversion.shielding import without_withheld
from conformance import canonical

COARSE_PLACES = {"si", "wa"}


@dataclass(slots=True)
class Walk:
    """One resource being shortened: which entries are there to refer to, and those it does."""

    present: set[str] = field(default_factory=set[str])
    references: list[str] = field(default_factory=list[str])


Shorten = Callable[[Any, Walk], Any]
"""Takes a value; returns the part of it that may leave, or None where that is nothing."""


def minimise(bundle: dict[str, Any]) -> dict[str, Any]:
    """Takes a message Bundle; returns a new one with only what is allowed.

    What only served what stays behind stays behind too, so every reference still resolves.
    """
    staying = {e["fullUrl"]: e["resource"] for e in bundle["entry"] if _may_leave(e["resource"])}
    present = set(staying)
    kept: dict[str, Any] = {}
    references: dict[str, list[str]] = {}
    for url, resource in staying.items():
        walk = Walk(present)
        kept[url] = _RESOURCES[resource["resourceType"]](without_withheld(resource), walk)
        references[url] = walk.references
    reached = _reached(kept, references)
    whole = _WHOLE(bundle, Walk())
    whole["meta"] = {"profile": [canonical.MINIMISED_BUNDLE]}
    whole["entry"] = [
        {"fullUrl": url, "resource": resource} for url, resource in kept.items() if url in reached
    ]
    return whole


def _may_leave(resource: dict[str, Any]) -> bool:
    """False for types, and places below a ward, that stay behind."""
    kind = resource["resourceType"]
    return kind in _RESOURCES and (kind != "Location" or _is_coarse(resource))


def _is_coarse(location: dict[str, Any]) -> bool:
    codings: list[dict[str, Any]] = location.get("physicalType", {}).get("coding", [])
    return any(coding.get("code") in COARSE_PLACES for coding in codings)


def _reached(kept: dict[str, Any], references: dict[str, list[str]]) -> set[str]:
    """The entries that stand for themselves, and those that they refer to, and so on."""
    waiting = [u for u, r in kept.items() if r["resourceType"] not in ONLY_AS_REFERRED_TO]
    reached: set[str] = set()
    while waiting:
        url = waiting.pop()
        if url not in reached and url in kept:
            reached.add(url)
            waiting.extend(references[url])
    return reached


def _compiled(rule: Rule) -> Shorten:
    """Takes what is allowed of a value; returns what shortens such a value to that."""
    if isinstance(rule, Keep):
        return _primitive
    if isinstance(rule, Extensions):
        return _each(_extension({url: _compiled(own) for url, own in rule.by_url.items()}))
    if callable(rule):
        return _each(lambda value, _walk: rule(value))
    elements = _elements({name: _compiled(own) for name, own in rule.items()})
    return _each(_referring(elements) if "reference" in rule else elements)


def _each(shorten: Shorten) -> Shorten:
    """What shortens a value, or each item of a list of them."""

    def shorten_each(value: Any, walk: Walk) -> Any:
        if not isinstance(value, list):
            return shorten(value, walk)
        items = [shorten_each(item, walk) for item in cast("list[Any]", value)]
        return [item for item in items if item is not None] or None

    return shorten_each


def _primitive(value: Any, walk: Walk) -> Any:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        items = [_primitive(item, walk) for item in cast("list[Any]", value)]
        return [item for item in items if item is not None] or None
    return None if isinstance(value, dict) else value


def _referring(shorten: Shorten) -> Shorten:
    """What shortens a reference, unless it leads to an entry that stays behind."""

    def shorten_reference(value: Any, walk: Walk) -> Any:
        kept = shorten(value, walk)
        address = kept.get("reference", "") if kept else ""
        if address.startswith("urn:") and address not in walk.present:
            return None
        walk.references.append(address)
        return kept

    return shorten_reference


def _elements(allowed: dict[str, Shorten]) -> Shorten:
    def shorten(value: Any, walk: Walk) -> Any:
        if not isinstance(value, dict):
            return None
        kept: dict[str, Any] = {}
        for name, part in cast("dict[str, Any]", value).items():
            own = allowed.get(name)
            if own is not None:
                short = own(part, walk)
                if short is not None:
                    kept[name] = short
        return kept or None

    return shorten


def _extension(by_url: dict[str, Shorten]) -> Shorten:
    def shorten(value: Any, walk: Walk) -> Any:
        if not isinstance(value, dict):
            return None
        own = by_url.get(cast("dict[str, Any]", value).get("url", ""))
        kept = None if own is None else own(value, walk)
        return kept if kept and len(kept) > 1 else None  # an address alone says nothing

    return shorten


_RESOURCES = {kind: _compiled({**HEAD, **rules}) for kind, rules in RESOURCES.items()}
_WHOLE = _compiled(BUNDLE)
