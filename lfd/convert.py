"""`lfd convert`: HL7 v2 messages to FHIR, as NDJSON."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Iterator
from typing import Any

import orjson

from adapter import er7
from adapter.conversion import Converter, Refusal, minimise
from conformance import canonical
from lfd.reading import read_bytes
from lfd.site import site

SOME_FAILED = 2
Resource = dict[str, Any]


def run(chosen: Namespace) -> int:
    """Takes files and how to print; writes a line for each message, in order."""
    converter = Converter(site(chosen.site))
    outcomes: Counter[str] = Counter()
    for file in chosen.files:
        for resource, kind in _convert(converter, file):
            outcomes[kind] += 1
            if not chosen.summary:
                _write(resource, chosen)
    if chosen.summary:
        for kind, count in sorted(outcomes.items(), key=lambda pair: (-pair[1], pair[0])):
            print(f"{count:6d}  {kind}")
    refused = sum(n for kind, n in outcomes.items() if kind.startswith("refused"))
    return SOME_FAILED if refused else 0


def _convert(converter: Converter, file: str) -> Iterator[tuple[Resource, str]]:
    number = 0
    for number, raw in enumerate(er7.split(read_bytes(file)), 1):
        yield _one(converter, raw, f"{file}, message {number}")
    if number == 0:
        text = "There is no HL7 message in it: none of its lines begins with MSH."
        yield _outcome(file, "100", "MSH", text), "refused: no message in the file"


def _one(converter: Converter, raw: bytes, where: str) -> tuple[Resource, str]:
    try:
        conversion = converter.convert(raw)
    except Refusal as refusal:
        outcome = _outcome(where, refusal.code, refusal.location, refusal.text)
        return outcome, f"refused: {refusal.text}"
    if conversion.bundle is None:
        return _not_relevant(where, conversion.reason), f"not relevant: {conversion.reason}"
    return conversion.bundle, "converted"


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


def _write(resource: Resource, chosen: Namespace) -> None:
    if chosen.minimise and resource["resourceType"] == "Bundle":
        resource = minimise(resource)
    option = orjson.OPT_INDENT_2 if chosen.pretty else 0
    sys.stdout.buffer.write(orjson.dumps(resource, option=option | orjson.OPT_APPEND_NEWLINE))
    sys.stdout.buffer.flush()
