"""What a message says that nothing here reads, field by field: nothing valued is lost unseen.

The answer holds names of fields only, never a value.
"""

from __future__ import annotations

from adapter.conversion.fields_read import FieldsRead
from adapter.er7 import Message

_NONE: frozenset[int] = frozenset()


def unmapped(message: Message, read: FieldsRead) -> list[str]:
    """Takes a message and the fields that are read; returns each other field that has a value
    (`""` too), once, in the order of the message: `PID-19`, `ZLW-3`."""
    found: dict[str, None] = {}
    for segment in message.segments:
        known = read.get(segment.id, _NONE)
        for number, value in enumerate(segment.fields, 1):
            if value and number not in known and not value.isspace():
                # An id of a broken line may go on with words of a person: its start is enough.
                found[f"{segment.id[:3]}-{number}"] = None
    return list(found)
