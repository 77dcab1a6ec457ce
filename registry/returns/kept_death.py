"""A death as returns count it, as it is kept."""

from __future__ import annotations

from pydantic import TypeAdapter

from registry.returns.reviewed_death import ReviewedDeath


def to_json(death: ReviewedDeath) -> bytes:
    """Takes a death; returns its canonical JSON."""
    return _DEATH.dump_json(death, exclude_defaults=True)


def from_json(content: str | bytes) -> ReviewedDeath:
    """Takes what `to_json` returned; returns the death."""
    return _DEATH.validate_json(content)


_DEATH = TypeAdapter(ReviewedDeath)
