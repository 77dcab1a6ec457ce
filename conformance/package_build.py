"""`python -m conformance.package_build`: the guide as a FHIR package, one file to publish.

`--write` first writes to conformance/package what follows from the product's own tables: code maps,
search parameters, capability statements and the ImplementationGuide. Profiles get their snapshots
where UK Core and Java are here; otherwise the package has differentials alone, and says so.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

from conformance.guide import (
    capability_statements,
    concept_maps,
    examples,
    implementation_guide,
    search_parameters,
)
from conformance.guide.about import Resource
from conformance.guide.archive import NAME, archive, file_name, text
from conformance.snapshots import with_snapshots
from conformance.validate import UK_CORE
from conformance.validator import OUR_PACKAGE, CannotValidate

DIST = Path(__file__).parents[1] / "dist"
GENERATED = ("ConceptMap", "SearchParameter", "CapabilityStatement", "ImplementationGuide")


def generated() -> list[Resource]:
    """Returns the resources of the guide that follow from the product's own tables, and its index
    of them and of those in the folder."""
    followed = [
        *concept_maps.concept_maps(),
        *search_parameters.search_parameters(),
        capability_statements.registry(),
        capability_statements.adapter(),
    ]
    parts = [*followed, *(one for one in written() if one["resourceType"] not in GENERATED)]
    guide = implementation_guide.implementation_guide(parts, examples.load())
    return [*followed, guide]


def written(folder: Path = OUR_PACKAGE) -> list[Resource]:
    """Takes the folder of the guide; returns the resources in it."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]


def write(folder: Path = OUR_PACKAGE) -> None:
    """Takes the folder of the guide; writes what is generated, and removes what no longer is."""
    for kind in GENERATED:
        for path in folder.glob(f"{kind}-*.json"):
            path.unlink()
    for resource in generated():
        (folder / file_name(resource)).write_text(text(resource), encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Takes the command line; writes the package and returns the exit status."""
    parser = ArgumentParser(prog="conformance.package_build", description=__doc__)
    parser.add_argument("--write", action="store_true", help="first write what is generated")
    parser.add_argument("--to", type=Path, default=DIST, metavar="DIR")
    parser.add_argument("--uk-core", type=Path, default=UK_CORE, metavar="DIR")
    chosen = parser.parse_args(arguments)
    if chosen.write:
        write()
    parts = written()
    try:
        parts = with_snapshots(parts, chosen.uk_core)
    except CannotValidate as reason:
        print(f"The profiles have no snapshots: {reason}.", file=sys.stderr)
    shown = examples.load()
    chosen.to.mkdir(parents=True, exist_ok=True)
    file = chosen.to / NAME
    file.write_bytes(archive(parts, shown))
    print(f"{file}: {len(parts)} resources and {len(shown)} examples")
    return 0


if __name__ == "__main__":
    sys.exit(main())
