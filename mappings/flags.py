"""Flag lists: FHIR ValueSets of diagnoses that show a learning disability, autism or severe
mental illness, confirmed or possible."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mappings.codes import address
from yaml_source import Source, open_source


@dataclass(frozen=True, slots=True)
class FlagList:
    """One list: `flag` is the flag's code, `reference` the list's address and version."""

    flag: str
    title: str
    reference: str
    codes: frozenset[tuple[str, str]]
    ancestors: dict[str, tuple[str, ...]]

    def holds(self, system: str, code: str) -> bool:
        """Takes a coding; True where the list names it, or names what it is a kind of.

        In ICD-10 a code is a kind of every code that it begins with.
        """
        if (system, code) in self.codes:
            return True
        ancestors = self.ancestors.get(system)
        return ancestors is not None and code.startswith(ancestors)


def load_flags(folder: Path) -> list[FlagList]:
    """Takes a folder of ValueSets; returns them in the order of their names."""
    return [load_flag_list(path) for path in sorted(folder.glob("*.json"))]


def load_flag_list(path: Path) -> FlagList:
    """Takes a ValueSet file named as its flag; returns it ready to ask. SourceError if wrong."""
    source = open_source(path)
    if source.need("resourceType").text() != "ValueSet":
        raise source.error("expected a ValueSet")
    codes: set[tuple[str, str]] = set()
    ancestors: dict[str, tuple[str, ...]] = {}
    for include in source.need("compose").need("include").rows():
        entries = include.only("system", "concept", "filter")
        system = include.need("system").text()
        if "concept" in entries:
            codes.update((system, c.need("code").text()) for c in entries["concept"].rows())
        if "filter" in entries:
            found = tuple(_ancestor(f) for f in entries["filter"].rows())
            ancestors[system] = ancestors.get(system, ()) + found
    version = source.need("version").text()
    return FlagList(
        flag=path.stem,
        title=source.need("title").text(),
        reference=f"{address(source.need('url').text())}|{version}",
        codes=frozenset(codes),
        ancestors=ancestors,
    )


def _ancestor(source: Source) -> str:
    if source.need("property").text() != "concept" or source.need("op").text() != "is-a":
        raise source.error("expected a filter of the property 'concept' with the op 'is-a'")
    return source.need("value").text()
