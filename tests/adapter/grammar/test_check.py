"""The strict check: each rule is found, at its place, and what is right has no problem."""

from __future__ import annotations

import pytest

from adapter.er7 import read
from adapter.grammar import Findings, check
from adapter.grammar.standard import structure, versions

HEADER = "MSH|^~\\&|PAS|RXX|TIE|RXX|20260314091500||ADT^A03^ADT_A03|C1|P|2.4"
EVN = "EVN||20260314091400"
PID = "PID|1||12345^^^RXX^MR||TESTER^Terry||19500203|M"
PV1 = "PV1|1|I"


def found(*lines: str) -> Findings:
    return check(read("\r".join(lines).encode()))


def problems(*lines: str) -> list[str]:
    return [f"{one.place} {one.rule}" for one in found(*lines).problems]


def test_a_right_message_has_no_problem() -> None:
    findings = found(
        HEADER, EVN, PID, "PD1|Y", PV1, "DG1|1||F84.0^Autism^I10|||W", "PR1|1||X99||20260314"
    )
    assert (findings.version, findings.structure) == ("2.4", "ADT_A03")
    assert findings.problems == ()


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((HEADER, PID, PV1), ["EVN required"]),
        ((HEADER, EVN, PID), ["PV1 required"]),
        ((HEADER, EVN, PV1, PID), ["PID[1] order"]),
        ((HEADER, EVN, PID, PID, PV1), ["PID[2] cardinality"]),
        ((HEADER, EVN, PID, "NK1|1", PV1), ["NK1[1] unknown-segment"]),
        ((HEADER, EVN, PID, PV1, "QQQ|1"), ["QQQ[1] unknown-segment"]),
        ((HEADER, EVN, "PID|1||||TESTER^Terry", PV1), ["PID[1]-3 required"]),
        ((HEADER, EVN, 'PID|1||""||TESTER^Terry', PV1), []),
        ((HEADER, EVN, PID + "~F", PV1), ["PID[1]-8 cardinality"]),
        ((HEADER, EVN, PID + "^X", PV1), ["PID[1]-8 unknown-field"]),
        ((HEADER, EVN, PID + "|" * 31 + "X", PV1), ["PID[1]-39 unknown-field"]),
        ((HEADER, EVN, PID.replace("PID|1", "PID|one"), PV1), ["PID[1]-1 data-type"]),
        ((HEADER, EVN, PID.replace("PID|1", "PID|12345"), PV1), ["PID[1]-1 too-long"]),
        ((HEADER, EVN, PID.replace("^MR", "^MR^^yesterday"), PV1), ["PID[1]-3.7 data-type"]),
        ((HEADER, EVN, PID + "|" * 22 + "maybe", PV1), ["PID[1]-30 table"]),
        ((HEADER.replace("^ADT_A03", "^ADT_A01"), EVN, PID, PV1), ["MSH[1]-9.3 structure"]),
        ((HEADER.replace("ADT^A03^ADT_A03", "XXX^Y01"), EVN), ["MSH[1]-9 structure"]),
    ],
)
def test_each_rule(lines: tuple[str, ...], expected: list[str]) -> None:
    assert problems(*lines) == expected


def test_places_name_the_repetition_and_the_component() -> None:
    second = PID.replace("^MR|", "^MR~6789^^^A&1.2.3&WRONG^MR|")
    assert problems(HEADER, EVN, second, PV1) == ["PID[1]-3[2].4.3 table"]


def test_what_a_later_version_withdrew() -> None:
    later = HEADER.replace("|2.4", "|2.8")
    assert problems(later, "EVN|A03|20260314091400", PID, PV1) == ["EVN[1]-1 withdrawn"]


def test_groups_repeat_and_need_their_segments() -> None:
    merge = HEADER.replace("A03^ADT_A03", "A40^ADT_A39")
    both = ("MRG|1^^^RXX", PID.replace("PID|1", "PID|2"), "MRG|2^^^RXX")
    assert problems(merge, EVN, PID, *both) == []
    assert problems(merge, EVN, PID, PID, "MRG|2^^^RXX") == ["MRG required"]


def test_local_segments_and_codes_are_notes() -> None:
    findings = found(HEADER, EVN, PID.replace("|M", "|1"), PV1, "ZU1|anything")
    assert findings.problems == ()
    segment, sex = findings.notes
    assert segment == "ZU1[1]: a local segment, not checked"
    assert sex.startswith("PID[1]-8: a local code")


@pytest.mark.parametrize(
    ("written", "used"),
    [("2.4", "2.4"), ("2.9", "2.8.2"), ("2.3.9", "2.3.1"), ("1.0", "2.1"), ("", "2.4")],
)
def test_unknown_versions_are_checked_as_the_nearest(written: str, used: str) -> None:
    findings = found(HEADER.replace("|2.4", f"|{written}"), EVN, PID, PV1)
    assert findings.version == used
    assert bool(findings.notes) == (written != used)


def test_old_and_new_versions_have_their_own_structures() -> None:
    for version, event, expected in [
        ("2.2", "A08", "ADT_A08"),
        ("2.3", "A31", "ADT_A01"),
        ("2.4", "A31", "ADT_A05"),
        ("2.4", "A12", "ADT_A09"),
        ("2.5", "A12", "ADT_A12"),
        ("2.5", "A44", "ADT_A43"),
        ("2.7", "A44", "ADT_A44"),
    ]:
        line = HEADER.replace("A03^ADT_A03", event).replace("|2.4", f"|{version}")
        assert found(line, EVN, PID, PV1).structure == expected


@pytest.mark.parametrize("version", versions())
def test_every_structure_of_every_version_can_be_read(version: str) -> None:
    assert structure("ADT_A01", version)


def test_no_value_is_told() -> None:
    secret = "SECRET"
    lines = [line.replace("1|", f"1|{secret}", 1) for line in (PID, PV1, "DG1|1|", "OBX|1|")]
    findings = found(HEADER, EVN, *lines, f"PID|{secret}|{secret}^{secret}&{secret}")
    assert len(findings.problems) > 5
    assert secret not in str(findings)
