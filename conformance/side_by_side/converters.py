"""The two converters, each as a function from messages to what their Bundles say."""

from __future__ import annotations

import subprocess
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from pathlib import Path

import orjson

from adapter.conversion import Converter, Refusal
from conformance import maven
from conformance.side_by_side.leaves import Leaves, leaves

LINUXFORHEALTH = Path(__file__).parent / "linuxforhealth"
_OPTIONS = ("-Xmx1g", "-XX:+UseSerialGC", "-Dlog4j2.level=OFF")

Convert = Callable[[Sequence[bytes]], list[Leaves | None]]
"""Takes messages; returns what each becomes, None where it is refused."""


def ours(messages: Sequence[bytes]) -> list[Leaves | None]:
    """Takes messages; returns what we make of each."""
    converter = Converter()
    return [_ours(converter, message) for message in messages]


def linuxforhealth(messages: Sequence[bytes]) -> list[Leaves | None]:
    """Takes messages in UTF-8; returns what LinuxForHealth's converter makes of each.
    maven.CannotBuild where it cannot be run here."""
    command = maven.command(LINUXFORHEALTH, "learningfromdeaths.Convert", *_OPTIONS)
    done = subprocess.run(
        command,
        input=b"".join(b64encode(message) + b"\n" for message in messages),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    answers = [b64decode(line) for line in done.stdout.splitlines()]
    if len(answers) != len(messages):
        raise RuntimeError(f"{len(messages)} messages were given and {len(answers)} answered")
    return [leaves(orjson.loads(answer)) if answer else None for answer in answers]


def _ours(converter: Converter, message: bytes) -> Leaves | None:
    try:
        bundle = converter.convert(message).bundle
    except Refusal:
        return None
    return None if bundle is None else leaves(bundle)
