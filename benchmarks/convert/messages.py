"""The corpus messages that everybody is measured on."""

from __future__ import annotations

from pathlib import Path

from adapter.conversion import Converter, Refusal
from adapter.conversion.trigger import trigger
from adapter.er7 import read, split

EVENTS = {"A01", "A03", "A08"}
LARGEST = 100_000
"""Leaves out the crafted messages of several megabytes, which say nothing of a usual day."""


def messages(folder: Path, least: int) -> list[bytes]:
    """Takes the corpus and a size in bytes; returns the admissions, discharges and updates of that
    size or more that we convert, in order."""
    converter = Converter()
    found = (raw for path in sorted(folder.rglob("*.hl7")) for raw in split(path.read_bytes()))
    return [raw for raw in found if least <= len(raw) <= LARGEST and _counts(raw, converter)]


def _counts(raw: bytes, converter: Converter) -> bool:
    try:
        converter.convert(raw)
    except Refusal:
        return False
    return trigger(read(raw)) in EVENTS
