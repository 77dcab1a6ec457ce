"""A message mended by hand keeps its sender and its character set."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter import er7
from adapter.mending import CannotMend, is_mendable, mended, text_of
from tests.adapter.conftest import adt

RAW = adt()


def test_a_browser_sends_other_line_ends_and_nothing_else_changes() -> None:
    sent = text_of(RAW).replace("\n", "\r\n")
    assert mended(RAW, sent) == RAW


def test_what_was_written_is_in_the_message() -> None:
    made = mended(RAW, text_of(RAW).replace("12345", "67890"))
    pid = er7.read(made).first("PID")
    assert pid is not None
    assert pid.text(3) == "67890"


@pytest.mark.parametrize("name", ["cp1252", "utf-8", "utf-16-le"])
def test_the_character_set_stays(name: str) -> None:
    raw = adt(pid3="Zoë").decode().encode(name)
    made = mended(raw, text_of(raw).replace("Zoë", "Zoé"))
    assert made.decode(name).count("Zoé") == 1


def test_a_character_the_set_does_not_have_is_refused() -> None:
    raw = adt(pid3="Zoë").decode().encode("cp1252")
    with pytest.raises(CannotMend, match="cp1252"):
        mended(raw, text_of(raw).replace("Zoë", "Żoë"))


@pytest.mark.parametrize("sender", ["RXB", "", "RXA^RXB", "rxa"])
def test_another_sender_is_refused(sender: str) -> None:
    with pytest.raises(CannotMend, match="MSH-4"):
        mended(RAW, text_of(RAW).replace("|PAS|RXA|", f"|PAS|{sender}|"))


@pytest.mark.parametrize("text", ["", "PID|1", "MSH|^~\\&|PAS|RXA\nMSH|^~\\&|PAS|RXA"])
def test_what_is_no_message_is_refused(text: str) -> None:
    with pytest.raises(CannotMend, match="could not be read"):
        mended(RAW, text)


def test_a_message_of_which_only_the_header_is_readable_can_be_mended() -> None:
    broken = RAW + b"MSH|^~\\&|PAS|RXA\r"
    assert mended(broken, text_of(RAW)) == RAW


def test_refusals_hold_nothing_of_the_message() -> None:
    with pytest.raises(CannotMend) as caught:
        mended(RAW, text_of(RAW).replace("RXA", "SECRET"))
    assert "SECRET" not in str(caught.value)


@given(st.binary(max_size=200))
def test_any_bytes_have_a_text_and_are_mended_or_refused(tail: bytes) -> None:
    raw = RAW + tail
    text = text_of(raw)
    if not is_mendable(raw):
        return
    try:
        made = mended(raw, text)
    except CannotMend:
        return
    assert er7.read(made).header.text(4) == "RXA"
