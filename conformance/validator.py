"""HL7's Java validation (HAPI's), built by Maven and run as one process over many resources.

It starts once, because loading R4 and UK Core takes longer than validating hundreds of Bundles.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from conformance import maven

PROJECT = Path(__file__).parent / "java_validator"
OUR_PACKAGE = Path(__file__).parent / "package"
_MAIN = "learningfromdeaths.Validate"
_OPTIONS = ("-Xmx3g", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error")


class CannotValidate(Exception):
    """What is missing here to run the validator: a reason for people."""


@dataclass(frozen=True, slots=True)
class Issue:
    """What the validator says of one place in a resource; `text` may quote personal values."""

    severity: str
    location: str
    id: str
    text: str


def validate(resources: Iterable[bytes], packages: Sequence[Path]) -> list[list[Issue]]:
    """Takes resources as JSON texts of one line, and folders of FHIR packages (or single
    definitions); returns the issues of each, in order. CannotValidate where Java, Maven or a
    package is missing."""
    for package in packages:
        if not package.exists() and package != OUR_PACKAGE:
            raise CannotValidate(f"{package.name} of {package.parent.name} is not here")
    try:
        command = maven.command(PROJECT, _MAIN, *_OPTIONS)
    except maven.CannotBuild as reason:
        raise CannotValidate(str(reason)) from None
    asked = list(resources)
    done = subprocess.run(
        [*command, *map(str, packages)],
        input=b"".join(line + b"\n" for line in asked),
        stdout=subprocess.PIPE,
        check=True,
    )
    answers = done.stdout.splitlines()
    if len(answers) != len(asked):
        raise RuntimeError(f"{len(asked)} resources were given and {len(answers)} answered")
    return [[_issue(found) for found in orjson.loads(answer)] for answer in answers]


def _issue(found: dict[str, str | None]) -> Issue:
    return Issue(
        found["severity"] or "",
        found["location"] or "",
        found["id"] or "",
        found["text"] or "",
    )
