"""The guide as a package that others load: what is generated is in step with the product, and the
file has the layout of FHIR packages."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance import maven
from conformance.guide import archive, capability_statements, examples
from conformance.guide.concept_maps import concept_map
from conformance.package_build import GENERATED, generated, written
from conformance.snapshots import with_snapshots
from conformance.validate import UK_CORE
from conformance.validator import OUR_PACKAGE, PROJECT, CannotValidate
from registry.access.settings import AccessSettings
from registry.api.capability import statement
from registry.api.search.definitions import PARAMETERS

Resource = dict[str, Any]
_R4_PARAMETERS = "org/hl7/fhir/r4/model/sp/search-parameters.json"


def test_what_is_generated_is_what_is_in_the_folder() -> None:
    there = {
        path.name: path.read_text(encoding="utf-8")
        for kind in GENERATED
        for path in OUR_PACKAGE.glob(f"{kind}-*.json")
    }
    due = {archive.file_name(one): archive.text(one) for one in generated()}
    assert there == due, "run python -m conformance.package_build --write"


def test_the_guide_lists_every_resource_and_example_once() -> None:
    (guide,) = (one for one in written() if one["resourceType"] == "ImplementationGuide")
    listed = [one["reference"]["reference"] for one in guide["definition"]["resource"]]
    there = [*(one for one in written() if one is not guide), *examples.load()]
    names = {f"{one['resourceType']}/{one['id']}" for one in there} - {
        f"ImplementationGuide/{guide['id']}"
    }
    assert sorted(listed) == sorted(names)


def test_the_registrys_statement_is_what_a_registry_serves() -> None:
    published = capability_statements.registry()
    served = statement(AccessSettings.at("https://lfd.somewhere.example"))
    for said in set(served) - set(capability_statements.OF_AN_INSTANCE):
        assert published[said] == served[said], said
    assert published["kind"] == "requirements"


def test_every_search_parameter_of_ours_has_its_definition() -> None:
    defined = {one["url"] for one in written() if one["resourceType"] == "SearchParameter"}
    ours = {
        one.definition(resource_type)
        for resource_type, known in PARAMETERS.items()
        for one in known.values()
        if one.is_ours
    }
    assert defined == ours


def test_the_others_are_defined_by_r4_with_that_address_and_type() -> None:
    try:
        maven.command(PROJECT, "learningfromdeaths.Validate")
    except maven.CannotBuild as reason:
        pytest.skip(str(reason))
    (jar,) = (PROJECT / "target" / "lib").glob("hapi-fhir-validation-resources-r4-*.jar")
    with zipfile.ZipFile(jar) as packed:
        entries = json.loads(packed.read(_R4_PARAMETERS))["entry"]
    r4 = {
        (base, one["resource"]["code"]): (one["resource"]["url"], one["resource"]["type"])
        for one in entries
        for base in one["resource"]["base"]
    }
    for resource_type, known in PARAMETERS.items():
        for one in known.values():
            owner = "Resource" if one.name.startswith("_") else resource_type
            named = (one.definition(resource_type), one.kind)
            assert (r4.get((owner, one.name)) == named) is not one.is_ours, (
                resource_type,
                one.name,
            )


def test_a_code_that_stays_the_senders_is_published_as_unmatched() -> None:
    element = {"code": "2", "target": [{"code": "2", "equivalence": "inexact"}]}
    doubtful = {"code": "X", "target": [{"code": "9", "equivalence": "inexact"}]}
    group = {"target": "CodeSystem/flag", "element": [element, doubtful]}
    written_map = {"name": "N", "title": "T", "description": "D.", "group": [group]}
    (published,) = concept_map("n", written_map)["group"]
    kept, unsure = (one["target"][0] for one in published["element"])
    assert kept["equivalence"] == "unmatched"
    assert "code" not in kept
    assert (unsure["code"], unsure["equivalence"]) == ("9", "inexact")
    assert kept["comment"] and unsure["comment"]
    assert published["target"].startswith("https://")


_IDS = st.from_regex(r"[a-z][a-z0-9\-]{0,20}", fullmatch=True)


@given(st.sets(_IDS, max_size=5), st.sets(_IDS, max_size=3))
def test_a_package_holds_what_was_put_in_and_is_the_same_each_time(
    parts: set[str], shown: set[str]
) -> None:
    resources = [{"resourceType": "ValueSet", "id": one, "url": f"urn:{one}"} for one in parts]
    beside = [{"resourceType": "Task", "id": one} for one in shown]
    packed = archive.archive(resources, beside)
    assert packed == archive.archive(list(reversed(resources)), list(reversed(beside)))
    found = unpacked(packed)
    assert found["package/package.json"]["fhirVersions"] == ["4.0.1"]
    assert "fhir.r4.ukcore" in found["package/package.json"]["dependencies"]
    indexed = {one["filename"]: one for one in found["package/.index.json"]["files"]}
    for one in resources:
        name = f"ValueSet-{one['id']}.json"
        assert found[f"package/{name}"] == one
        assert indexed[name]["url"] == one["url"]
    assert {p for p in found if p.startswith("package/example/Task")} == {
        f"package/example/Task-{one}.json" for one in shown
    }


def unpacked(packed: bytes) -> dict[str, Any]:
    with tarfile.open(fileobj=io.BytesIO(packed), mode="r:gz") as tar:
        members = ((one.name, tar.extractfile(one)) for one in tar.getmembers())
        return {name: json.load(file) for name, file in members if file is not None}


@pytest.mark.timeout(600)
def test_profiles_get_snapshots_that_hold_their_own_elements() -> None:
    if not UK_CORE.is_dir():
        pytest.skip("the shared FHIR packages are not here")
    try:
        made = with_snapshots(written(), UK_CORE)
    except CannotValidate as reason:
        pytest.skip(str(reason))
    profiles = [one for one in made if one["resourceType"] == "StructureDefinition"]
    assert profiles
    for profile in profiles:
        inherited = {element["id"] for element in profile["snapshot"]["element"]}
        own = {element["id"] for element in profile["differential"]["element"]}
        assert own <= inherited, profile["id"]
