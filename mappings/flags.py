"""Flag lists: FHIR ValueSets of diagnoses that show a learning disability, autism or severe
mental illness, confirmed or possible."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mappings.codes import address
from mappings.source import Source, open_source


@dataclass(frozen=True, slots=True)
class FlagList:
    """One list: `flag` is the flag's code, `reference` the list's address and version."""

    flag: str
    title: str
    reference: str
    codes: frozenset[tuple[str, str]]
    hierarchies: tuple[tuple[str, str], ...]

    def holds(self, system: str, code: str) -> bool:
        """Takes a coding; True where the list names it, or names what it is a kind of.

        In ICD-10 a code is a kind of every code that it begins with.
        """
        return (system, code) in self.codes or any(
            system == of and code.startswith(ancestor) for of, ancestor in self.hierarchies
        )


def load_flags(folder: Path) -> list[FlagList]:
    """Takes a folder of ValueSets; returns them in the order of their names."""
    return [load_flag_list(path) for path in sorted(folder.glob("*.json"))]


def load_flag_list(path: Path) -> FlagList:
    """Takes a ValueSet file named as its flag; returns it ready to ask. MappingError if wrong."""
    source = open_source(path)
    if source.need("resourceType").text() != "ValueSet":
        raise source.error("expected a ValueSet")
    codes: set[tuple[str, str]] = set()
    hierarchies: list[tuple[str, str]] = []
    for include in source.need("compose").need("include").rows():
        entries = include.only("system", "concept", "filter")
        system = include.need("system").text()
        if "concept" in entries:
            codes.update((system, c.need("code").text()) for c in entries["concept"].rows())
        if "filter" in entries:
            hierarchies += [(system, _ancestor(f)) for f in entries["filter"].rows()]
    version = source.need("version").text()
    return FlagList(
        flag=path.stem,
        title=source.need("title").text(),
        reference=f"{address(source.need('url').text())}|{version}",
        codes=frozenset(codes),
        hierarchies=tuple(hierarchies),
    )


def _ancestor(source: Source) -> str:
    if source.need("property").text() != "concept" or source.need("op").text() != "is-a":
        raise source.error("expected a filter of the property 'concept' with the op 'is-a'")
    return source.need("value").text()
