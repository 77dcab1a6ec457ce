"""Builds the messages of these tests, and reads the Bundles that become of them."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from adapter.conversion import Converter
from mappings import Site

SHARED = Path(__file__).parents[4] / "shared"
NHS_NUMBER = "9990000018"
OTHER_NHS_NUMBER = "9990000026"
Fields = dict[int, str]

PERSON: Fields = {
    3: f"{NHS_NUMBER}^^^NHS^NH~M1^^^RT1^MR",
    5: "TESTER^Terry^^^MR^^L",
    7: "19500203",
    8: "M",
}
STAY: Fields = {2: "I", 3: "W1^B2^C3^RT101", 19: "V1", 44: "20260301101500"}


def segment(name: str, fields: Fields) -> str:
    """Takes a segment id and its fields by number; returns the line."""
    return "|".join([name, *(fields.get(n, "") for n in range(1, max(fields, default=0) + 1))])


def header(event: str, fields: Fields | None = None) -> str:
    given = {
        3: "PAS",
        4: "RT1",
        7: "20260314091500",
        9: f"ADT^{event}",
        10: "C1",
        11: "P",
        12: "2.4",
    }
    given |= fields or {}
    return "MSH|^~\\&|" + "|".join(given.get(n, "") for n in range(3, max(given) + 1))


def adt(event: str, *segments: str, msh: Fields | None = None) -> bytes:
    """Takes an event and the lines after EVN; returns the message."""
    lines = [header(event, msh), segment("EVN", {2: "20260314091400"}), *segments]
    return ("\r".join(lines) + "\r").encode()


def pid(fields: Fields | None = None) -> str:
    return segment("PID", PERSON | (fields or {}))


def pv1(fields: Fields | None = None) -> str:
    return segment("PV1", STAY | (fields or {}))


@lru_cache(maxsize=8)
def converter(site: Path | None = None) -> Converter:
    return Converter(Site.load(site) if site else None)


def convert(raw: bytes, site: Path | None = None) -> dict[str, Any]:
    """Takes a message that is relevant; returns its Bundle."""
    conversion = converter(site).convert(raw)
    assert conversion.relevant
    assert conversion.bundle is not None
    return conversion.bundle


def resources(bundle: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    found = (entry["resource"] for entry in bundle["entry"])
    return [resource for resource in found if resource["resourceType"] == kind]


def only(bundle: dict[str, Any], kind: str) -> dict[str, Any]:
    (resource,) = resources(bundle, kind)
    return resource


def issues(bundle: dict[str, Any]) -> list[str]:
    """The data-quality codes of a Bundle, each with its field."""
    return [
        f"{issue['details']['coding'][0]['code']} {issue['diagnostics'].split(':')[0]}"
        for outcome in resources(bundle, "OperationOutcome")
        for issue in outcome["issue"]
    ]


def extension(element: dict[str, Any], name: str) -> dict[str, Any] | None:
    return next((e for e in element.get("extension", []) if e["url"].endswith(name)), None)


def death(bundle: dict[str, Any]) -> tuple[Any, str]:
    """deceased[x] and the notification status of the only Patient; None and '' where not said."""
    patient = only(bundle, "Patient")
    said = patient.get("deceasedDateTime", patient.get("deceasedBoolean"))
    status = extension(patient, "DeathNotificationStatus")
    if status is None:
        return said, ""
    return said, status["extension"][0]["valueCodeableConcept"]["coding"][0]["code"]


def references(value: Any) -> list[str]:
    """Every reference in a Bundle."""
    if isinstance(value, list):
        return [found for item in value for found in references(item)]  # pyright: ignore[reportUnknownVariableType]
    if not isinstance(value, dict):
        return []
    found: list[str] = []
    for key, part in value.items():  # pyright: ignore[reportUnknownVariableType]
        found += [part] if key == "reference" else references(part)
    return found
