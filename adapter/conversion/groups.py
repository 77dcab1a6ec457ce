"""A message cut where each person begins: merges, links and bed swaps hold several."""

from __future__ import annotations

from dataclasses import dataclass

from adapter.er7 import Message, Segment


@dataclass(frozen=True, slots=True)
class Group:
    """One PID with the segments that follow it; `number` is its place in the message, from 1."""

    number: int
    segments: list[Segment]

    @property
    def person(self) -> Segment:
        """The PID segment."""
        return self.segments[0]

    @property
    def label(self) -> str:
        """The PID segment as issues name it."""
        return f"PID[{self.number}]"

    def all(self, segment_id: str) -> list[Segment]:
        """Takes a segment id; returns every such segment of this person, in order."""
        return [s for s in self.segments if s.id == segment_id]


def groups(message: Message) -> list[Group]:
    """Takes a message; returns its people, in order."""
    found: list[Group] = []
    for segment in message.segments:
        if segment.id == "PID":
            found.append(Group(len(found) + 1, []))
        if found:
            found[-1].segments.append(segment)
    return found
