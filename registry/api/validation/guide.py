"""Our own profiles and value sets, as tables to check resources against: read once from the guide
(conformance/package). What a profile inherits from UK Core or FHIR R4 is not in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, cast

import orjson

import conformance
from conformance import canonical

Json = dict[str, Any]
_FIXED = ("pattern", "fixed")


@dataclass
class Node:
    """What a profile says of one element, or of one slice of it, and of what is in it.

    `path` is for people. `types` are the type codes allowed (empty: those of the base), and
    `profiles` our own that the value has to meet; `value` is the fixed or pattern value, `codes`
    the codings that a required binding allows (None: no such binding, or not of our code systems).
    """

    path: str
    least: int = 0
    most: int | None = None
    types: frozenset[str] = frozenset()
    profiles: tuple[str, ...] = ()
    value: Any = None
    codes: frozenset[tuple[str, str]] | None = None
    constraints: tuple[tuple[str, str], ...] = ()
    discriminator: tuple[str, str] | None = None
    is_closed: bool = False
    slices: dict[str, Node] = field(default_factory=dict[str, "Node"])
    children: dict[str, Node] = field(default_factory=dict[str, "Node"])


@cache
def profiles() -> dict[str, Node]:
    """The profiles by their addresses."""
    package = _package()
    return {
        one["url"]: _tree(one, package)
        for one in package.values()
        if one["resourceType"] == "StructureDefinition" and one["url"].startswith(canonical.PROFILE)
    }


@cache
def _package() -> dict[str, Json]:
    found: dict[str, Json] = {}
    for file in (files(conformance) / "package").iterdir():
        if file.name.startswith(("StructureDefinition-", "ValueSet-", "CodeSystem-")):
            resource = cast(Json, orjson.loads(file.read_bytes()))
            found[resource["url"]] = resource
    return found


def _tree(profile: Json, package: dict[str, Json]) -> Node:
    root = Node(profile["type"])
    for element in profile["differential"]["element"]:
        node = _place(root, str(element["id"]).split(".")[1:])
        _fill(node, element, package)
    return root


def _place(root: Node, steps: list[str]) -> Node:
    node = root
    for step in steps:
        name, _, slice_name = step.partition(":")
        node = node.children.setdefault(name, Node(f"{node.path}.{name}"))
        if slice_name:
            node = node.slices.setdefault(slice_name, Node(node.path))
    return node


def _fill(node: Node, element: Json, package: dict[str, Json]) -> None:
    node.least = element.get("min", 0)
    if element.get("max", "*") != "*":
        node.most = int(element["max"])
    types: list[Json] = element.get("type", [])
    node.types = frozenset(one["code"] for one in types)
    node.profiles = tuple(url for one in types for url in one.get("profile", ()) if url in package)
    for name, value in element.items():
        if name.startswith(_FIXED):
            node.value = value
    node.constraints = tuple(
        (one["key"], one["human"])
        for one in element.get("constraint", ())
        if one["severity"] == "error"
    )
    binding: Json = element.get("binding", {})
    if binding.get("strength") == "required":
        node.codes = _codes(package.get(binding["valueSet"]), package)
    slicing: Json = element.get("slicing", {})
    if slicing:
        (by,) = slicing["discriminator"]
        node.discriminator = (by["type"], by["path"])
        node.is_closed = slicing["rules"] == "closed"


def _codes(value_set: Json | None, package: dict[str, Json]) -> frozenset[tuple[str, str]] | None:
    """The codings of a value set; None where one of its code systems is not ours to list."""
    if value_set is None:
        return None
    found: set[tuple[str, str]] = set()
    for include in value_set["compose"]["include"]:
        listed: list[Json] | None = include.get("concept")
        if listed is None:
            system = package.get(include["system"])
            if system is None or "filter" in include:
                return None
            listed = _concepts(system.get("concept", []))
        found |= {(include["system"], concept["code"]) for concept in listed}
    return frozenset(found)


def _concepts(concepts: list[Json]) -> list[Json]:
    return [one for c in concepts for one in (c, *_concepts(c.get("concept", [])))]
