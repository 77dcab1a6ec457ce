"""What is fuzzed: each target takes bytes and raises only where the adapter has a defect."""

from __future__ import annotations

from functools import cache

import orjson

from adapter import er7
from adapter.acknowledgement import acknowledge, read_answer
from adapter.conversion import Converter, Refusal, minimise
from adapter.door import Door
from adapter.grammar import check
from adapter.mllp.framing import Decoder, Frame, Junk, Oversize, frame
from adapter.rules import door
from mappings import Site

_LIMIT = 4096


def er7_target(data: bytes) -> None:
    """The reader, the file splitter and the strict check."""
    for raw in [data, *er7.split(data)]:
        try:
            message = er7.read(raw)
        except er7.NotHl7 as error:
            assert error.reason.isprintable()
            continue
        for segment in message.segments:
            for number in range(1, len(segment) + 1):
                for composite in segment.composites(number):
                    assert "\0" not in composite.text(1) + composite.text(2, 2)
        check(message)


def convert_target(data: bytes) -> None:
    """The conversion: a Bundle that can be written as JSON, or a Refusal."""
    try:
        conversion = _converter().convert(data)
    except Refusal as refusal:
        assert refusal.text.isprintable()
        return
    assert conversion.relevant == (conversion.bundle is not None)
    if conversion.bundle is not None:
        orjson.dumps(conversion.bundle)
        orjson.dumps(minimise(conversion.bundle))


def door_target(data: bytes) -> None:
    """The door: a verdict on anything, and an acknowledgement that can be read."""
    verdict = _door().judge(data)
    assert verdict.reason is None or verdict.reason.code != "207", verdict.reason
    for answer in acknowledge(verdict.message, verdict.code, verdict.reason):
        assert read_answer(answer).code


def mllp_target(data: bytes) -> None:
    """The MLLP decoder: the same events however the stream is cut, and none over the limit."""
    step = 1 + (data[0] if data else 0) % 17
    whole, pieces = Decoder(_LIMIT), Decoder(_LIMIT)
    at_once = list(whole.feed(data))
    cut = [e for n in range(0, len(data), step) for e in pieces.feed(data[n : n + step])]
    assert at_once == cut
    for event in at_once:
        assert isinstance(event, Frame | Oversize | Junk)
        assert not isinstance(event, Frame) or len(event.content) <= _LIMIT
    if b"\x1c" not in data:
        assert list(Decoder(len(data)).feed(frame(data))) == [Frame(data)]


TARGETS = {
    "er7": er7_target,
    "convert": convert_target,
    "door": door_target,
    "mllp": mllp_target,
}


@cache
def _converter() -> Converter:
    return Converter()


@cache
def _door() -> Door:
    return door(Site.default())
