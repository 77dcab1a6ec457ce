"""The directory in memory: names, ICBs and successors."""

from __future__ import annotations

from datetime import date

import pytest

from registry.directory.organisation import Directory, Organisation
from registry.directory.references import DirectoryError, check

ORGANISATIONS = [
    Organisation("X26", "England", "national"),
    Organisation("QM1", "Moor ICB", "icb", "X26"),
    Organisation("RXA", "Moor Trust", "acute", "QM1"),
    Organisation("RXB", "Vale Trust", "acute", "QM1", "RXA", date(2025, 1, 1)),
    Organisation("RXC", "Dale Trust", "acute", None, "RXB", date(2024, 4, 1)),
    Organisation("A81001", "Moor Surgery", "gp", "RXA"),
]
DIRECTORY = Directory(ORGANISATIONS)


def test_names() -> None:
    assert DIRECTORY.name("RXA") == "Moor Trust"
    assert DIRECTORY.name("RZZ") == "RZZ"
    assert len(DIRECTORY) == 6


@pytest.mark.parametrize(
    ("ods", "icb"),
    [("RXA", "QM1"), ("A81001", "QM1"), ("QM1", "QM1"), ("X26", None), ("RXC", None), ("?", None)],
)
def test_parent_icb(ods: str, icb: str | None) -> None:
    assert DIRECTORY.parent_icb(ods) == icb


@pytest.mark.parametrize(
    ("ods", "on", "current"),
    [
        ("RXB", date(2024, 12, 31), "RXB"),
        ("RXB", date(2025, 1, 1), "RXA"),
        ("RXC", date(2024, 3, 31), "RXC"),
        ("RXC", date(2024, 12, 31), "RXB"),
        ("RXC", date(2026, 1, 1), "RXA"),
        ("RZZ", date(2026, 1, 1), "RZZ"),
    ],
)
def test_current(ods: str, on: date, current: str) -> None:
    assert DIRECTORY.current(ods, on) == current


def test_a_circle_ends() -> None:
    circle = Directory(
        [
            Organisation("RXA", "A", "acute", "RXB", "RXB", date(2025, 1, 1)),
            Organisation("RXB", "B", "acute", "RXA", "RXA", date(2025, 1, 1)),
        ]
    )
    assert circle.parent_icb("RXA") is None
    assert circle.current("RXA", date(2026, 1, 1)) in circle
    with pytest.raises(DirectoryError) as caught:
        check(circle, circle.values())
    assert "RXA: parent: leads back to RXA" in caught.value.reasons
    assert len(caught.value.reasons) == 4


def test_references_that_nobody_knows() -> None:
    check(DIRECTORY, ORGANISATIONS)
    lost = Organisation("RXD", "D", "acute", "QZZ", "RZZ", date(2025, 1, 1))
    with pytest.raises(DirectoryError) as caught:
        check(Directory([*ORGANISATIONS, lost]), [lost])
    assert caught.value.reasons == (
        "RXD: parent: QZZ is neither in the file nor in the database",
        "RXD: succeeded_by: RZZ is neither in the file nor in the database",
    )
