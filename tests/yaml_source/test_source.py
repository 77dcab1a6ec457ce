"""Every value of a file knows its line, and every mistake is said with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from yaml_source import Source, SourceError, open_source

TEXT = """name: first
rows:
  - one
  - two
table:
  key: value
"""


WRONG: list[tuple[Callable[[Source], object], int, str]] = [
    (lambda s: s.need("none"), 1, "expected 'none'"),
    (lambda s: s.only("name", "rows"), 6, "'table' is not known here; expected name, rows"),
    (lambda s: s.need("name").rows(), 1, "expected a list, one row per line"),
    (lambda s: s.need("rows").table(), 3, "expected a table of 'key: value'"),
    (lambda s: s.need("rows").text(), 3, "expected a text"),
]


@pytest.fixture
def source(tmp_path: Path) -> Source:
    path = tmp_path / "some.yaml"
    path.write_text(TEXT, encoding="utf-8")
    return open_source(path)


def test_values_are_read_by_the_shape_they_must_have(source: Source) -> None:
    entries = source.only("name", "rows", "table")
    assert entries["name"].text() == "first"
    rows = source.need("rows").rows()
    assert [(row.text(), row.line) for row in rows] == [("one", 3), ("two", 4)]
    assert entries["table"].is_table
    assert entries["rows"].is_list
    assert source.need("table").need("key").line == 6


@pytest.mark.parametrize(("asked", "line", "expected"), WRONG)
def test_another_shape_is_an_error_at_its_line(
    source: Source, asked: Callable[[Source], object], line: int, expected: str
) -> None:
    with pytest.raises(SourceError) as caught:
        asked(source)
    assert (caught.value.file, caught.value.line) == ("some.yaml", line)
    assert caught.value.expected == expected
    assert str(caught.value) == f"some.yaml, line {line}: {expected}"


@pytest.mark.parametrize(
    ("content", "line", "expected"),
    [
        (b"a: 1\nb: 2\na: 3\n", 3, "'a' stands here a second time"),
        (b"a: 1\n  b: 2\n", 2, "expected YAML"),
        (b"a: \x01\n", 1, "expected YAML"),
        (b"a: \xff\n", 1, "expected a file to read"),
        (b"", 1, "expected a table"),
    ],
)
def test_a_file_that_cannot_be_used_names_the_line(
    tmp_path: Path, content: bytes, line: int, expected: str
) -> None:
    path = tmp_path / "some.yaml"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=f"^some.yaml, line {line}: .*{expected}"):
        open_source(path).table()


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"none\.yaml, line 1: expected a file to read"):
        open_source(tmp_path / "none.yaml")
