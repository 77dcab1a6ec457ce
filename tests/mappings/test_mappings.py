"""The mappings that are shipped: they load, and say what the national lists say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fhir.resources.R4B.conceptmap import ConceptMap
from fhir.resources.R4B.valueset import ValueSet

from conformance import canonical
from mappings import Mappings, Site
from mappings.maps import FOLDER

SHARED = Path(__file__).parents[3] / "shared"
MAPPINGS = Mappings.load()
UK_CORE_LISTS = {
    "DischargeMethodEngland": "nhs-discharge-method",
    "DischargeDestinationEngland": "discharge-destination",
    "AdmissionMethodEngland": "admission-method",
    "SourceOfAdmissionEngland": "source-of-admission",
    "EthnicCategoryEngland": "ethnic-category",
    "PersonMaritalStatusEngland": "marital-status",
    "NHSNumberVerificationStatusEngland": "nhs-number-status",
}


@pytest.mark.parametrize("path", sorted((FOLDER / "codes").glob("*.json")), ids=lambda p: p.stem)
def test_code_maps_are_fhir_concept_maps(path: Path) -> None:
    ConceptMap.model_validate(json.loads(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", sorted((FOLDER / "flags").glob("*.json")), ids=lambda p: p.stem)
def test_flag_lists_are_fhir_value_sets(path: Path) -> None:
    ValueSet.model_validate(json.loads(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize(("listed", "name"), UK_CORE_LISTS.items())
def test_every_code_of_uk_core_is_mapped_to_itself(listed: str, name: str) -> None:
    path = SHARED / "ukcore_codes.json"
    if not path.is_file():
        pytest.skip("the shared code lists are not here")
    source = json.loads(path.read_text(encoding="utf-8"))[listed]
    for code, display in source["concepts"]:
        target = MAPPINGS.codes[name].find(code)
        assert target is not None
        assert (target.system, target.code, target.is_exact) == (source["url"], code, True)
        assert target.display in {display, ""}
        assert target.text


def test_flags_are_the_codes_of_the_contract() -> None:
    assert {flag.flag for flag in MAPPINGS.flags} == {
        "autism",
        "learning-disability",
        "possible-learning-disability",
        "possible-severe-mental-illness",
        "severe-mental-illness",
    }
    for flag in MAPPINGS.flags:
        assert flag.reference.startswith(f"{canonical.VALUE_SET}{flag.flag}|")


def test_no_diagnosis_is_both_confirmed_and_possible() -> None:
    lists = {flag.flag: flag for flag in MAPPINGS.flags}
    for number in range(1000):
        code = f"F{number // 10:02}.{number % 10}"
        for name in ("learning-disability", "severe-mental-illness"):
            icd10 = "http://hl7.org/fhir/sid/icd-10"
            both = (lists[name].holds(icd10, code), lists[f"possible-{name}"].holds(icd10, code))
            assert both != (True, True)


def test_a_site_file_keeps_the_defaults_it_does_not_name(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text("organisations: {uclh: rrv}\n")
    site, default = Site.load(path), Site.default()
    assert site.organisations == {"UCLH": "RRV"}
    assert site.nhs_number_authorities == default.nhs_number_authorities
    assert site.discharge_method_field == default.discharge_method_field


def test_an_empty_site_file_is_the_default(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text("# nothing differs\n")
    assert Site.load(path) == Site.default()
