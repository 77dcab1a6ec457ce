"""What is shown of the validator's issues: no value of a resource; and what explains them."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance import explanations
from conformance.findings import Findings, Kind, kind
from conformance.validate import unexplained, unused
from conformance.validator import CannotValidate, Issue, validate

ENTRY = "Bundle.entry[2].resource/*Patient/41507293-139d-5d04-8baf-70d935f838da*/"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("The value 'Siân O'Brien' is wrong", "The value"),
        ('Code "SMITH" is not in valueset: http://a.example/V|1', "Code http://a.example/V"),
        ("CodeSystem can't be checked: http://a.example/C for 'http://a.example/C#9990000018'",
         "CodeSystem can't be checked: http://a.example/C"),
        ("Number 9990000018 (Smith)", "Number …"),
    ],
)  # fmt: skip
def test_no_value_is_shown(text: str, shown: str) -> None:
    assert kind(Issue("warning", f"{ENTRY}.name[0]", "X", text)) == Kind(
        "warning", "X", "Patient.name", shown
    )


def test_senders_are_one_kind() -> None:
    address = "https://fhir.learning-from-deaths.example/CodeSystem/{}/ward"
    kinds = {kind(Issue("error", "", "X", address.format(s))) for s in ("RT1", "GOOD-HOSPITAL")}
    assert len(kinds) == 1


def test_findings_count_by_kind_and_keep_the_first_place() -> None:
    found = Findings()
    found.add("a.hl7", [Issue("warning", f"{ENTRY}.name[0]", "X", "no")])
    found.add("b.hl7", [Issue("warning", f"{ENTRY}.name[1]", "X", "no")])
    found.add("b.hl7", [Issue("error", ENTRY, "Y", "bad"), Issue("information", ENTRY, "Z", "")])
    (worst, _), (_, times) = found.sorted()
    assert worst == Kind("error", "Y", "Patient", "bad")
    assert times.count == 2
    assert times.example == "a.hl7: Bundle.entry[2].resource(Patient).name[0]"


def test_an_error_is_never_explained() -> None:
    dom_6 = "http://hl7.org/fhir/StructureDefinition/DomainResource#dom-6"
    known = explanations.load()
    for severity, left in (("warning", 0), ("error", 1)):
        found = Findings()
        found.add("a.hl7", [Issue(severity, "Patient", dom_6, "Constraint failed: dom-6")])
        assert len(unexplained(found, known)) == left
        assert len(unused(found, known)) == len(known) - 1 + left


def test_where_java_is_absent_the_reason_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CannotValidate, match="java is not here"):
        validate([], [tmp_path])
    with pytest.raises(CannotValidate, match="package of uk is not here"):
        validate([], [tmp_path / "uk" / "package"])
