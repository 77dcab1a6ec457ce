"""`python -m conformance.side_by_side`: our conversion beside LinuxForHealth's.

Prints what each keeps, loses or gets wrong of our own cases; and of a corpus, which fields each
uses and which events it takes. `--write` puts the tables into docs/side-by-side.md.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

from conformance import maven
from conformance.side_by_side import page
from conformance.side_by_side.cases import load
from conformance.side_by_side.comparison import converted, corpus, events, judged, used
from conformance.side_by_side.converters import linuxforhealth, ours
from conformance.validate import SHARED, STORY

PAGE = Path(__file__).parents[2] / "docs" / "side-by-side.md"


def main(arguments: Sequence[str] | None = None) -> int:
    """Takes the command line; prints the tables and returns the exit status."""
    parser = ArgumentParser(prog="conformance.side_by_side", description=__doc__)
    parser.add_argument("--corpus", type=Path, default=SHARED / "corpus", metavar="DIR")
    parser.add_argument("--write", action="store_true", help=f"write the tables into {PAGE.name}")
    chosen = parser.parse_args(arguments)
    try:
        tables = _tables(chosen.corpus)
    except maven.CannotBuild as reason:
        print(f"Nothing was compared: {reason}.", file=sys.stderr)
        return 1
    for table in tables.values():
        print(f"{table}\n")
    if chosen.write:
        text = PAGE.read_text(encoding="utf-8")
        for name, table in tables.items():
            text = page.written_into(text, name, table)
        PAGE.write_text(text, encoding="utf-8")
    return 0


def _tables(folder: Path) -> dict[str, str]:
    tables = {"facts": page.facts(judged(load(), ours, linuxforhealth))}
    if not folder.is_dir():
        print(f"Only our own cases: there is no {folder.name} here.", file=sys.stderr)
        return tables
    messages = corpus([STORY, folder])
    both = converted(messages, ours, linuxforhealth)
    tables["segments"] = page.segments(used(messages, both, ours, linuxforhealth))
    tables["events"] = page.events(events(messages, both))
    return tables


if __name__ == "__main__":
    sys.exit(main())
