"""What a site file changes: codes, Z-segments, the meaning of PID-30, NHS numbers in PID-2."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mappings import Mappings, Unmapped
from tests.adapter.conversion.messages import (
    NHS_NUMBER,
    adt,
    convert,
    death,
    extension,
    issues,
    only,
    pid,
    pv1,
    resources,
)


def site(folder: Path, text: str) -> Path:
    path = folder / "site.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def admission(bundle: dict[str, Any]) -> dict[str, Any]:
    found = extension(only(bundle, "Encounter")["hospitalization"], "AdmissionMethod")
    assert found is not None
    return found["valueCodeableConcept"]


def test_a_local_code_is_translated(tmp_path: Path) -> None:
    raw = adt("A01", pid(), pv1({4: "Elect Wait"}))
    assert issues(convert(raw)) == ["code-unknown PV1[1]-4"]
    own = site(tmp_path, "codes:\n  admission-method: {Elect Wait: 11}\n")
    bundle = convert(raw, own)
    assert admission(bundle)["coding"][0]["code"] == "11"
    assert issues(bundle) == []


def test_a_code_is_translated_otherwise_than_by_default(tmp_path: Path) -> None:
    own = site(tmp_path, 'codes:\n  nhs-discharge-method: {"4": 1, "D": 4}\n')
    assert death(convert(adt("A03", pid(), pv1({36: "4"})), own)) == (None, "")
    assert death(convert(adt("A03", pid(), pv1({36: "D"})), own)) == (True, "1")


def test_a_local_coding_system_is_translated(tmp_path: Path) -> None:
    own = site(tmp_path, "codes:\n  coding-system: {OURDX: ICD10}\n")
    raw = adt("A01", pid(), pv1(), "DG1|1||F720^Severe^OURDX")
    assert resources(convert(raw), "Flag") == []
    assert "code-unknown DG1[1]-3" in issues(convert(raw))
    assert resources(convert(raw, own), "Flag")
    assert issues(convert(raw, own)) == []


@pytest.mark.parametrize(
    ("written", "expected"),
    [("R", (True, "1")), ("u", (False, "U")), ("-", (None, "")), ("Y", (None, ""))],
)
def test_values_of_the_death_indicator(
    tmp_path: Path, written: str, expected: tuple[object, str]
) -> None:
    own = site(tmp_path, 'death-indicator: {R: yes, U: no, "-": silent, Y: silent}\n')
    bundle = convert(adt("A31", pid({30: written})), own)
    assert death(bundle) == expected
    assert issues(bundle) == []


def test_a_value_of_the_death_indicator_that_nobody_explained_says_nothing() -> None:
    for written in ("U", "R", "-", "2"):
        bundle = convert(adt("A31", pid({30: written})))
        assert death(bundle) == (None, "")
        assert issues(bundle) == ["code-unknown PID[1]-30"]


def test_z_segments_come_last_and_win(tmp_path: Path) -> None:
    own = site(
        tmp_path,
        "z-segments:\n"
        "  Patient:\n    - ZPI-2 -> gender as code(administrative-sex)\n"
        "  Encounter:\n"
        "    - ZLW-1 -> hospitalization.admitSource as CodeableConcept(source-of-admission)\n"
        "    - ZLW-3 -> serviceType as CodeableConcept(specialty) unless ZLW-2\n",
    )
    raw = adt("A01", pid({8: "M"}), pv1({10: "300"}), "ZPI||F", "ZLW|19||700")
    bundle = convert(raw, own)
    assert only(bundle, "Patient")["gender"] == "female"
    stay = only(bundle, "Encounter")
    assert stay["hospitalization"]["admitSource"]["coding"][0]["code"] == "19"
    assert stay["serviceType"]["coding"][0]["code"] == "700"
    unless = convert(adt("A01", pid(), pv1({10: "300"}), "ZLW|19|x|700"), own)
    assert only(unless, "Encounter")["serviceType"]["coding"][0]["code"] == "300"


def test_an_unknown_code_in_a_z_segment_is_kept_and_named(tmp_path: Path) -> None:
    own = site(
        tmp_path,
        "z-segments:\n  Encounter:\n    - ZLW-3 -> serviceType as CodeableConcept(specialty)\n",
    )
    bundle = convert(adt("A01", pid(), pv1(), "ZLW|||Q9Q"), own)
    assert only(bundle, "Encounter")["serviceType"]["text"] == "Q9Q"
    assert issues(bundle) == ["code-unknown ZLW[1]-3"]


@pytest.mark.parametrize(
    ("rule", "written", "found"),
    [
        ("if-valid", NHS_NUMBER, "nhs-number"),
        ("if-valid", "9990000019", "local"),
        ("always", NHS_NUMBER, "nhs-number"),
        ("always", "9990000019", "not valid"),
        ("never", NHS_NUMBER, "local"),
    ],
)
def test_nhs_numbers_in_pid_2(tmp_path: Path, rule: str, written: str, found: str) -> None:
    own = site(tmp_path, f"nhs-number-in-pid-2: {rule}\n")
    bundle = convert(adt("A31", pid({2: written, 3: ""})), own)
    (identifier,) = only(bundle, "Patient")["identifier"]
    assert identifier["value"] == written
    system = identifier.get("system", "NHS number, not valid")
    assert system.endswith(found)
    assert ("nhs-number-invalid PID[1]-3" in issues(bundle)) is (found == "not valid")


@pytest.mark.parametrize(
    ("lines", "where"),
    [
        (["PV1|1|Q"], "PV1[1]-2"),
        (["PV1|1|I||Q9"], "PV1[1]-4"),
        (["PV1|1|I||||||||Q9"], "PV1[1]-10"),
        (["PV1|1|I||||||||||||Q9"], "PV1[1]-14"),
        (["DG1|1||A01^x^I10|||Q"], "DG1[1]-6"),
        (["DG1|1||123^x^Q9"], "DG1[1]-3"),
        (["PV1|1|I", "PV2|||123^x^Q9"], "PV2[1]-3"),
    ],
)
def test_an_unknown_code_of_a_stay_is_never_passed_over(lines: list[str], where: str) -> None:
    assert f"code-unknown {where}" in issues(convert(adt("A01", pid(), *lines)))


@pytest.mark.parametrize(
    ("field", "written", "where"),
    [
        (3, "M1^^^RT1^Q9", 3),
        (5, "TESTER^Terry^^^^^Q9", 5),
        (8, "Q", 8),
        (11, "1 Road^^Leeds^^^^Q9", 11),
        (13, "0113^Q9^PH", 13),
        (13, "0113^PRN^Q9", 13),
        (15, "Q9", 15),
        (16, "Q", 16),
        (22, "Q9", 22),
        (24, "Q", 24),
        (32, "Q9", 32),
    ],
)
def test_an_unknown_code_of_a_person_is_never_passed_over(
    field: int, written: str, where: int
) -> None:
    bundle = convert(adt("A31", pid({field: written})))
    assert f"code-unknown PID[1]-{where}" in issues(bundle)


def test_known_codes_raise_nothing() -> None:
    fields = {3: f"{NHS_NUMBER}^^^NHS^NH~M1^^^RT1^MR", 16: "M", 22: "A", 32: "NSTS01~AL~US"}
    assert issues(convert(adt("A31", pid(fields)))) == []


def test_a_code_map_never_puts_a_known_code_in_the_place_of_one_it_does_not_know() -> None:
    """`fixed` codes are those that say: not known."""
    fixed = {
        m.fixed.code
        for m in Mappings.load().codes.values()
        if m.unmapped is Unmapped.FIXED and m.fixed
    }
    assert fixed <= {"unknown", "und", "UNK"}
