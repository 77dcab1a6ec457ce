"""The number that somebody is found by."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.find.number import NumberError, read_number
from tests.registry.api.message import number_of


@given(st.integers(0, 4999), st.sampled_from(["", " ", "-"]))
def test_an_nhs_number_is_read_as_people_write_it(serial: int, between: str) -> None:
    number = number_of(serial)
    written = between.join((number[:3], number[3:6], number[6:]))
    found = read_number(f" {written} ")
    assert (found.kind, found.value) == ("nhs", number)
    assert number not in repr(found)


def test_a_case_number_is_read_in_either_case() -> None:
    assert read_number("5502C0FB4CD18722317924809793FCAB").kind == "case"


@given(st.text(max_size=40))
def test_whatever_is_typed_is_a_number_or_refused_without_being_repeated(text: str) -> None:
    try:
        found = read_number(text)
    except NumberError as error:
        assert len(text.strip()) < 4 or text.strip() not in str(error)
    else:
        assert len(found.value) in (10, 32)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("", "Enter"), ("Ada Example", "10 digits; a case number"), ("999000001", "10 digits"),
        ("9990000019", "check each digit"), ("1111111111", "check each digit"),
    ],
)  # fmt: skip
def test_what_is_no_number_says_what_to_do(typed: str, told: str) -> None:
    with pytest.raises(NumberError, match=told):
        read_number(typed)
