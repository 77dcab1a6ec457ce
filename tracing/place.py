"""A place in a trace, as it travels in a header or stands in a row.

Source: W3C Trace Context, level 1, "traceparent". What else the recommendation has (`tracestate`)
is not taken: anybody may write anything in it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

HEADER = "traceparent"
_WRITTEN = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?", re.ASCII)
_SAMPLED = 1


@dataclass(frozen=True, slots=True)
class Place:
    """A span of a trace, by their ids; `is_sampled`: the trace is recorded."""

    trace_id: int
    span_id: int
    is_sampled: bool

    def __str__(self) -> str:
        return f"00-{self.trace_id:032x}-{self.span_id:016x}-{int(self.is_sampled):02x}"


def read(written: str | None) -> Place | None:
    """Takes a traceparent; returns its place, None where it is none. A version to come may have
    more behind what this one has."""
    found = None if written is None else _WRITTEN.fullmatch(written.strip())
    if found is None or found[1] == "ff" or (found[1] == "00" and found[5]):
        return None
    place = Place(int(found[2], 16), int(found[3], 16), bool(int(found[4], 16) & _SAMPLED))
    return place if place.trace_id and place.span_id else None
