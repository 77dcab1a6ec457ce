"""One message of a file to one line of FHIR, as `lfd convert` prints it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from adapter.conversion import Converter, Refusal, minimise
from conformance import canonical
from mappings import Site

Resource = dict[str, Any]
NO_MESSAGE = "There is no HL7 message in it: none of its lines begins with MSH."


class Numbered(NamedTuple):
    """A message: the file it is in, its number there from 1, and its bytes. A file without any
    has the number 0."""

    file: str
    number: int
    raw: bytes


@dataclass(frozen=True, slots=True)
class Lines:
    """What became of some messages: the lines to print, and the messages counted by outcome."""

    text: bytes
    outcomes: Counter[str] = field(default_factory=Counter[str])


@dataclass(frozen=True, slots=True)
class Printing:
    """How to print: `counts_only` prints no line at all."""

    pretty: bool = False
    minimise: bool = False
    counts_only: bool = False


class Convert:
    """Messages to lines. It can go to another process, which reads the mappings anew."""

    def __init__(self, site: Site, printing: Printing) -> None:
        self._site = site
        self._printing = printing
        self._converter = Converter(site)

    def __reduce__(self) -> tuple[type[Convert], tuple[Site, Printing]]:
        return Convert, (self._site, self._printing)

    def __call__(self, messages: Sequence[Numbered]) -> Lines:
        """Takes messages; returns their lines, in order."""
        outcomes: Counter[str] = Counter()
        lines: list[bytes] = []
        for message in messages:
            resource, kind = self._one(message)
            outcomes[kind] += 1
            if not self._printing.counts_only:
                lines.append(self._line(resource))
        return Lines(b"".join(lines), outcomes)

    def _one(self, message: Numbered) -> tuple[Resource, str]:
        if not message.number:
            outcome = _outcome(message.file, "100", "MSH", NO_MESSAGE)
            return outcome, "refused: no message in the file"
        where = f"{message.file}, message {message.number}"
        try:
            conversion = self._converter.convert(message.raw)
        except Refusal as refusal:
            outcome = _outcome(where, refusal.code, refusal.location, refusal.text)
            return outcome, f"refused: {refusal.text}"
        if conversion.bundle is None:
            return _not_relevant(where, conversion.reason), f"not relevant: {conversion.reason}"
        return conversion.bundle, "converted"

    def _line(self, resource: Resource) -> bytes:
        if self._printing.minimise and resource["resourceType"] == "Bundle":
            resource = minimise(resource)
        option = orjson.OPT_INDENT_2 if self._printing.pretty else 0
        return orjson.dumps(resource, option=option | orjson.OPT_APPEND_NEWLINE)


def _outcome(where: str, code: str, location: str, text: str) -> Resource:
    coding = {"system": "http://terminology.hl7.org/CodeSystem/v2-0357", "code": code}
    return {
        "resourceType": "OperationOutcome",
        "issue": [
            {
                "severity": "error",
                "code": "processing",
                "details": {"coding": [coding], "text": text},
                "diagnostics": f"{where}: {location}: {text}",
            }
        ],
    }


def _not_relevant(where: str, reason: str) -> Resource:
    coding = {"system": canonical.DATA_QUALITY, "code": "not-relevant"}
    return {
        "resourceType": "OperationOutcome",
        "issue": [
            {
                "severity": "information",
                "code": "informational",
                "details": {"coding": [coding], "text": reason},
                "diagnostics": f"{where}: {reason}",
            }
        ],
    }
