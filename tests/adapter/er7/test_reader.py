"""The reader against messages as they arrive: delimiters, numbering, line ends, nulls."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.er7 import NULL, Delimiters, NotHl7, Segment, escape, read

HEADER = "MSH|^~\\&|PAS|RXX|TIE|RXX|20260314091500||ADT^A03^ADT_A03|C1|P|2.4"


def test_msh_counts_its_separator_as_its_first_field() -> None:
    header = read(f"{HEADER}\r".encode()).header
    assert header.field(1) == "|"
    assert header.text(2) == "^~\\&"
    assert header.text(4) == "RXX"
    assert header.text(9, 2) == "A03"


def test_components_subcomponents_and_repetitions_count_from_one() -> None:
    pid = read(f"{HEADER}\rPID|1||A^^^X&1.2&ISO~B^^^Y".encode()).segments[1]
    assert pid.text(3) == "A"
    assert pid.text(3, 4) == "X"
    assert pid.text(3, 4, 2) == "1.2"
    assert pid.text(3, 4, subcomponent=0) == "X&1.2&ISO"
    assert pid.text(3, 1, 1, 2) == "B"
    assert pid.repetitions(3) == ["A^^^X&1.2&ISO", "B^^^Y"]
    assert pid.text(3, 9) == pid.text(99) == pid.text(3, 1, 1, 9) == ""


def test_null_is_not_absence() -> None:
    pid = read(f'{HEADER}\rPID|1|""||'.encode()).segments[1]
    assert pid.text(2) == NULL
    assert pid.text(3) == ""


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\r\r\n", "   \r", "\r\n\r\n"])
def test_line_ends_of_every_kind(end: str) -> None:
    message = read(f"{HEADER}{end}PID|1||A{end}PV1|1|I{end}".encode())
    assert [s.id for s in message.segments] == ["MSH", "PID", "PV1"]
    assert message.segments[1].text(3) == "A"


def test_framing_around_a_message_is_left_out() -> None:
    assert read(f"\x0b{HEADER}\rPID|1||A\r\x1c\r".encode()).segments[1].text(3) == "A"


def test_a_broken_line_goes_on_where_it_stopped() -> None:
    message = read(f"{HEADER}\rNTE|1||one\ntwo, three\rPV1|1|I".encode())
    assert message.segments[1].text(3) == "one\ntwo, three"
    assert message.segments[2].text(2) == "I"


def test_unknown_segments_are_kept_and_found() -> None:
    message = read(f"{HEADER}\rZU1|a\rPID|1\rZU1|b".encode())
    assert [s.text(1) for s in message.all("ZU1")] == ["a", "b"]
    assert message.first("PV1") is None


def test_other_delimiters() -> None:
    message = read(b"MSH#*!?%#PAS#RXX##########\rPID#1##A***X%1!B")
    assert message.segments[1].text(3, 4, 2) == "1"
    assert message.segments[1].repetitions(3) == ["A***X%1", "B"]


def test_without_a_subcomponent_separator_an_ampersand_is_text() -> None:
    message = read(b"MSH|^~\\|PAS|RXX\rPID|1||||SMITH & SON^John")
    assert message.delimiters.subcomponent == ""
    assert message.segments[1].text(5) == "SMITH & SON"


def test_the_truncation_character_of_v27() -> None:
    assert read(b"MSH|^~\\&#|PAS|RXX\rPID|1||A").delimiters.truncation == "#"


def test_an_escape_character_that_is_itself_escaped() -> None:
    assert read(b"MSH|^~\\\\&|PAS|RXX\rPID|1||A&B").segments[1].text(3, 1, 2) == "B"


@pytest.mark.parametrize(
    "raw",
    [b"", b"\x0b\x1c\r", b"hello", b"PID|1", b"MSH", b"MSHX^~\\&|", b"MSH||", b"MSH|^^\\&|X"],
)
def test_what_is_no_message_has_a_reason_on_one_line(raw: bytes) -> None:
    with pytest.raises(NotHl7) as caught:
        read(raw)
    assert caught.value.reason
    assert "\n" not in caught.value.reason


def test_two_messages_in_one_are_not_read_as_one() -> None:
    with pytest.raises(NotHl7, match="more than one"):
        read(f"{HEADER}\rPID|1\r{HEADER}\rPID|2".encode())


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_have_a_reason(raw: bytes) -> None:
    try:
        read(raw)
    except NotHl7 as error:
        assert error.reason


TEXT = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufeff"), max_size=20
).map(str.strip)


@given(st.lists(st.lists(st.lists(TEXT, min_size=1), min_size=1), min_size=1, max_size=6))
def test_what_is_escaped_and_written_is_read_back(fields: list[list[list[str]]]) -> None:
    marks = Delimiters()
    written = "|".join(
        "~".join("^".join(escape(text, marks) for text in repetition) for repetition in field)
        for field in fields
    )
    segment = read(f"{HEADER}\rZZZ|{written}".encode()).segments[1]
    for n, field in enumerate(fields, 1):
        for r, repetition in enumerate(field, 1):
            for c, text in enumerate(repetition, 1):
                assert segment.text(n, c, repetition=r) == text


PLAIN = st.text(alphabet='AZ09 -^~"', max_size=12)


@given(st.lists(PLAIN, min_size=1, max_size=4), st.integers(1, 3), st.integers(0, 2))
def test_a_plain_segment_is_read_as_any_other(
    fields: list[str], component: int, subcomponent: int
) -> None:
    plain, other = (Segment("PID", fields, Delimiters(), is_plain=p) for p in (True, False))
    for n in range(1, len(fields) + 2):
        for repetition in (1, 2):
            places = (n, component, subcomponent, repetition)
            assert plain.text(*places) == other.text(*places)
        both = (plain.composites(n), other.composites(n))
        for left, right in zip(*both, strict=True):
            assert left.text(component, subcomponent) == right.text(component, subcomponent)


def test_escapes_and_parts_are_read_wherever_they_stand() -> None:
    message = read(b"MSH|^~\\&|A\\T\\B|RXX\rPID|1||A&B^C\rPV1|1\r\\T\\ on\rZZZ|a\\S\\b")
    assert message.header.text(3) == "A&B"
    texts = [message.segments[n].text(field) for n, field in ((1, 3), (2, 1), (3, 1))]
    assert texts == ["A", "1\n& on", "a^b"]
