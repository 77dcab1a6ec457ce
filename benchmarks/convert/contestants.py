"""Who is measured: each takes all messages once and says how long it took."""

from __future__ import annotations

import gc
import importlib
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import orjson

from adapter.conversion import Converter, minimise
from adapter.er7 import read

_LEAST_SECONDS = 0.3
"""All messages are taken again until this is over, so that the fastest are measured too."""


@dataclass(frozen=True, slots=True)
class Round:
    """All messages once: the seconds of processor time, and how many went well."""

    seconds: float
    done: int


@dataclass(frozen=True, slots=True)
class Contestant:
    """`converts` is False for what only reads."""

    name: str
    converts: bool
    run: Callable[[], Round]


class Missing(Exception):
    """Why somebody cannot be measured here."""


def ours(messages: Sequence[bytes]) -> list[Contestant]:
    """Takes the messages; returns our reader, our converter, and all that leaves the trust."""
    converter = Converter()

    def whole(raw: bytes) -> bytes:
        return orjson.dumps(converter.convert(raw).bundle)

    def least(raw: bytes) -> bytes:
        bundle = converter.convert(raw).bundle
        assert bundle is not None
        return orjson.dumps(minimise(bundle))

    return [
        Contestant("our reader", False, _timed(read, messages)),
        Contestant("our conversion", True, _timed(converter.convert, messages)),
        Contestant("our conversion, as JSON", True, _timed(whole, messages)),
        Contestant("our conversion, minimised, as JSON", True, _timed(least, messages)),
    ]


def python_hl7(messages: Sequence[bytes]) -> Contestant:
    """python-hl7 reading the same messages."""
    parse = _module("hl7").parse
    return Contestant("python-hl7, reading", False, _timed(parse, _texts(messages)))


def hl7apy(messages: Sequence[bytes]) -> Contestant:
    """hl7apy reading the same messages, without looking for groups, which is its fastest way."""
    parser, consts = _module("hl7apy.parser"), _module("hl7apy.consts")

    def parse(text: str) -> Any:
        tolerant = consts.VALIDATION_LEVEL.TOLERANT
        return parser.parse_message(text, validation_level=tolerant, find_groups=False)

    return Contestant("hl7apy, reading", False, _timed(parse, _texts(messages)))


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise Missing(f"{name.partition('.')[0]} is not installed") from None


def _texts(messages: Sequence[bytes]) -> list[str]:
    """What these readers need: text, with carriage returns at the ends of lines and no other."""
    return [
        "\r".join(raw.decode("utf-8", "replace").strip("\ufeff\r\n").splitlines()) + "\r"
        for raw in messages
    ]


def _timed(function: Callable[[Any], Any], messages: Sequence[Any]) -> Callable[[], Round]:
    def run() -> Round:
        # What others left behind is theirs to clear up, and not in our time.
        gc.collect()
        done = times = 0
        started = time.process_time()
        while (taken := time.process_time() - started) < _LEAST_SECONDS:
            times += 1
            done = _count(function, messages)
        return Round(taken / times, done)

    return run


def _count(function: Callable[[Any], Any], messages: Sequence[Any]) -> int:
    done = 0
    for message in messages:
        # What a contestant cannot do is not counted as done; the table says how many were.
        with suppress(Exception):
            function(message)
            done += 1
    return done
