"""Says where a message holds more than is read of it (adapter/er7/limits.py)."""

from __future__ import annotations

from collections import Counter

from adapter.conversion.draft import Draft
from adapter.er7 import MOST_REPETITIONS


def note_unread(draft: Draft, raw: bytes) -> None:
    """Takes a draft and the bytes of its message; notes each field that repeats too often."""
    mark = draft.message.delimiters.repetition.encode()
    # Hardly any message has so many in the whole of it.
    if not mark or raw.count(mark) < MOST_REPETITIONS:
        return
    counts: Counter[str] = Counter()
    for segment in draft.message.segments:
        counts[segment.id] += 1
        for field in range(1, len(segment) + 1):
            if segment.is_cut(field):
                draft.note("repetitions-unread", f"{segment.id}[{counts[segment.id]}]-{field}")
