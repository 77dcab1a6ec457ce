"""The truth as a file: one JSON line for each person."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict

from pydantic import TypeAdapter, ValidationError

from simulation.truth import Truth

_TRUTH = TypeAdapter(Truth)


class TruthError(ValueError):
    """A line is not one that `to_line` wrote; says which."""


def to_line(truth: Truth) -> str:
    """Takes the truth about one person; returns it as a line of JSON, its sets in order."""
    return json.dumps(asdict(truth), default=sorted) + "\n"


def from_lines(text: str) -> Iterator[Truth]:
    """Takes the content of a truth file; yields the truths. TruthError: a line cannot be read."""
    for number, line in enumerate(text.splitlines(), 1):
        try:
            yield _TRUTH.validate_json(line)
        except ValidationError as error:
            place = ".".join(str(part) for part in error.errors()[0]["loc"]) or "the line"
            raise TruthError(f"line {number}: {place} is not as it was written") from None
