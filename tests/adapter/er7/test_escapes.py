"""Escape sequences: each one, several charsets, and what is malformed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.er7 import Delimiters, escape, unescape

MARKS = Delimiters()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (r"a\F\b\S\c\T\d\R\e\E\f", "a|b^c&d~e\\f"),
        (r"one\.br\two", "one\ntwo"),
        (r"\H\bold\N\ plain", "bold plain"),
        (r"\X41\\X4243\ ", "ABC "),
        (r"\XC3A9\ ", "é "),
        (r"\XE9\ ", "é "),  # not UTF-8: Windows-1252
        (r"1 \E\x09\E\ ST", r"1 \x09\ ST"),  # undone once, not twice
    ],
)
def test_sequences(written: str, meant: str) -> None:
    assert unescape(written, MARKS) == meant


@pytest.mark.parametrize("written", ["a\\b", "a\\", "\\Q\\", "\\Xzz\\", "C:\\temp\\x", "\\Z12\\"])
def test_what_is_malformed_or_local_stays_as_it_is(written: str) -> None:
    assert unescape(written, MARKS) == written


def test_without_an_escape_character_nothing_is_escaped() -> None:
    assert unescape(r"a\F\b", Delimiters(escape="")) == r"a\F\b"
    assert escape("a|b", Delimiters(escape="")) == "a|b"


def test_hexadecimal_follows_the_character_set_of_the_message() -> None:
    assert unescape(r"\XA4\ ", MARKS, "iso8859-15") == "€ "


def test_control_characters_are_left_out() -> None:
    assert unescape(r"a\X00\b", MARKS) == "ab"


@given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\r")))
def test_escaping_is_undone(text: str) -> None:
    assert unescape(escape(text, MARKS), MARKS) == text


@given(st.text())
def test_any_text_can_be_unescaped(text: str) -> None:
    unescape(text, MARKS)
