"""Crafted messages with the expectations of corpus/crafted/expectations.json, one by one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapter.conversion import Refusal
from adapter.er7 import split
from tests.adapter.conversion.messages import (
    SHARED,
    convert,
    death,
    extension,
    issues,
    only,
    resources,
)

FOLDER = SHARED / "corpus" / "crafted"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the shared corpus is not here")


def bundles(name: str) -> list[dict[str, Any]]:
    return [convert(raw) for raw in split((FOLDER / f"{name}.hl7").read_bytes())]


def bundle(name: str) -> dict[str, Any]:
    (only_one,) = bundles(name)
    return only_one


def method(name: str) -> str:
    found = extension(only(bundle(name), "Encounter"), "DischargeMethod")
    assert found is not None
    return found["valueCodeableConcept"]["coding"][0]["code"]


def test_every_crafted_message_is_named_by_an_expectation() -> None:
    expected = {e["file"] for e in json.loads((FOLDER / "expectations.json").read_text())}
    assert expected == {f"crafted/{path.name}" for path in FOLDER.glob("*.hl7")}


@pytest.mark.parametrize(
    ("name", "expected", "issue"),
    [
        ("death_a03_disp4", ("2026-03-14T08:55:00+00:00", "1"), ""),
        ("death_a03_disp4_no_pid29", (True, "1"), ""),
        ("death_a03_indicator_N_with_date", (None, ""), "death-statement-conflict PID[1]-30"),
        ("death_a08_pda", ("2026-03-14T08:55:00+00:00", "1"), ""),
        ("death_a31_retract_N", (False, "U"), ""),
        ("death_a31_retract_RESURREC", (False, "U"), ""),
        ("death_a31_retract_null", (False, "U"), ""),
        (
            "death_before_birth",
            ("2025-12-31T23:59:00+00:00", "1"),
            "death-date-implausible PID[1]-29",
        ),
        ("death_bst", ("2026-07-01T00:30:00+01:00", "1"), ""),
        (
            "death_explicit_offset",
            ("2026-07-01T00:30:00+01:00", "1"),
            "death-date-implausible PID[1]-29",
        ),
        ("death_stillbirth_a03", ("2026-03-14", "1"), ""),
    ],
)
def test_deaths(name: str, expected: tuple[object, str], issue: str) -> None:
    assert death(bundle(name)) == expected
    assert issues(bundle(name)) == ([issue] if issue else [])


def test_discharge_methods() -> None:
    assert method("death_a03_disp4") == "4"
    assert method("death_stillbirth_a03") == "5"


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("a03_no_pv1_45", "finished"),
        ("a11_cancel_admit", "cancelled"),
        ("a12_cancel_transfer", "in-progress"),
        ("a13_cancel_discharge", "in-progress"),
        ("death_bst", "finished"),
        ("seg_z_everywhere", "finished"),
        ("v22", "finished"),
    ],
)
def test_states(name: str, status: str) -> None:
    assert only(bundle(name), "Encounter")["status"] == status


def test_a_cancelled_discharge_is_removed() -> None:
    stay = only(bundle("a13_cancel_discharge"), "Encounter")
    assert "end" not in stay["period"]
    assert "dischargeDisposition" not in stay.get("hospitalization", {})


def test_ids_stay_the_same() -> None:
    patients = {
        only(bundle(name), "Patient")["id"]
        for name in ("a03_no_pv1_45", "a03_pid3_order_swapped", "a03_vis_no_authority")
    }
    stays = {
        only(bundle(name), "Encounter")["id"]
        for name in ("a03_no_pv1_45", "a03_vis_no_authority", "a11_cancel_admit")
    }
    assert len(patients) == len(stays) == 1


def test_merges() -> None:
    prior = resources(bundle("a40_pv1_in_group"), "Patient")[1]
    assert prior["identifier"][0]["value"] == "9000000041"
    with pytest.raises(Refusal) as caught:
        bundle("a40_self_merge")
    assert caught.value.location == "MRG-1"


FRAMED = ["crlf", "lf", "blank_lines", "mllp", "no_final_cr", "trailing_spaces"]


@pytest.mark.parametrize("name", FRAMED)
def test_framing_changes_nothing(name: str) -> None:
    plain, framed = bundle("frame_no_final_cr"), bundle(f"frame_{name}")
    for kind in ("Patient", "Encounter", "Location", "Practitioner"):
        assert resources(framed, kind) == resources(plain, kind)


def test_a_batch_holds_two_messages_and_an_empty_file_none() -> None:
    assert len(bundles("frame_batch_fhs")) == 2
    assert bundles("empty_file") == []
    assert len(bundles("big_nte_2mb")) == 1


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("enc_latin1_undeclared", "MÜLLER"),
        ("enc_utf16le_bom", "SMITH"),
        ("enc_utf8_bom", "SMITH"),
        ("delims_four_chars", "SMITH & SON"),
        ("delims_truncation", "SMITH"),
    ],
)
def test_letters(name: str, family: str) -> None:
    assert only(bundle(name), "Patient")["name"][0]["family"] == family


def test_escapes_are_undone_once() -> None:
    address = only(bundle("escapes_double_epic"), "Patient")["address"][0]
    assert address["line"] == ["1 \\x09\\ ST"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("id_bad_checkdigit", ["nhs-number-invalid PID[1]-3"]),
        ("id_nhs_in_pid2", []),
        ("id_none", ["no-identifier PID[1]-3"]),
        ("dob_bad_month", ["date-unreadable PID[1]-7"]),
        ("dob_null", []),
        ("dob_plus", []),
        ("msh_no_control_id", ["control-id-missing MSH[1]-10"]),
        ("msh_event_mismatch", []),
        ("msh_no_structure", []),
    ],
)
def test_issues(name: str, expected: list[str]) -> None:
    assert issues(bundle(name)) == expected


def test_single_values() -> None:
    assert only(bundle("dob_plus"), "Patient")["birthDate"] == "2000-01-01"
    assert "birthDate" not in only(bundle("dob_bad_month"), "Patient")
    assert "birthDate" not in only(bundle("dob_null"), "Patient")
    assert only(bundle("sex_nhs_codes"), "Patient")["gender"] == "female"
    assert only(bundle("msh_event_mismatch"), "MessageHeader")["eventCoding"]["code"] == "A03"
    assert only(bundle("id_nhs_in_pid2"), "Patient")["identifier"][0]["value"] == "9000000009"
