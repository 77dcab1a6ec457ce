"""`python -m mappings.coverage --guide FILE`: writes docs/mapping-coverage.md.

FILE holds the rows of the HL7 v2-to-FHIR guide as JSON.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from mappings.coverage_document import write_document
from mappings.guide_coverage import State, judge, load_declared, load_guide
from mappings.maps import FOLDER
from mappings.package import Mappings

DOCUMENT = FOLDER.parent / "docs" / "mapping-coverage.md"


def main() -> None:
    """Reads the guide and writes the document; says on the terminal what is not yet done."""
    parser = argparse.ArgumentParser(prog="python -m mappings.coverage", description=__doc__)
    parser.add_argument("--guide", type=Path, required=True, help="the guide's rows as JSON")
    parser.add_argument("--output", type=Path, default=DOCUMENT, help="the document to write")
    given = parser.parse_args()
    judged = judge(load_guide(given.guide), Mappings.load(), load_declared())
    given.output.write_text(write_document(judged), encoding="utf-8")
    for one in judged:
        if one.state is State.NOT_YET:
            print(f"not yet: {one.row.map} {one.row.field} -> {one.row.path}")
    counts = {state.value: sum(one.state is state for one in judged) for state in State}
    print(", ".join(f"{count} {name}" for name, count in counts.items()))


if __name__ == "__main__":
    main()
