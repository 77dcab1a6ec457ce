"""Whether times carry an offset; those without are read on the clock of the site's time zone."""

from __future__ import annotations

import re

from adapter.er7 import Message
from adapter.site_guess.section import comments, question

_FIELDS = {"MSH": (7,), "EVN": (2, 6), "PID": (7, 29), "PV1": (44, 45)}
_TIME = re.compile(r"\d{8}\d{2,}[\d.]*(?P<offset>[+-]\d{2,4}|Z)?")


class Times:
    """Counts times of day with and without an offset."""

    def __init__(self) -> None:
        self._with, self._without = 0, 0

    def observe(self, message: Message, _person: str) -> None:
        """Takes a message; whom it is about does not matter here."""
        for segment in message.segments:
            for number in _FIELDS.get(segment.id, ()):
                if found := _TIME.fullmatch(segment.text(number)):
                    self._with += found["offset"] is not None
                    self._without += found["offset"] is None

    def lines(self) -> list[str]:
        """Returns its lines of the site file, evidence as comments."""
        lines = comments(f"Times of day: {self._with} with an offset, {self._without} without.")
        if not self._without:
            return lines
        text = "Are times without an offset on London's clock, or is it UTC all year?"
        return lines + question(text, "time-zone: Europe/London")
