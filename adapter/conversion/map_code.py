"""Writes a segment map or a data type map as one Python function, made when a converter is made.

A row becomes a few lines that look at their field at once, so a field that is absent costs next to
nothing. The lines keep the place of their row: a traceback through them names the mapping file and
the line in it. `MapCode.text` is the Python, for reading.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from adapter.conversion.paths import put_lines
from adapter.conversion.text_values import text
from adapter.er7 import NO_VALUE, NULL, Segment
from mappings import MapFile, Row

Read = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Reader:
    """What a row reads with: a whole repetition of its field, or one text of it."""

    read: Read
    takes_text: bool


@dataclass(slots=True)
class MapCode:
    """A function while it is being written, with what its lines call by name."""

    mapping: MapFile
    lines: list[str] = field(default_factory=list[str])
    places: list[int] = field(default_factory=list[int])
    names: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def text(self) -> str:
        """The function as Python."""
        return "\n".join(self.lines)

    def add(self, line: int, indent: int, *lines: str) -> None:
        """Takes lines of Python and the line of the mapping file that they are for."""
        self.lines += [" " * 4 * indent + text for text in lines]
        self.places += [line] * len(lines)

    def name(self, prefix: str, value: Any) -> str:
        """Takes what the lines call; returns the name that they call it by."""
        name = f"{prefix}_{len(self.names)}"
        self.names[name] = value
        return name

    def compile(self) -> Callable[..., Any]:
        """Returns the function, each of its lines at its row's line of the mapping file."""
        tree = ast.parse(self.text)
        for node in ast.walk(tree):
            if isinstance(node, ast.stmt | ast.expr | ast.arg):
                last = node.end_lineno or node.lineno
                node.lineno, node.end_lineno = self.places[node.lineno - 1], self.places[last - 1]
        code = compile(tree, self.mapping.source.file, "exec")
        space = self.names | {"NULL": NULL, "NO_VALUE": NO_VALUE, "texts": _texts}
        exec(code, space)  # noqa: S102 (our own mapping files, checked before)
        function = cast("Callable[..., Any]", space["convert"])
        function.__name__ = function.__qualname__ = self.mapping.name
        return function


def segment_code(mapping: MapFile, readers: list[Reader]) -> MapCode:
    """Takes a segment map and what each row reads with; returns what fills a resource from it."""
    code = MapCode(mapping)
    code.add(
        mapping.source.line,
        0,
        "def convert(segment, draft, label, resource):",
        "    fields = segment.fields",
        "    size = len(fields)",
    )
    for row, reader in zip(mapping.rows, readers, strict=True):
        _add_field(code, row, reader)
    return code


def datatype_code(mapping: MapFile, readers: list[Reader]) -> MapCode:
    """Takes a data type map and what each row reads with; returns what makes an element of it."""
    code = MapCode(mapping)
    code.add(
        mapping.source.line,
        0,
        "def convert(composite, draft, where):",
        "    if NULL in composite.raw and composite.is_null:",
        "        return None",
        "    components, is_plain = composite.components, composite.is_plain",
        "    size = len(components)",
        "    resource = {}",
    )
    for row, reader in zip(mapping.rows, readers, strict=True):
        _add_component(code, row, reader)
    given = f"{mapping.requires!r} in resource" if mapping.requires else "resource"
    code.add(code.places[-1], 1, f"return resource if {given} else None")
    return code


def _add_field(code: MapCode, row: Row, reader: Reader) -> None:
    line, n = row.source.line, row.place.field
    component, subcomponent = row.place.component or 1, row.place.subcomponent
    unless = ""
    if row.unless:
        unless = f" and segment.text({row.unless.field}, {row.unless.component or 1}) in NO_VALUE"
    code.add(line, 1, f"if size >= {n} and (raw := fields[{n - 1}]){unless}:")
    values = f"segment.composites({n})"
    if reader.takes_text:
        values = f"texts(segment, {n}, {component}, {subcomponent})"
        if component == 1 and subcomponent <= 1:
            # Letters and digits alone are one text; nothing in them separates.
            values = f"(raw,) if raw.isalnum() else {values}"
    value = _value(code, reader, "written", f"label + '-{n}'")
    code.add(
        line,
        2,
        f"for written in {values}:",
        f"    value = {value}",
        "    if value is not None:",
    )
    code.add(line, 4, *put_lines(row, "resource"))
    if not any(step.adds for step in row.path):
        code.add(line, 4, "break")


def _add_component(code: MapCode, row: Row, reader: Reader) -> None:
    line, indent = row.source.line, 1
    component, subcomponent = row.place.component or 1, row.place.subcomponent
    unless, written = "", "composite"
    if row.unless:
        other = row.unless.component
        unless = f"(size < {other} or not composite.text({other}))"
    if reader.takes_text:
        leaf = f"composite.text({component}, {subcomponent})"
        if subcomponent <= 1:
            leaf = f"raw.strip() if is_plain else raw if raw.isalnum() else {leaf}"
        given = f"size >= {component} and (raw := components[{component - 1}])"
        code.add(
            line,
            indent,
            f"if {given}{unless and ' and ' + unless}:",
            f"    written = {leaf}",
            "    if written and written != NULL:",
        )
        indent += 2
        written = "written"
    elif unless:
        code.add(line, indent, f"if {unless}:")
        indent += 1
    value = _value(code, reader, written, "where")
    code.add(line, indent, f"value = {value}", "if value is not None:")
    code.add(line, indent + 1, *put_lines(row, "resource"))


def _value(code: MapCode, reader: Reader, written: str, where: str) -> str:
    """The call of a reader, or in place of the commonest of them what it does."""
    if reader.read is text:
        return f"{written}.strip() or None"
    return f"{code.name('read', reader.read)}({written}, draft, {where})"


def _texts(segment: Segment, field: int, component: int, subcomponent: int) -> list[str]:
    """The text of a component in each repetition of a field that gives it."""
    found = [composite.text(component, subcomponent) for composite in segment.composites(field)]
    return [written for written in found if written not in NO_VALUE]
