"""Our own code systems, value sets and profiles: FHIR, complete, and in step with the code."""

from __future__ import annotations

import ast
import inspect
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class

from adapter.conversion import issues
from adapter.conversion.allowed_elements import RESOURCES
from adapter.conversion.recorded_details import DETAILS
from conformance import canonical, minimised_profiles
from conformance.validator import OUR_PACKAGE
from mappings import Mappings
from nhs import addresses
from registry.api.definitional import said
from registry.core import flags, inquiries, judgement, request_reading
from registry.core.bundle_reading import is_national, statements
from registry.core.concern import AlarmKind, ConcernKind, Recommendation
from registry.core.decision import Step
from registry.core.derive import Place
from registry.core.fhir import inquiry, review
from registry.core.inquiries import Asked
from registry.core.reviews import Necessity, State
from registry.core.scope import Relation
from registry.core.steps import reading
from registry.rules.reading import national
from tests.adapter.conversion.messages import adt, convert, pid

ROOT = Path(__file__).parents[2]
FILES = sorted(OUR_PACKAGE.glob("*.json"))
Resource = dict[str, Any]


def load(kind: str, name: str) -> Resource:
    return json.loads((OUR_PACKAGE / f"{kind}-{name}.json").read_text(encoding="utf-8"))


def data_quality() -> set[str]:
    """The adapter's issues, what the registry asks about, and what `lfd convert` says of an event
    that nobody needs."""
    asked = first_arguments(inquiries, "_ask") | set(vars(inquiries)["_MATTERING"])
    return set(vars(issues)["_KINDS"]) | asked | texts_beside("DATA_QUALITY", ROOT / "lfd")


def flag_codes() -> set[str]:
    """The flags of the lists, and those that a specialty may mean."""
    by_specialty = {f"possible-{flag}" for flag, _ in vars(flags)["_SPECIALTIES"].values()}
    return {flag.flag for flag in Mappings.load().flags} | by_specialty


def review_inputs() -> set[str]:
    """The kinds of input written by the modules that draw Tasks, and codes beside the system."""
    drawn = first_arguments(review, "task_input") | first_arguments(inquiry, "task_input")
    return drawn | texts_beside("REVIEW_INPUT", ROOT / "registry" / "core")


def first_arguments(module: ModuleType, function: str) -> set[str]:
    """The texts that are the first argument of the calls of a function in a module."""
    calls = [n for n in ast.walk(ast.parse(inspect.getsource(module))) if isinstance(n, ast.Call)]
    named = [c for c in calls if isinstance(c.func, ast.Name) and c.func.id == function]
    return {str(c.args[0].value) for c in named if isinstance(c.args[0], ast.Constant)}


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


RULEBOOK = national()
CODES: dict[str, Callable[[], set[str]]] = {
    "flag": flag_codes,
    "flag-finding": lambda: {flags.CONFIRMED, flags.NOT_CONFIRMED},
    "data-quality": data_quality,
    "review-route": lambda: {route.code for route in RULEBOOK.routes},
    "review-necessity": lambda: set(Necessity),
    "review-state": lambda: set(State),
    "review-input": review_inputs,
    "review-output": lambda: set(reading.OUTPUTS),
    "review-reason": lambda: set(reading.HOLD_REASONS),
    "review-step": lambda: set(Step),
    "review-criterion": lambda: {criterion.code for criterion in RULEBOOK.criteria},
    "lead-rule": lambda: {rule.code for route in RULEBOOK.routes for rule in route.leads},
    "death-scope": lambda: set(Relation),
    "death-place": lambda: set(Place),
    "concern": lambda: {*ConcernKind, *Recommendation},
    "alarm": lambda: set(AlarmKind),
    "alarm-subject": lambda: {request_reading.SPECIALTY, request_reading.DIAGNOSIS_GROUP},
    "inquiry": lambda: set(Asked),
    "judgement-prism": lambda: set(judgement.SCORES),
    "judgement-rcp-nqb": lambda: set(judgement.SCORES),
    "observation": observations,
    "psychiatric-admission-status": lambda: mapped("psychiatric-status"),
    "ae-attendance-disposal": lambda: mapped("ae-disposal"),
    "yes-no": lambda: mapped("yes-no"),
}
# National events are sent to us: no code of ours writes them.
READ = {"national-event"}
# Written by registry/returns/definition_files.py, and compared with it in tests/registry/returns.
WRITTEN_ELSEWHERE = {"return-figure"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_file_is_the_fhir_resource_that_its_name_says(path: Path) -> None:
    resource = json.loads(path.read_text(encoding="utf-8"))
    kind, _, name = path.stem.partition("-")
    get_fhir_model_class(kind).model_validate(resource)
    assert (resource["resourceType"], resource["id"]) == (kind, name)
    # A topic of subscriptions is a Basic in R4, with its address in an extension.
    of_what = "SubscriptionTopic" if kind == "Basic" else kind
    assert said(resource, "url") == f"{canonical.BASE}/{of_what}/{name}"


@pytest.mark.parametrize("name", CODES)
def test_a_code_system_has_the_codes_of_the_code(name: str) -> None:
    system = load("CodeSystem", name)
    codes = [concept["code"] for concept in system["concept"]]
    assert set(codes) == CODES[name]()
    assert len(codes) == len(set(codes))
    assert system["valueSet"] == load("ValueSet", name)["url"]
    assert all(concept["display"] and concept["definition"] for concept in system["concept"])


def test_no_code_system_is_left_out() -> None:
    systems = {path.stem.removeprefix("CodeSystem-") for path in OUR_PACKAGE.glob("CodeSystem-*")}
    assert systems == {*CODES, *READ, *WRITTEN_ELSEWHERE}


@pytest.mark.parametrize(
    "code", [c["code"] for c in load("CodeSystem", "national-event")["concept"]]
)
def test_the_registry_reads_every_national_event(code: str) -> None:
    bundle = convert(adt("A31", pid({29: "20260301", 30: "Y"})))
    assert not is_national(bundle)
    header = bundle["entry"][0]["resource"]
    header["eventCoding"] = {"system": canonical.NATIONAL_EVENT, "code": code}
    assert is_national(bundle)
    (statement,) = statements(bundle)
    assert statement.trigger == code
    assert statement.death is not None
    assert statement.death.status is not None


def value_sets() -> Iterator[tuple[str, str, str | None]]:
    """Each value set of ours with a system it takes in, and the code of it, if it names any."""
    for path in OUR_PACKAGE.glob("ValueSet-*.json"):
        resource = json.loads(path.read_text(encoding="utf-8"))
        for part in resource["compose"]["include"]:
            for concept in part.get("concept", [{"code": None}]):
                yield resource["id"], part["system"], concept["code"]


def test_value_sets_take_in_codes_that_there_are() -> None:
    known = {system["url"]: system for system in map(_read, OUR_PACKAGE.glob("CodeSystem-*.json"))}
    for name, url, code in value_sets():
        if not url.startswith(canonical.BASE):
            # Somebody else's system is taken in whole, by the address that the code writes.
            assert (url, code) == (addresses.MAIN_SPECIALTY, None), name
            continue
        codes = {concept["code"] for concept in known[url]["concept"]}
        assert code is None or code in codes, f"{name} names {code}"


def test_profiles_bind_value_sets_that_there_are() -> None:
    here = {_read(path)["url"] for path in OUR_PACKAGE.glob("ValueSet-*.json")}
    bound = {
        element["binding"]["valueSet"]
        for path in OUR_PACKAGE.glob("StructureDefinition-*.json")
        for element in _read(path)["differential"]["element"]
        if "binding" in element
    }
    assert {url for url in bound if url.startswith(canonical.BASE)} <= here


def test_both_scales_are_judgements() -> None:
    systems = {system for name, system, _ in value_sets() if name == "judgement"}
    assert systems == set(judgement.SCALES)


def _read(path: Path) -> Resource:
    return json.loads(path.read_text(encoding="utf-8"))


def test_every_code_system_and_profile_of_ours_is_here() -> None:
    addresses = {value for value in vars(canonical).values() if isinstance(value, str)}
    wanted = {a for a in addresses if a.startswith((canonical.CODE_SYSTEM, canonical.PROFILE))}
    wanted -= {canonical.CODE_SYSTEM, canonical.PROFILE}
    assert wanted <= {said(json.loads(path.read_text(encoding="utf-8")), "url") for path in FILES}


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
