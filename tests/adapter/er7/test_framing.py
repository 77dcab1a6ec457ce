"""Files of messages, cut into messages."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.er7 import read, split

ONE = b"MSH|^~\\&|PAS|RXX|||||ADT^A01|1\rPID|1||A\r"
TWO = b"MSH|^~\\&|PAS|RXX|||||ADT^A01|2\rPID|1||B\r"


def control_ids(data: bytes) -> list[str]:
    return [read(raw).header.text(10) for raw in split(data)]


@pytest.mark.parametrize(
    "data",
    [
        ONE + TWO,
        b"\x0b" + ONE + b"\x1c\r\x0b" + TWO + b"\x1c\r",
        b"FHS|^~\\&\rBHS|^~\\&\r" + ONE + TWO + b"BTS|2\rFTS|1\r",
        b"\xef\xbb\xbf" + ONE + b"\r\n\r\n" + TWO + b"\x1a",
        (ONE + TWO).replace(b"\r", b"\n"),
        (ONE + TWO).replace(b"\r", b"\r\n"),
        codecs.BOM_UTF16_LE + (ONE + TWO).decode().encode("utf-16-le"),
        b"BHS|^~\\&\r" + ONE + b"BTS|1\rBHS|^~\\&\r" + TWO + b"BTS|1",
    ],
)
def test_both_messages_are_found(data: bytes) -> None:
    assert control_ids(data) == ["1", "2"]


def test_a_framed_message_has_the_bytes_it_had_on_the_wire() -> None:
    assert list(split(b"\x0b" + ONE + b"\x1c\r")) == [ONE]
    assert list(split(ONE)) == [ONE]


def test_an_empty_file_holds_nothing() -> None:
    assert list(split(b"")) == list(split(b"\r\n \x0b\x1c\r")) == []


def test_what_is_no_message_is_not_dropped() -> None:
    assert list(split(b"rubbish\r" + ONE)) == [b"rubbish\r", ONE]
    assert list(split(b"MSH in words")) == [b"MSH in words"]


def test_msh_inside_a_field_begins_no_message() -> None:
    data = b"MSH|^~\\&|PAS\rNTE|1||see MSH|^~\\&|X\r"
    assert list(split(data)) == [data]


@given(st.binary(max_size=200))
def test_any_bytes_can_be_split(data: bytes) -> None:
    assert all(piece.strip() for piece in split(data))
