"""`python -m conformance.validate`: every resource we make, before HL7's Java validator.

Prints what it finds by kind, each with its number and one place and none with a value. Ends with 1
where there is an error, or a warning that conformance/explained_warnings.yaml does not explain.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from conformance import explanations
from conformance.explanations import Explanation
from conformance.findings import Findings
from conformance.subjects import Subject, subjects
from conformance.validator import OUR_PACKAGE, CannotValidate, validate

# Beside the checkout: messages and packages of others, which are not ours to publish. Where there
# are none, what needs them says so (docs/conformance.md).
SHARED = Path(__file__).parents[2] / "shared"
STORY = Path(__file__).parents[1] / "lfd" / "demo" / "story"
UK_CORE = SHARED / "fhir-packages" / "fhir.r4.ukcore#2.6.1" / "package"
_BACKPORT = SHARED / "fhir-packages" / "examples-backport-r4" / "resources"
# The one extension of the Backport guide that our CapabilityStatement uses. Its profiles for R5 are
# none that R4 can read.
BACKPORT = _BACKPORT / "StructureDefinition-capabilitystatement-subscriptiontopic-canonical.json"
BALP = SHARED / "fhir-packages" / "ihe.iti.balp#1.1.5" / "package"


def findings(of: Sequence[Subject], uk_core: Path = UK_CORE) -> Findings:
    """Takes resources and the folder of UK Core; returns what the validator finds in them."""
    found = Findings()
    packages = [uk_core, OUR_PACKAGE, BACKPORT]
    answers = validate((subject.line for subject in of), packages)
    for subject, issues in zip(of, answers, strict=True):
        found.add(subject.source, issues)
    return found


def unexplained(found: Findings, known: Sequence[Explanation]) -> list[str]:
    """Takes findings and explanations; returns a line for each kind that nothing explains."""
    return [
        f"{kind.severity} {kind.id} at {kind.path or '(root)'}: {kind.text}\n"
        f"    {times.count} times, first in {times.example}"
        for kind, times in found.sorted()
        if not any(one.explains(kind) for one in known)
    ]


def unused(found: Findings, known: Sequence[Explanation]) -> list[str]:
    """Takes findings and explanations; returns the message id and reason of each explanation that
    nothing needs any more."""
    return [
        f"{one.id.pattern}: {one.why}"
        for one in known
        if not any(one.explains(kind) for kind in found.kinds)
    ]


def _table(found: Findings, known: Sequence[Explanation]) -> Table:
    """The warnings that are explained, by explanation."""
    table = Table("number", "message and path", "for example", "why it is right", show_lines=True)
    for one in known:
        explained = [(kind, times) for kind, times in found.sorted() if one.explains(kind)]
        if explained:
            kind, times = explained[0]
            more = f"\n({len(explained) - 1} more like it)" if explained[1:] else ""
            what = f"{kind.id}\n{kind.path}{more}"
            number = str(sum(times.count for _, times in explained))
            table.add_row(*map(escape, (number, what, times.example, one.why)))
    return table


def main(arguments: Sequence[str] | None = None) -> int:
    """Takes the command line; prints the table and returns the exit status."""
    parser = ArgumentParser(prog="conformance.validate", description=__doc__)
    parser.add_argument("--corpus", type=Path, default=SHARED / "corpus", metavar="DIR")
    parser.add_argument("--uk-core", type=Path, default=UK_CORE, metavar="DIR")
    chosen = parser.parse_args(arguments)
    given = subjects([STORY, chosen.corpus])
    known = explanations.load()
    try:
        found = findings(given, chosen.uk_core)
    except CannotValidate as reason:
        print(f"Nothing was validated: {reason}.", file=sys.stderr)
        return 1
    Console().print(_table(found, known))
    wrong = unexplained(found, known)
    print(f"{len(given)} resources; {len(wrong)} kinds of error or unexplained warning.")
    for line in wrong + [f"explains nothing any more: {one}" for one in unused(found, known)]:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
