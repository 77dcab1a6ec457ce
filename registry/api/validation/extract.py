"""Makes r4.json: what FHIR R4 says of the resource types we take, as one small table.

Run it where the packages hl7.fhir.r4.examples and hl7.fhir.r4.expansions (4.0.1, on npm, CC0) are
unpacked: `python -m registry.api.validation.extract <examples>/package <expansions>/package`.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from registry.api.validation.definitions import RESOURCES

_BASE = "http://hl7.org/fhir/StructureDefinition/"
# More codes than these are a terminology, not a list to carry: languages, media types, currencies.
MAX_CODES = 250
Element = dict[str, Any]


def main() -> None:
    """Reads the packages named on the command line; writes r4.json beside this file."""
    examples, expansions = (Path(argument) for argument in sys.argv[1:3])
    types: dict[str, dict[str, Element]] = {}
    waiting = [*RESOURCES, "Element"]
    while waiting:
        name = waiting.pop()
        if name in types or not name[0].isupper():
            continue
        file = examples / f"StructureDefinition-{name}.json"
        waiting += _add(types, json.loads(file.read_bytes()), expansions)
    table = {"version": "4.0.1", "types": types}
    text = json.dumps(table, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    # A line for each type: a change shows where it is.
    text = re.sub(r'\}\},"(?=[A-Z])', '}},\n"', text)
    Path(__file__).with_name("r4.json").write_text(text + "\n", encoding="utf-8")


def _add(types: dict[str, dict[str, Element]], definition: Any, expansions: Path) -> list[str]:
    """Adds a type and the groups within it; returns the types that it uses."""
    used: list[str] = []
    for said in definition["snapshot"]["element"]:
        path: str = said["path"]
        owner, _, name = path.rpartition(".")
        if not owner or said["max"] == "0":
            types.setdefault(path, {})
            continue
        element = _element(said, expansions)
        types.setdefault(owner, {})[name] = element
        used += [one for one in element["types"] if "." not in one and one != "Resource"]
    return used


def _element(said: Any, expansions: Path) -> Element:
    element: Element = {"types": _types(said)}
    if said.get("min"):
        element["min"] = said["min"]
    if said["max"] != "1":
        element["many"] = True
    if said.get("isSummary"):
        element["summary"] = True
    targets = {
        profile.removeprefix(_BASE)
        for one in said.get("type", [])
        if one["code"] == "Reference"
        for profile in one.get("targetProfile", [])
    }
    if targets and "Resource" not in targets:
        element["targets"] = sorted(targets)
    codes = _codes(said, expansions)
    if codes:
        element["codes"] = codes
    return element


def _types(said: Any) -> list[str]:
    if "contentReference" in said:
        return [said["contentReference"].removeprefix("#")]
    codes = [_code(one) for one in said["type"]]
    if codes in (["BackboneElement"], ["Element"]):
        return [said["path"]]
    return codes


def _code(one: Any) -> str:
    """The type's name; primitives' own values and ids are written as types of FHIRPath."""
    code: str = one["code"]
    for extension in one.get("extension", []):
        if extension["url"].endswith("structuredefinition-fhir-type"):
            return str(extension["valueUrl"])
    return code


def _codes(said: Any, expansions: Path) -> list[str]:
    binding = said.get("binding", {})
    if binding.get("strength") != "required" or "valueSet" not in binding:
        return []
    name = binding["valueSet"].partition("|")[0].rpartition("/")[2]
    file = expansions / f"ValueSet-{name}.json"
    if not file.is_file():
        return []
    contains = json.loads(file.read_bytes()).get("expansion", {}).get("contains", [])
    codes = sorted({one["code"] for one in contains if not one.get("abstract")})
    return codes if len(codes) <= MAX_CODES else []


if __name__ == "__main__":
    main()
