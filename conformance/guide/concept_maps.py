"""The code maps of mappings/codes as FHIR publishes them: with absolute addresses, a version and
ids. The converter reads the originals, which are shorter."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from conformance.guide.about import Resource, heading
from mappings.codes import address

_NEEDING_A_COMMENT = {"narrower", "inexact"}
_KEPT = "No code of this system in its published edition: it is kept as the sender writes it."
_DOUBTFUL = "Not certain: a person should look."
CODES = Path(__file__).parents[2] / "mappings" / "codes"


def concept_maps(folder: Path = CODES) -> Iterator[Resource]:
    """Takes the folder of the code maps; returns each, ready to publish."""
    for path in sorted(folder.glob("*.json")):
        yield concept_map(path.stem, json.loads(path.read_text(encoding="utf-8")))


def concept_map(name: str, written: Resource) -> Resource:
    """Takes the name of a code map and the map as it is written; returns it ready to publish."""
    groups = [
        {
            **group,
            "target": address(group["target"]),
            "element": [_element(element) for element in group["element"]],
        }
        for group in written["group"]
    ]
    head = heading("ConceptMap", name, written["name"], written["title"], written["description"])
    return {**head, "group": groups}


def _element(element: Resource) -> Resource:
    """What is inexact needs its reason (cmd-1). A code that stays the sender's is none of the
    system's."""
    return {**element, "target": [_target(element["code"], one) for one in element["target"]]}


def _target(code: str, target: Resource) -> Resource:
    if target["equivalence"] not in _NEEDING_A_COMMENT:
        return target
    if target["code"] == code:
        return {"equivalence": "unmatched", "comment": _KEPT}
    return {"comment": _DOUBTFUL, **target}
