"""Whether a message says that a person died: every cell of the decision."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.adapter.conversion.messages import Fields, adt, convert, death, issues, only, pid, pv1

DIED = (True, "1")
TAKEN_BACK = (False, "U")
SILENT = (None, "")


@pytest.mark.parametrize(
    ("indicator", "when", "expected", "issue"),
    [
        ("", "", SILENT, ""),
        ("Y", "", DIED, ""),
        ("y", "", DIED, ""),
        ("DECEASED", "", DIED, ""),
        ("true", "", DIED, ""),
        ("N", "", TAKEN_BACK, ""),
        ('""', "", TAKEN_BACK, ""),
        ("", '""', TAKEN_BACK, ""),
        ('""', '""', TAKEN_BACK, ""),
        ("N", '""', TAKEN_BACK, ""),
        ("", "RESURREC", TAKEN_BACK, ""),
        ("Y", "20260313", ("2026-03-13", "1"), ""),
        ("", "20260313", ("2026-03-13", "1"), ""),
        ("Y", "202603", ("2026-03", "1"), ""),
        ("Y", "20260300", ("2026-03", "1"), ""),
        ("Y", "2026", ("2026", "1"), ""),
        ("Y", "20260313142500", ("2026-03-13T14:25:00+00:00", "1"), ""),
        ("Y", '""', DIED, ""),
        ("Y", "unknown", DIED, "date-unreadable PID[1]-29"),
        ("Y", "20261345", DIED, "date-unreadable PID[1]-29"),
        ("", "20261345", DIED, "date-unreadable PID[1]-29"),
        ("", "not known", SILENT, "death-suspected PID[1]-29"),
        ("N", "20260313", SILENT, "death-statement-conflict PID[1]-30"),
        ('""', "20260313", SILENT, "death-statement-conflict PID[1]-30"),
        ("Y", "RESURREC", SILENT, "death-statement-conflict PID[1]-30"),
        ("ROLE", "", SILENT, "code-unknown PID[1]-30"),
        ("died at home", "", SILENT, "death-suspected PID[1]-30"),
    ],
)
def test_date_and_indicator(
    indicator: str, when: str, expected: tuple[object, str], issue: str
) -> None:
    bundle = convert(adt("A31", pid({29: when, 30: indicator})))
    assert death(bundle) == expected
    assert (issue in issues(bundle)) if issue else not issues(bundle)


@pytest.mark.parametrize(
    ("stay", "expected", "issue"),
    [
        ({36: "4"}, DIED, ""),
        ({36: "4", 2: ""}, DIED, ""),  # class not known, but a discharge
        ({36: "4", 2: "E"}, SILENT, "death-suspected PV1[1]-36"),
        ({37: "79"}, DIED, ""),
        ({36: "5", 37: "79"}, SILENT, ""),  # stillbirth
        ({36: "5"}, SILENT, ""),
        ({14: "79"}, SILENT, ""),  # born on the way to hospital
        ({36: "1", 37: "19"}, SILENT, ""),
        ({36: "79", 37: "4"}, DIED, "discharge-fields-swapped PV1[1]-36"),
        ({36: "79"}, DIED, "discharge-fields-swapped PV1[1]-36"),
        ({37: "4"}, SILENT, "death-suspected PV1[1]-37"),
        ({36: "Dead"}, SILENT, "death-suspected PV1[1]-36"),
        ({37: "RIP"}, SILENT, "death-suspected PV1[1]-37"),
        ({36: "patient deceased"}, SILENT, "death-suspected PV1[1]-36"),
        ({36: "Feeling great"}, SILENT, "code-unknown PV1[1]-36"),
    ],
)
def test_discharge(stay: Fields, expected: tuple[object, str], issue: str) -> None:
    bundle = convert(adt("A03", pid(), pv1(stay)))
    assert death(bundle) == expected
    assert (issue in issues(bundle)) if issue else not issues(bundle)


def test_a_discharge_that_says_died_conflicts_with_a_denial() -> None:
    for stay in ({36: "4"}, {37: "79"}, {36: "Dead"}):
        bundle = convert(adt("A03", pid({30: "N"}), pv1(stay)))
        assert death(bundle) == SILENT
        assert "death-statement-conflict PID[1]-30" in issues(bundle)


def test_method_4_in_an_update_without_a_class_is_only_suspicious() -> None:
    bundle = convert(adt("A08", pid(), pv1({2: "", 36: "4"})))
    assert death(bundle) == SILENT
    assert "death-suspected PV1[1]-36" in issues(bundle)


@pytest.mark.parametrize("event", ["A11", "A13", "A16"])
def test_a_discharge_that_is_not_in_force_says_nothing(event: str) -> None:
    bundle = convert(adt(event, pid(), pv1({36: "4", 37: "79", 45: "20260314"})))
    assert death(bundle) == SILENT
    assert "hospitalization" not in only(bundle, "Encounter")


def test_the_disposal_table_of_emergency_departments(tmp_path: Path) -> None:
    site = tmp_path / "ed.yaml"
    site.write_text("discharge-method-codes: ae-disposal\n")
    referred = convert(adt("A03", pid(), pv1({2: "E", 36: "4"})), site)
    assert death(referred) == SILENT
    assert issues(referred) == []
    assert death(convert(adt("A03", pid(), pv1({2: "E", 36: "10"})), site)) == DIED


def test_discharge_read_from_the_fields_of_the_site(tmp_path: Path) -> None:
    site = tmp_path / "zu.yaml"
    site.write_text("discharge-method-field: ZU1-5\ndischarge-destination-field: PV1-36\n")
    bundle = convert(adt("A03", pid(), pv1({36: "79"}), "ZU1|||||4"), site)
    assert death(bundle) == DIED
    assert issues(bundle) == []


@pytest.mark.parametrize(
    ("born", "died", "issue"),
    [
        ("20260101", "20251231", True),
        ("19400101", "20260401", True),  # after the message
        ("19400101", "20260314", False),
        ("202603", "202603", False),
        ("", "20260314", False),
    ],
)
def test_an_implausible_date_is_kept_and_named(born: str, died: str, issue: bool) -> None:
    bundle = convert(adt("A31", pid({7: born, 29: died, 30: "Y"})))
    assert death(bundle)[1] == "1"
    assert ("death-date-implausible PID[1]-29" in issues(bundle)) is issue
