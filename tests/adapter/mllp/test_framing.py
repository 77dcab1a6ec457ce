"""MLLP blocks: the same stream gives the same events however the network cuts it."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from adapter.mllp.framing import Decoder, Event, Frame, Junk, Oversize, frame

LIMIT = 40
HEAD = 8

CONTENT = st.binary(max_size=60).map(lambda data: data.replace(b"\x1c", b"|"))
JUNK = st.binary(max_size=6).map(lambda data: data.replace(b"\x0b", b"?"))
STREAM = st.lists(st.tuples(JUNK, CONTENT, st.sampled_from([b"", b"\r", b"\r\n"])), max_size=6)


def decoded(chunks: list[bytes]) -> list[Event]:
    decoder = Decoder(LIMIT, HEAD)
    return [event for chunk in chunks for event in decoder.feed(chunk)]


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(stream) + 1) for place in places), len(stream)]
    return [stream[start:end] for start, end in pairwise(edges)]


@given(STREAM, st.lists(st.integers(min_value=0), max_size=12))
def test_any_split_gives_the_same_events(
    blocks: list[tuple[bytes, bytes, bytes]], places: list[int]
) -> None:
    stream = b"".join(junk + b"\x0b" + content + b"\x1c" + end for junk, content, end in blocks)
    whole = decoded([stream])
    assert decoded(cut(stream, places)) == whole
    assert decoded([bytes([byte]) for byte in stream]) == whole


@given(STREAM)
def test_every_block_is_reported_in_order(blocks: list[tuple[bytes, bytes, bytes]]) -> None:
    stream = b"".join(junk + b"\x0b" + content + b"\x1c" + end for junk, content, end in blocks)
    expected = [
        Frame(content) if len(content) <= LIMIT else Oversize(content[:HEAD], len(content))
        for _, content, _ in blocks
    ]
    assert [event for event in decoded([stream]) if not isinstance(event, Junk)] == expected


@given(st.binary(max_size=300), st.integers(min_value=1, max_value=7))
def test_never_holds_more_than_the_limit(stream: bytes, step: int) -> None:
    decoder = Decoder(LIMIT, HEAD)
    for start in range(0, len(stream), step):
        for event in decoder.feed(stream[start : start + step]):
            if isinstance(event, Frame):
                assert len(event.content) <= LIMIT
        assert len(decoder._held) <= LIMIT  # pyright: ignore[reportPrivateUsage]


def test_a_frame_round_trips() -> None:
    assert decoded([frame(b"MSH|^~\\&\rPID")]) == [Frame(b"MSH|^~\\&\rPID")]


def test_vertical_tab_inside_a_block_is_content() -> None:
    assert decoded([b"\x0bNTE|a\x0bb\x1c\r"]) == [Frame(b"NTE|a\x0bb")]


def test_a_block_at_the_limit_is_whole_and_one_byte_more_is_not() -> None:
    assert decoded([frame(b"x" * LIMIT)]) == [Frame(b"x" * LIMIT)]
    assert decoded([frame(b"x" * (LIMIT + 1))]) == [Oversize(b"x" * HEAD, LIMIT + 1)]


def test_junk_is_counted_and_line_ends_are_not_junk() -> None:
    assert decoded([b"GET /\r\n\r\n", b"\x0ba\x1c\r"]) == [Junk(5), Frame(b"a")]


def test_a_block_without_end_is_no_event() -> None:
    decoder = Decoder()
    assert list(decoder.feed(b"\x0bMSH|")) == []
    assert decoder.within_frame
