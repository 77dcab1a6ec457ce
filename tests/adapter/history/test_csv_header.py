"""A header that cannot be used says which column, and what to do."""

from __future__ import annotations

from io import BytesIO

import pytest

from adapter.history.csv_reading import HeaderError, rows


@pytest.mark.parametrize(
    ("header", "sender", "places"),
    [
        ("organisation,nhs_number,dscharged", "", ["column 3"]),
        ("organisation,nhs_number,nhs_number", "", ["nhs_number"]),
        ("nhs_number,died", "", ["organisation"]),
        ("organisation,died", "", ["nhs_number"]),
        ("", "RT1", ["nhs_number"]),
        ('"organisation', "RT1", ["row"]),
    ],
)
def test_what_is_wrong_is_named(header: str, sender: str, places: list[str]) -> None:
    with pytest.raises(HeaderError) as raised:
        list(rows(BytesIO(header.encode()), sender))
    assert [reason.location for reason in raised.value.reasons] == places


def test_a_name_that_is_nearly_right_is_suggested() -> None:
    with pytest.raises(HeaderError, match="is it discharged"):
        list(rows(BytesIO(b"organisation,nhs_number,dscharged"), ""))


def test_a_file_without_a_header_gives_nothing_away() -> None:
    with pytest.raises(HeaderError) as raised:
        list(rows(BytesIO(b"RT1,9990000018,EXAMPLE\n"), ""))
    assert "EXAMPLE" not in str(raised.value)
    assert "9990000018" not in str(raised.value)


def test_names_are_read_in_any_case_and_order() -> None:
    (piece,) = rows(BytesIO(b" Died ,NHS_NUMBER\n2024-03-01,9990000018\n"), "RT1")
    assert b"ADT^A31" in piece.raw
