"""One ADT message as it will be sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from simulation.dialect import stamp

STRUCTURES = {
    "A02": "ADT_A02",
    "A03": "ADT_A03",
    "A11": "ADT_A09",
    "A12": "ADT_A12",
    "A21": "ADT_A21",
    "A22": "ADT_A21",
    "A28": "ADT_A05",
    "A31": "ADT_A05",
    "A37": "ADT_A37",
    "A40": "ADT_A39",
}
"""The structures that HL7 gives the events sent here; the others have that of A01."""


@dataclass(frozen=True, slots=True)
class Message:
    """`recorded` is when the event was entered (EVN-2), `sent` when the message left (MSH-7);
    `body` the segments after EVN."""

    sender: str
    version: str
    trigger: str
    control_id: str
    recorded: datetime
    sent: datetime
    body: tuple[str, ...]

    @property
    def text(self) -> str:
        """The message in ER7, each segment ended by CR."""
        structure = STRUCTURES.get(self.trigger, "ADT_A01")
        if self.version < "2.5":
            structure = structure.replace("ADT_A12", "ADT_A09")  # not yet apart in v2.4
        header = segment(
            "MSH",
            {
                2: "PAS",
                3: self.sender,
                4: "TIE",
                5: "ROUTE",
                6: stamp(self.sent),
                8: f"ADT^{self.trigger}^{structure}",
                9: self.control_id,
                10: "P",
                11: self.version,
                16: "GBR",
            },
        ).replace("MSH|", "MSH|^~\\&", 1)
        event = segment("EVN", {2: stamp(self.recorded)})
        return "\r".join((header, event, *self.body)) + "\r"


def segment(name: str, fields: Mapping[int, str]) -> str:
    """Takes a segment's name and its fields by number; returns the segment."""
    last = max((number for number, text in fields.items() if text), default=0)
    return "|".join([name, *(fields.get(number, "") for number in range(1, last + 1))])
