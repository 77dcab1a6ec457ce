"""HL7's Java validation (HAPI's), built by Maven and run as one process over many resources.

It starts once, because loading R4 and UK Core takes longer than validating hundreds of Bundles.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

PROJECT = Path(__file__).parent / "java_validator"
OUR_PACKAGE = Path(__file__).parent / "package"
_TARGET = PROJECT / "target"
_BUILT = _TARGET / "built"
# Maven says so where it reaches no repository; a version that does not exist is our mistake.
_UNREACHABLE = "Could not transfer"
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
    """Takes resources as JSON texts of one line, and folders of FHIR packages; returns the issues
    of each, in order. CannotValidate where Java, Maven or a package is missing."""
    for package in packages:
        if not package.is_dir() and package != OUR_PACKAGE:
            raise CannotValidate(f"the FHIR package {package.parent.name} is not here")
    _build()
    asked = list(resources)
    class_path = os.pathsep.join((str(_TARGET / "classes"), str(_TARGET / "lib" / "*")))
    done = subprocess.run(
        [_tool("java"), *_OPTIONS, "-cp", class_path, _MAIN, *map(str, packages)],
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


def _build() -> None:
    """Has Maven compile the project, unless that is done and nothing has changed since."""
    sources = [PROJECT / "pom.xml", *(PROJECT / "src").rglob("*.java")]
    changed = max(source.stat().st_mtime for source in sources)
    if _BUILT.is_file() and _BUILT.stat().st_mtime >= changed:
        return
    _tool("java")
    maven = subprocess.run(
        [_tool("mvn"), "--batch-mode", "--quiet", "process-classes"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
    )
    if maven.returncode:
        if _UNREACHABLE in maven.stdout:
            raise CannotValidate("Maven cannot fetch the validator")
        raise RuntimeError(f"Maven cannot build the validator:\n{maven.stdout}")
    _BUILT.touch()


def _tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise CannotValidate(f"{name} is not here")
    return found
