"""What hl7apy's own validator finds in the corpus, the check finds too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from hl7apy.exceptions import HL7apyException
from hl7apy.parser import parse_message  # pyright: ignore[reportUnknownVariableType]
from hl7apy.validation import Validator

from adapter.er7 import Message, NotHl7, read, split
from adapter.grammar import Rule, check
from tests.adapter.conversion.messages import SHARED

CORPUS = SHARED / "corpus"
pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="the shared corpus is not here")
_LARGEST = 3_000
_EVERY = 6
_MISSING = re.compile(r"Missing required child (?:ADT_A\d+\w*)\.(?P<name>[A-Z][A-Z0-9]{2})$")
_MISSING_FIELD = re.compile(r"Missing required child [A-Z][A-Z0-9]{2}\.(?P<name>\w+)$")


def sample() -> Iterator[Message]:
    """Messages that hl7apy takes as they are: the usual delimiters, a version and an event."""
    for path in sorted(CORPUS.rglob("*.hl7"))[::_EVERY]:
        for raw in split(path.read_bytes()):
            try:
                message = read(raw)
            except NotHl7:
                continue
            if len(raw) < _LARGEST and message.header.text(9, 1) == "ADT":
                yield message


def by_hl7apy(message: Message, structure: str, report: Path) -> list[str]:
    """The errors of hl7apy's validator, as it writes them; none where it cannot read."""
    header = message.header
    fields = [header.field(n) for n in range(2, len(header) + 1)]
    fields[7] = f"ADT^{header.text(9, 2)}^{structure}"
    lines = ["|".join(["MSH", *fields])]
    for segment in message.segments[1:]:
        written = [segment.field(n) for n in range(1, len(segment) + 1)]
        lines.append("|".join([segment.id, *written]))
    try:
        parsed = cast(Any, parse_message)("\r".join(lines))
        cast(Any, Validator).validate(parsed, report_file=str(report))
    except HL7apyException:
        pass
    except Exception:  # hl7apy stumbles over some segments; that is what the reader is for
        return []
    return report.read_text().splitlines() if report.exists() else []


def test_what_is_missing_for_hl7apy_is_missing_for_the_check(tmp_path: Path) -> None:
    compared = 0
    for number, message in enumerate(sample()):
        findings = check(message)
        written = by_hl7apy(message, findings.structure, tmp_path / f"{number}.txt")
        ours = {one.place for one in findings.problems if one.rule is Rule.REQUIRED}
        moved = {one.place[:3] for one in findings.problems if one.rule is Rule.ORDER}
        for line in written:
            if missing := _MISSING.search(line):
                assert missing["name"] in ours | moved, (number, line)
                compared += 1
            elif missing := _MISSING_FIELD.search(line):
                segment, _, field = missing["name"].partition("_")
                wanted = re.compile(rf"{segment}\[\d+\]-{field}$")
                assert any(wanted.match(place) for place in ours), (number, line)
                compared += 1
    assert compared > 20
