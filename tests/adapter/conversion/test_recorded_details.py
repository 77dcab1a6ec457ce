"""PDA, DB1, ACC, DRG, PD1-7 and ZU1; the source of a message; consent and legal status."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.adapter.conversion.messages import (
    adt,
    convert,
    death,
    extension,
    only,
    pid,
    pv1,
    resources,
)
from tests.adapter.conversion.test_bundle import check

PDA = (
    "PDA|I21^Infarct^I10~J18^Pneumonia^I10|W9^^^RT101|Y|20260302|C9^Cert^Ify^^^Dr^^^GMC"
    "|Y|20260303^20260304|C8^Path^Ologist|N"
)


def converted(*segments: str) -> dict[str, Any]:
    bundle = convert(adt("A03", pid(), pv1(), *segments))
    check(bundle)
    return bundle


def details(bundle: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The Observations by their code."""
    return {o["code"]["coding"][0]["code"]: o for o in resources(bundle, "Observation")}


def test_details_of_a_death() -> None:
    bundle = converted(PDA)
    assert death(bundle) == (True, "1")
    found = details(bundle)["death-details"]
    told = [
        (c["code"]["coding"][0]["code"], next(v for k, v in c.items() if k.startswith("value")))
        for c in found["component"]
    ]
    assert [name for name, _ in told] == [
        "cause-of-death",
        "cause-of-death",
        "death-certified",
        "certificate-signed",
        "coroner-involved",
    ]
    assert told[0][1]["coding"][0]["code"] == "I21"
    assert told[2:] == [
        ("death-certified", True),
        ("certificate-signed", "2026-03-02"),
        ("coroner-involved", False),
    ]
    entries = {e["fullUrl"]: e["resource"] for e in bundle["entry"]}
    place = extension(found, "event-location")
    assert place
    assert entries[place["valueReference"]["reference"]]["name"] == "W9"
    assert entries[found["performer"][0]["reference"]]["name"][0]["family"] == "Cert"


def test_an_autopsy() -> None:
    autopsy = details(converted(PDA))["autopsy"]
    assert autopsy["valueBoolean"] is True
    assert autopsy["effectivePeriod"] == {"start": "2026-03-03", "end": "2026-03-04"}


@pytest.mark.parametrize("pda", ["PDA|", 'PDA|""|""|""'])
def test_a_pda_that_says_nothing_says_nothing(pda: str) -> None:
    assert details(converted(pda)) == {}


@pytest.mark.parametrize(("of", "count"), [("PT", 1), ("", 1), ("GT", 0), ("IN", 0)])
def test_only_the_persons_own_disability(of: str, count: int) -> None:
    found = details(converted(f"DB1|1|{of}||Y|2020||20260101"))
    assert len(found) == count
    if count:
        assert found["disability"]["valueBoolean"] is True
        assert found["disability"]["effectivePeriod"] == {"start": "2020"}


def test_an_accident_a_casemix_group_and_a_living_will() -> None:
    found = details(
        converted("PD1|||||||Y^Yes", "ACC|20260228|F^Fall^L|At home||N|Y", "DRG|AA22C^Stroke^L")
    )
    assert found["accident"]["effectiveDateTime"] == "2026-02-28"
    assert [c.get("valueBoolean") for c in found["accident"]["component"]] == [None, False, True]
    assert found["casemix-group"]["valueCodeableConcept"]["text"] == "Stroke"
    assert found["75320-2"]["valueCodeableConcept"]["text"] == "Yes"


def test_earlier_psychiatric_spells() -> None:
    found = details(converted("ZU1" + "|" * 20 + "1"))["psychiatric-admission-status"]
    assert found["valueCodeableConcept"]["coding"][0]["code"] == "1"


@pytest.mark.parametrize(("written", "decision"), [("1", "permit"), ("2", "deny"), ("3", None)])
def test_consent_to_share(written: str, decision: str | None) -> None:
    consents = resources(converted(f"ZU8|U|{written}|No"), "Consent")
    assert [c["provision"]["type"] for c in consents] == ([decision] if decision else [])


def test_legal_status_where_the_site_says_where_it_is(tmp_path: Path) -> None:
    site = tmp_path / "site.yaml"
    site.write_text("legal-status-field: ZU5-3\n")
    bundle = convert(adt("A01", pid(), pv1(), "ZU5|||02"), site)
    check(bundle)
    status = extension(only(bundle, "Encounter"), "LegalStatus")
    assert status
    assert status["extension"][1]["valueCodeableConcept"]["coding"][0]["code"] == "02"


def test_the_source_of_a_message() -> None:
    raw = adt("A01", pid(), pv1(), "SFT|Vendor^L|1.2|PAS+|B7", msh={11: "T", 22: "Trust^^RT1"})
    bundle = convert(raw.replace(b"EVN||20260314091400", b"EVN||20260314091400||01|U1^Clerk^Clara"))
    check(bundle)
    header, provenance = only(bundle, "MessageHeader"), only(bundle, "Provenance")
    assert (header["source"]["software"], header["source"]["version"]) == ("PAS+", "1.2")
    assert header["meta"]["security"][0]["code"] == "HTEST"
    assert "responsible" in header
    device = only(bundle, "Device")
    assert device["manufacturer"] == "Vendor"
    assert provenance["agent"][-1]["who"]["reference"] == f"urn:uuid:{device['id']}"
    assert provenance["reason"][0]["coding"][0]["code"] == "01"
    assert len(provenance["agent"]) == 3
