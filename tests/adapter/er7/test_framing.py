"""Files of messages, cut into messages."""

from __future__ import annotations

import codecs
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.er7 import read, split, split_file, split_with_place

ONE = b"MSH|^~\\&|PAS|RXX|||||ADT^A01|1\rPID|1||A\r"
TWO = b"MSH|^~\\&|PAS|RXX|||||ADT^A01|2\rPID|1||B\r"

PIECES = [
    *(
        b"MSH|^~\\&|A",
        b"MSH",
        b"MSHX",
        b"PID|1||A",
        b"FHS|x",
        b"BHS|",
        b"BTS",
        b"FTS|1",
        b"M",
        b"SH|",
    ),
    *(b"\r", b"\n", b"\r\n", b"\x0b", b"\x1c", b"\xef\xbb\xbf", b" ", b"\t", b"\0", b"\x1a", b"x"),
    *(b"\xff\xfe", b"\xfe\xff", b"M\0S\0H\0", b"\r\0"),
]


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


@given(st.binary(max_size=200), st.integers(1, 9))
def test_a_file_read_in_chunks_is_cut_as_a_whole_one(data: bytes, chunk: int) -> None:
    assert list(split_file(BytesIO(data), chunk)) == list(split(data))


@given(st.lists(st.sampled_from(PIECES), max_size=20), st.integers(1, 9))
def test_boundaries_across_chunks_are_found(pieces: list[bytes], chunk: int) -> None:
    data = b"".join(pieces)
    assert list(split_file(BytesIO(data), chunk)) == list(split(data))


def test_padding_and_marks_may_stand_before_a_message_in_the_file() -> None:
    data = b"rubbish\r \t\xef\xbb\xbf" + ONE + b"x\xef\xbb\xbf" + TWO
    assert list(split(data)) == [b"rubbish\r", ONE + b"x\xef\xbb\xbf" + TWO]


@given(st.lists(st.sampled_from([*PIECES, ONE, TWO])).map(b"".join), st.integers(1, 40))
def test_each_message_stands_at_its_place(data: bytes, chunk: int) -> None:
    placed = list(split_with_place(BytesIO(data), chunk))
    assert [piece for _, piece in placed] == list(split(data))
    for place, piece in placed:
        assert place is None or data[place : place + len(piece)] == piece


def test_a_file_of_utf_16_has_no_places() -> None:
    wide = codecs.BOM_UTF16_LE + (ONE + TWO).decode().encode("utf-16-le")
    assert [place for place, _ in split_with_place(BytesIO(wide))] == [None, None]
