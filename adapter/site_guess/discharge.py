"""PV1-36 and PV1-37: which holds the method of discharge and which the destination, by shape."""

from __future__ import annotations

from collections import Counter

from adapter.er7 import NULL, Message
from adapter.site_guess.section import comments, is_clear, question
from adapter.site_guess.tally import Tally
from mappings import CodeMap

_FIELDS = (36, 37)
_METHOD, _DESTINATION, _DISPOSAL, _OTHER = (
    "of the look of a method (1 character)",
    "of the look of a destination (2 digits)",
    "only in the list of A&E disposals",
    "words or other codes",
)


class DischargeFields:
    """Counts the shapes of the values in both fields."""

    def __init__(self, codes: dict[str, CodeMap]) -> None:
        self._method, self._destination = (
            codes["nhs-discharge-method"],
            codes["discharge-destination"],
        )
        self._disposal = codes["ae-disposal"]
        public = {*self._method.targets, *self._destination.targets, *self._disposal.targets}
        self._values = {n: Tally(public) for n in _FIELDS}
        self._shapes = {n: Counter[str]() for n in _FIELDS}

    def observe(self, message: Message, person: str) -> None:
        """Takes a message, and a key of whom it is about."""
        for pv1 in message.all("PV1"):
            for number in _FIELDS:
                written = pv1.text(number)
                if written not in {"", NULL}:
                    self._values[number].add(written, person)
                    self._shapes[number][self._shape(written)] += 1

    def _shape(self, written: str) -> str:
        if self._method.find(written):
            return _METHOD
        if self._destination.find(written):
            return _DESTINATION
        return _DISPOSAL if self._disposal.find(written) else _OTHER

    def lines(self) -> list[str]:
        """Returns its lines of the site file, evidence as comments."""
        lines: list[str] = []
        for number in _FIELDS:
            shapes = self._shapes[number]
            lines += comments(f"PV1-{number}: {shapes.total()} values")
            lines += comments(*(f"  {shape}: {count}" for shape, count in shapes.most_common()))
            lines += comments(*(f"  {line}" for line in self._values[number].lines()))
        return [*lines, *self._places(), *self._table()]

    def _places(self) -> list[str]:
        if not any(self._values.values()):
            return comments("No discharge was seen: take a sample with A03 too.")
        if self._holds(36, _METHOD) and self._holds(37, _DESTINATION, or_nothing=True):
            return ["discharge-method-field: PV1-36", "discharge-destination-field: PV1-37"]
        if self._holds(37, _METHOD) and self._holds(36, _DESTINATION):
            return ["discharge-method-field: PV1-37", "discharge-destination-field: PV1-36"]
        shapes = self._shapes[36]
        if shapes[_DESTINATION] * 2 > shapes.total() and not self._values[37]:
            text = "Is PV1-36 the destination, and where is the method?"
            return question(
                text, "discharge-method-field: PV1-37", "discharge-destination-field: PV1-36"
            )
        text = "Which field is the method, and which the destination?"
        return question(
            text, "discharge-method-field: PV1-36", "discharge-destination-field: PV1-37"
        )

    def _holds(self, number: int, shape: str, *, or_nothing: bool = False) -> bool:
        shapes = self._shapes[number]
        return is_clear(shapes[shape], shapes.total()) or (or_nothing and not shapes)

    def _table(self) -> list[str]:
        if not any(shapes[_DISPOSAL] for shapes in self._shapes.values()):
            return []
        text = "Is the method of A&E's list, where 4 is a referral and 10 is a death?"
        return question(text, "discharge-method-codes: ae-disposal")
