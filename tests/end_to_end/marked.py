"""The demo's story retold about people whose every particular is a mark."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from lfd.demo import story
from nhs import nhs_number

SURNAMES = ["Qzaxby", "Qzemlo", "Qzirvu", "Qzoktu", "Qzunda", "Qzyrph", "Qzelgo", "Qzupti"]

# Long enough never to stand in a random token by chance.
WORDS = ["Qzxada", "Qzxlane", "Qzxtown", "QZ1 1ZX", "Qzxkin", "Qzxfreetext", "0770090", "Qzxtold"]


@dataclass
class Person:
    """One marked person."""

    surname: str
    number: str
    hospital_number: str

    @property
    def segments(self) -> str:
        """What the demo's messages leave out: next of kin, an observation, a note."""
        return (
            f"NK1|1|{self.surname}kin^Jo|SPO|7 Qzxkin Row^^Qzxtown^^QZ1 1ZX|07700900998\r"
            "OBX|1|TX|99^Free^L||Qzxfreetext the family says|||||||F\r"
        )


@dataclass
class Marked:
    """The marked people, by the number the demo gives them; and the marks."""

    people: dict[str, Person] = field(default_factory=dict[str, Person])
    visits: dict[str, str] = field(default_factory=dict[str, str])
    _numbers: Iterator[str] = field(default_factory=lambda: nhs_number.of_test_range(765_400))

    @property
    def marks(self) -> list[str]:
        """Whatever must not be found outside the databases."""
        about = [
            mark
            for person in self.people.values()
            for mark in (
                person.surname,
                person.number,
                f"{person.number[:3]} {person.number[3:6]} {person.number[6:]}",
                person.hospital_number,
            )
        ]
        return [*about, *self.visits.values(), *WORDS]

    def messages(self) -> dict[str, str]:
        """The story's messages by control id, each about its marked person."""
        return {told.control_id: self._retold(told) for told in story.read()}

    def _retold(self, told: story.Told) -> str:
        person = self.people.setdefault(told.nhs_number, self._new_person())
        text = told.raw.decode()
        (given,) = re.findall(r"\rPID\|[^\r]*\|([A-Z]\d{4,7})|~([A-Z]\d{3,7})\^", text)[:1]
        local = given[0] or given[1]
        text = text.replace(told.nhs_number, person.number).replace(local, person.hospital_number)
        text = re.sub(r"(\rPID\|(?:[^|\r]*\|){4})[^|\r]*", rf"\g<1>{person.surname}^Qzxada", text)
        text = self._with_address(text)
        text = re.sub(r"(\rPV1\|(?:[^|\r]*\|){18})([^|\r]+)", self._visit, text)
        return text.rstrip("\r") + "\r" + person.segments

    def _with_address(self, text: str) -> str:
        """PID-11 and PID-13."""
        lines = text.split("\r")
        place = next(n for n, line in enumerate(lines) if line.startswith("PID"))
        fields = lines[place].split("|")
        fields += [""] * (14 - len(fields))
        fields[11], fields[13] = "5 Qzxlane^^Qzxtown^^QZ1 1ZX", "07700900999"
        lines[place] = "|".join(fields)
        return "\r".join(lines)

    def _visit(self, found: re.Match[str]) -> str:
        mark = self.visits.setdefault(found[2], f"Qzv{len(self.visits)}visit")
        return f"{found[1]}{mark}"

    def _new_person(self) -> Person:
        surname = SURNAMES[len(self.people)]
        number = next(self._numbers)
        return Person(surname, number, f"QZH{number[3:9]}")
