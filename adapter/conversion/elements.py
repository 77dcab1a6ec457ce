"""Checks the paths of mapping rows against the FHIR R4 element definitions, once at the start."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from fhir.resources.R4B import get_fhir_model_class

from mappings import MapFile, Row, Step

_ABSTRACT = re.compile(r"\b([A-Z][A-Za-z]+)Type\b")


def check_paths(mapping: MapFile) -> None:
    """Takes a map; SourceError where a row goes to an element that its resource does not have,
    or repeats one that does not repeat, or the other way round."""
    for row in mapping.rows:
        kind = mapping.fhir
        for step in row.path:
            kind = _follow(row, kind, step)
        if row.constants:
            _check_constants(row, mapping.fhir)


def _check_constants(row: Row, kind: str) -> None:
    start = kind
    for step in row.path:
        kind = _follow(row, kind, step)
        if step.adds:
            start = kind
    for constant in row.constants:
        kind = start
        for step in constant.path:
            kind = _follow(row, kind, step)


def _follow(row: Row, kind: str, step: Step) -> str:
    """The type of the element that a step leads to from one of type `kind`."""
    elements = _elements(kind)
    if step.name not in elements:
        raise row.source.error(f"{kind} has no element '{step.name}'")
    following, repeats = elements[step.name]
    if repeats and not step.adds:
        raise row.source.error(f"{kind}.{step.name} repeats: expected '{step.name}+'")
    if step.adds and not repeats:
        raise row.source.error(f"{kind}.{step.name} does not repeat: expected '{step.name}'")
    return following


@lru_cache(maxsize=128)
def _elements(kind: str) -> dict[str, tuple[str, bool]]:
    """The elements of a FHIR type by name: their own type, and whether they repeat."""
    try:
        model: Any = get_fhir_model_class(kind)
    except (KeyError, ValueError):
        return {}  # a primitive
    found: dict[str, tuple[str, bool]] = {}
    for name, field in model.model_fields.items():
        annotation = str(field.annotation)
        match = _ABSTRACT.search(annotation)
        found[field.alias or name] = (match[1] if match else "", "List[" in annotation)
    return found
