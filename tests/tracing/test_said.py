"""What may be said of a span has its form, and nothing else comes through."""

from __future__ import annotations

import re
from typing import Any, cast
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nhs import nhs_number
from tracing.said import OTHER, Said, attributes

WORDS = [name for name, kind in Said.__annotations__.items() if "str" in str(kind)]
FREE = ("Smith", "SMITH", "smith@x", "A1234567", "QZH765400", "O'Neill^Jo", "1 High St", "a\nb", "")


def of(name: str, value: object) -> object:
    (said,) = attributes(cast(Said, {name: value})).values()
    return said


def test_what_is_meant_comes_through() -> None:
    request_id = str(uuid4())
    said: Said = {
        "trigger": "A03", "organisation": "RXA01", "acknowledgement": "AE", "state": "not-relevant",
        "outcome": "unavailable", "request_id": request_id, "method": "POST",
        "route": "/fhir/$process-message", "status": 200, "messages": 3, "attempt": 1, "events": 2,
        "subscriptions": 0,
    }  # fmt: skip
    assert set(said) == set(Said.__annotations__), "one is not tried"
    assert list(attributes(said).values()) == list(said.values())
    for code in ("QOP", "15N", "P81001", "RXA"):
        assert of("organisation", code) == code


@pytest.mark.parametrize("name", WORDS)
@pytest.mark.parametrize("free", FREE)
def test_names_and_local_numbers_are_said_of_nothing(name: str, free: str) -> None:
    assert of(name, free) == OTHER


@given(st.sampled_from(WORDS), st.integers(0, 999999))
def test_nhs_numbers_are_said_of_nothing(name: str, serial: int) -> None:
    nine = f"999{serial:06d}"
    number = f"{nine}{nhs_number.check_digit(nine) or 0}"
    for written in (number, f"{number[:3]} {number[3:6]} {number[6:]}", f"/{number}\n"):
        assert of(name, written) == OTHER


@given(st.sampled_from(WORDS), st.text())
def test_no_text_of_another_form_comes_through(name: str, text: str) -> None:
    said = of(name, text)
    assert said == OTHER or (said == text and re.fullmatch(r"[A-Za-z0-9_$./{}:+-]+", text))


@given(st.text() | st.floats() | st.none())
def test_a_count_is_a_number(value: Any) -> None:
    assert of("status", value) == -1
