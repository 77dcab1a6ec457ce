"""Codes that no code map knows, by map, with how often they occur."""

from __future__ import annotations

from adapter.conversion.identity import RELIABILITY
from adapter.er7 import NULL, Message
from adapter.site_guess.coded_fields import CodedField, coded_fields
from adapter.site_guess.section import comments, question
from adapter.site_guess.tally import Tally, quoted
from mappings import Mappings


class LocalCodes:
    """Counts the values of coded fields that their code map does not know."""

    def __init__(self, mappings: Mappings) -> None:
        self._codes = mappings.codes
        self._places: dict[str, list[CodedField]] = {}
        for place in coded_fields(mappings):
            if place.codes in mappings.codes:
                self._places.setdefault(place.segment, []).append(place)
        self._unknown: dict[str, Tally] = {}
        self._fields: dict[str, set[str]] = {}

    def observe(self, message: Message, person: str) -> None:
        """Takes a message, and a key of whom it is about."""
        for segment in message.segments:
            for place in self._places.get(segment.id, ()):
                for composite in segment.composites(place.field):
                    self._take(composite.text(place.component), place, person)

    def _take(self, written: str, place: CodedField, person: str) -> None:
        if place.codes == "nhs-number-status" and written.upper() in RELIABILITY:
            return
        if written not in {"", NULL} and self._codes[place.codes].find(written) is None:
            self._unknown.setdefault(place.codes, Tally()).add(written, person)
            self._fields.setdefault(place.codes, set()).add(place.name)

    def lines(self) -> list[str]:
        """Returns its lines of the site file, evidence as comments."""
        if not self._unknown:
            return comments("Every code was in a table.")
        lines = comments("Codes that no table knows:")
        item = ["codes:"]
        for name, tally in sorted(self._unknown.items()):
            fields = ", ".join(sorted(self._fields[name]))
            lines += comments(f"{name} ({fields}): {tally.total} values", *tally.lines())
            if shown := tally.shown():
                item += [f"  {name}:", *(f"    {quoted(value)}: CODE" for value, _ in shown)]
        if len(item) == 1:
            return lines
        text = "Which code of mappings/codes does each stand for? Leave out what has none."
        return lines + question(text, *item)
