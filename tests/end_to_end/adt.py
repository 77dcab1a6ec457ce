"""ADT messages as English trusts write them (ITK, HL7 2.4), built for the scenarios."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count

from nhs import nhs_number

_NUMBERS = nhs_number.of_test_range(100_001)


def new_nhs_number() -> str:
    """A valid NHS number of the test range that no other test has."""
    return next(_NUMBERS)


@dataclass
class Stay:
    """PV1 of one stay; times as HL7 writes them."""

    visit: str
    admitted: str
    discharged: str = ""
    method: str = ""
    destination: str = ""
    patient_class: str = "I"
    admission_method: str = ""
    specialty: str = ""

    def segment(self) -> str:
        """The PV1 segment."""
        fields = {
            2: self.patient_class,
            3: "WARD1^BAY2^BED3",
            4: self.admission_method,
            10: self.specialty,
            19: self.visit,
            36: self.method,
            37: self.destination,
            44: self.admitted,
            45: self.discharged,
        }
        return _segment("PV1", fields)


@dataclass
class Person:
    """PID of one person at one trust, and messages about them."""

    trust: str
    number: str
    mrn: str
    practice: str = "P81001"
    birth: str = "19500203"
    _serial: count[int] = field(default_factory=lambda: count(1))

    def message(
        self,
        trigger: str,
        recorded: str,
        *,
        stay: Stay | None = None,
        died: str = "",
        indicator: str = "",
        diagnosis: str = "",
        action: str = "",
        merges: str = "",
        control_id: str | None = None,
    ) -> str:
        """One message, segments ended by CR. `died` is PID-29, `indicator` PID-30; `action` is
        DG1-21; `merges` the local number that MRG-1 names."""
        control_id = control_id or f"{self.mrn}-{next(self._serial)}"
        segments = [
            f"MSH|^~\\&|PAS|{self.trust}|TIE|ROUTE|{recorded}||ADT^{trigger}|{control_id}|P|2.4",
            f"EVN||{recorded}",
            self._pid(died, indicator),
            f"PD1|||PRACTICE^^{self.practice}",
            stay.segment() if stay else "PV1||N",
        ]
        if merges:
            segments.insert(4, f"MRG|{merges}^^^{self.trust}^MR")
        if diagnosis:
            segments.append(f"DG1|1||{diagnosis}^^I10||{recorded}|F{'|' * 15}{action}".rstrip("|"))
        return "\r".join(segments) + "\r"

    def unlinked_from(self, other: Person, recorded: str) -> str:
        """A37: this and the other record are two people's."""
        serial = f"{self.mrn}-{next(self._serial)}"
        segments = [
            f"MSH|^~\\&|PAS|{self.trust}|TIE|ROUTE|{recorded}||ADT^A37|{serial}|P|2.4",
            f"EVN||{recorded}",
            self._pid("", ""),
            other._pid("", ""),
        ]
        return "\r".join(segments) + "\r"

    def _pid(self, died: str, indicator: str) -> str:
        number = f"{self.number}^^^NHS^NH~" if self.number else ""
        identifiers = f"{number}{self.mrn}^^^{self.trust}^MR"
        fields = {3: identifiers, 5: "EXAMPLE^ADA", 7: self.birth, 8: "2", 29: died, 30: indicator}
        return _segment("PID", fields)


def _segment(name: str, fields: dict[int, str]) -> str:
    return "|".join([name, *(fields.get(n, "") for n in range(1, max(fields) + 1))]).rstrip("|")
