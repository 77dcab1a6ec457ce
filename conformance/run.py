"""`python -m conformance.run`: other people's FHIR clients and suites against the running product.

Starts `lfd up` on an embedded database, tells it of some deaths, runs every suite, prints a table
and what failed. Ends with 1 where a case failed or the product did not start.
"""

from __future__ import annotations

import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

from conformance.suites.every import EVERY
from conformance.suites.product import NotRunning, running
from conformance.suites.suite import Result, result_of
from conformance.suites.table import table, written_into

PAGE = Path(__file__).parents[1] / "docs" / "conformance.md"


def main(arguments: Sequence[str] | None = None) -> int:
    """Takes the command line; prints the table and returns the exit status."""
    parser = ArgumentParser(prog="conformance.run", description=__doc__)
    names = [suite.name for suite in EVERY]
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="SUITE")
    parser.add_argument("--write", action="store_true", help=f"write the table into {PAGE.name}")
    chosen = parser.parse_args(arguments)
    try:
        results = _results(chosen.only)
    except NotRunning as reason:
        print(f"Nothing was run: {reason}", file=sys.stderr)
        return 1
    print(table(results))
    for result in results:
        for case in result.failed:
            print(f"\n{result.suite}: {case.name}\n{case.failed}")
    if chosen.write:
        PAGE.write_text(written_into(PAGE.read_text(), results))
    return 1 if any(result.failed for result in results) else 0


def _results(names: Sequence[str]) -> list[Result]:
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as product:
        return [result_of(suite, product) for suite in EVERY if suite.name in names]


if __name__ == "__main__":
    sys.exit(main())
