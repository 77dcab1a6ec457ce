"""Reads a YAML or JSON file so that every value still knows the line it stands on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from yaml_source.error import SourceError

# libyaml reads the folder of mappings in a tenth of the time; every start waits for it.
_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Source:
    """A value in a file, asked for by the shape it must have."""

    file: str
    node: yaml.Node | None

    @property
    def line(self) -> int:
        """The line that the value begins on, from 1."""
        return self.node.start_mark.line + 1 if self.node else 1

    def error(self, expected: str) -> SourceError:
        """Takes what was expected; returns the error to raise."""
        return SourceError(self.file, self.line, expected)

    @property
    def is_table(self) -> bool:
        """True when the value is a table, not a text or a list."""
        return isinstance(self.node, yaml.MappingNode)

    @property
    def is_list(self) -> bool:
        """True when the value is a list."""
        return isinstance(self.node, yaml.SequenceNode)

    def text(self) -> str:
        """The value as text; SourceError where it is a list or a table."""
        if not isinstance(self.node, yaml.ScalarNode):
            raise self.error("expected a text")
        return str(self.node.value).strip()

    def rows(self) -> list[Source]:
        """The items of a list; SourceError where it is none."""
        if not isinstance(self.node, yaml.SequenceNode):
            raise self.error("expected a list, one row per line")
        return [Source(self.file, node) for node in self.node.value]

    def table(self) -> dict[str, Source]:
        """The entries of a table by key; SourceError where it is none or repeats a key."""
        if not isinstance(self.node, yaml.MappingNode):
            raise self.error("expected a table of 'key: value'")
        entries: dict[str, Source] = {}
        for key_node, value_node in self.node.value:
            key = Source(self.file, key_node)
            if key.text() in entries:
                raise key.error(f"'{key.text()}' stands here a second time")
            entries[key.text()] = Source(self.file, value_node)
        return entries

    def only(self, *known: str) -> dict[str, Source]:
        """As `table`, and SourceError where a key is none of the known ones."""
        entries = self.table()
        for key, value in entries.items():
            if key not in known:
                raise value.error(f"'{key}' is not known here; expected {', '.join(known)}")
        return entries

    def need(self, key: str) -> Source:
        """Takes a key; returns its value in this table, SourceError where it is missing."""
        entries = self.table()
        if key not in entries:
            raise self.error(f"expected '{key}'")
        return entries[key]


def open_source(path: Path) -> Source:
    """Takes a file of YAML or JSON (which is YAML); SourceError where it cannot be read."""
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), _LOADER)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise SourceError(path.name, line, f"expected YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        raise SourceError(path.name, 1, f"expected YAML: {str(error).splitlines()[0]}") from None
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not text in UTF-8"
        raise SourceError(path.name, 1, f"expected a file to read: {why}") from None
    return Source(path.name, node)
