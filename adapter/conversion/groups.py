"""A message cut where each person begins: merges, links and bed swaps hold several."""

from __future__ import annotations

from collections.abc import Sequence

from adapter.er7 import Message, Segment, by_id


class Group:
    """One PID with the segments that follow it.

    `person` is that PID and `label` what issues name it: its place in the message, from 1.
    `present` holds the ids of all the segments.
    """

    __slots__ = ("_by_id", "label", "person", "present", "segments")

    def __init__(self, number: int, segments: list[Segment]) -> None:
        self.segments = segments
        self.person = segments[0]
        self.label = f"PID[{number}]"
        self._by_id = by_id(segments)
        self.present = self._by_id.keys()

    def all(self, segment_id: str) -> Sequence[Segment]:
        """Takes a segment id; returns every such segment of this person, in order."""
        return self._by_id.get(segment_id, ())


def groups(message: Message) -> list[Group]:
    """Takes a message; returns its people, in order."""
    segments = message.segments
    starts = [place for place, segment in enumerate(segments) if segment.id == "PID"]
    ends = [*starts[1:], len(segments)]
    return [
        Group(number, segments[start:end])
        for number, (start, end) in enumerate(zip(starts, ends, strict=False), 1)
    ]
