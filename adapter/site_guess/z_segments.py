"""Z-segments, and other fields with a value that no mapping reads."""

from __future__ import annotations

from collections import Counter

from adapter.conversion.fields_read import FieldsRead
from adapter.conversion.unmapped import unmapped
from adapter.er7 import Message
from adapter.site_guess.section import comments, question

_MOST = 200


class UnreadFields:
    """Counts the messages in which each field has a value and is not read."""

    def __init__(self, read: FieldsRead) -> None:
        self._read = read
        self._fields: Counter[str] = Counter()

    def observe(self, message: Message, _person: str) -> None:
        """Takes a message; whom it is about does not matter here."""
        self._fields.update(unmapped(message, self._read))

    def lines(self) -> list[str]:
        """Returns its lines of the site file, evidence as comments."""
        if not self._fields:
            return comments("Every field with a value is read.")
        lines = comments("Fields with a value that nothing reads, by the messages they are in:")
        for field, count in sorted(self._fields.items(), key=_by_segment)[:_MOST]:
            lines += comments(f"  {field}: {count}")
        if any(field.startswith("Z") for field in self._fields):
            text = "Does a Z-segment say something of the person or the stay? Rows as in mappings/."
            lines += question(
                text,
                "z-segments:",
                "  Encounter:",
                "    - ZXX-1 -> serviceType as CodeableConcept(specialty)",
            )
        return lines


def _by_segment(item: tuple[str, int]) -> tuple[str, int]:
    segment, _, number = item[0].partition("-")
    return segment, int(number)
