"""Our own code systems, value sets and profiles: FHIR, complete, and in step with the code."""

from __future__ import annotations

import ast
import inspect
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class

from adapter.conversion import issues
from adapter.conversion.allowed_elements import RESOURCES
from adapter.conversion.recorded_details import DETAILS
from conformance import canonical, minimised_profiles
from conformance.validator import OUR_PACKAGE
from mappings import Mappings
from registry.core import leads, resources, reviews
from registry.core.scope import Relation

ROOT = Path(__file__).parents[2]
FILES = sorted(OUR_PACKAGE.glob("*.json"))
Resource = dict[str, Any]


def load(kind: str, name: str) -> Resource:
    return json.loads((OUR_PACKAGE / f"{kind}-{name}.json").read_text(encoding="utf-8"))


def data_quality() -> set[str]:
    """The adapter's issues, and what `lfd convert` says of an event that nobody needs."""
    return set(vars(issues)["_KINDS"]) | texts_beside("DATA_QUALITY", ROOT / "lfd")


def review_inputs() -> set[str]:
    """The first argument of every `_input(...)`, and codes written beside the system."""
    tree = ast.parse(inspect.getsource(resources))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    named = [c for c in calls if isinstance(c.func, ast.Name) and c.func.id == "_input"]
    first = {c.args[0].value for c in named if isinstance(c.args[0], ast.Constant)}
    assert len(first) == len({ast.dump(c.args[0]) for c in named}), "a kind that is no constant"
    core = ROOT / "registry" / "core"
    return {str(code) for code in first} | texts_beside("REVIEW_INPUT", core)


def observations() -> set[str]:
    """The codes in rows of mappings/segments, and of the facts that these rows are about."""
    rows = [path.read_text("utf-8") for path in (ROOT / "mappings" / "segments").glob("*.yaml")]
    in_rows = {code for text in rows for code in re.findall(r"=Observation#([\w-]+)", text)}
    own = {d.code["code"] for d in DETAILS if d.code["system"] == canonical.OBSERVATION_CODE}
    return in_rows | own


def mapped(name: str) -> set[str]:
    """The targets of a code map."""
    return {target.code for target in Mappings.load().codes[name].targets.values()}


def texts_beside(system: str, folder: Path) -> set[str]:
    """The `code` of every coding in a folder's source whose `system` is that constant."""
    found: set[str] = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Dict):
                found |= {code for of, code in [system_and_code(node)] if of == system}
    return found


def system_and_code(node: ast.Dict) -> tuple[str, str]:
    """The name of the constant that is `system` in a dictionary, and the text that is `code`."""
    pairs = zip(node.keys, node.values, strict=True)
    values = {key.value: value for key, value in pairs if isinstance(key, ast.Constant)}
    of, code = values.get("system"), values.get("code")
    if isinstance(of, ast.Attribute) and isinstance(code, ast.Constant):
        return of.attr, str(code.value)
    return "", ""


CODES: dict[str, Callable[[], set[str]]] = {
    "flag": lambda: {flag.flag for flag in Mappings.load().flags},
    "data-quality": data_quality,
    "review-route": lambda: set(reviews.Route),
    "review-necessity": lambda: set(reviews.Necessity),
    "review-state": lambda: set(reviews.State),
    "review-input": review_inputs,
    "review-criterion": lambda: set(vars(reviews)["_CRITERIA"]),
    "lead-rule": lambda: {leads.DIED_IN_CARE, leads.LATEST_DISCHARGE, leads.AREA_ICB},
    "death-scope": lambda: set(Relation),
    "observation": observations,
    "psychiatric-admission-status": lambda: mapped("psychiatric-status"),
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_file_is_the_fhir_resource_that_its_name_says(path: Path) -> None:
    resource = json.loads(path.read_text(encoding="utf-8"))
    kind, _, name = path.stem.partition("-")
    get_fhir_model_class(kind).model_validate(resource)
    assert (resource["resourceType"], resource["id"]) == (kind, name)
    assert resource["url"] == f"{canonical.BASE}/{kind}/{name}"


@pytest.mark.parametrize("name", CODES)
def test_a_code_system_has_the_codes_of_the_code(name: str) -> None:
    system = load("CodeSystem", name)
    codes = [concept["code"] for concept in system["concept"]]
    assert set(codes) == CODES[name]()
    assert len(codes) == len(set(codes))
    assert system["valueSet"] == load("ValueSet", name)["url"]
    assert all(concept["display"] and concept["definition"] for concept in system["concept"])


def test_every_code_system_and_profile_of_ours_is_here() -> None:
    addresses = {value for value in vars(canonical).values() if isinstance(value, str)}
    wanted = {a for a in addresses if a.startswith((canonical.CODE_SYSTEM, canonical.PROFILE))}
    wanted -= {canonical.CODE_SYSTEM, canonical.PROFILE}
    assert wanted <= {json.loads(path.read_text(encoding="utf-8"))["url"] for path in FILES}


@pytest.mark.parametrize("resource_type", RESOURCES)
def test_what_may_leave_the_trust_is_what_the_profile_says(resource_type: str) -> None:
    name = minimised_profiles.profile_id(resource_type)
    written = load("StructureDefinition", name)
    assert written == minimised_profiles.profile(resource_type), (
        "run python -m conformance.minimised_profiles"
    )


def test_only_these_types_may_leave_the_trust() -> None:
    elements = load("StructureDefinition", "minimised-message-bundle")["differential"]["element"]
    types = {
        e["type"][0]["code"] for e in elements if e["id"].endswith(".resource") and "type" in e
    }
    assert types == set(RESOURCES)
