"""What the runbooks say to look at is there: queries, tables, indexes, lines of `lfd doctor`."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg
import pytest

from tests.docs.pages import ROOT, code

RUNBOOKS = sorted((ROOT / "docs" / "runbooks").glob("*.md"))
QUERIES = [
    pytest.param(one, id=page.stem)
    for page in RUNBOOKS
    for one in code(page)
    if one.startswith("SELECT ")
]


@pytest.mark.parametrize("query", QUERIES)
def test_its_query_can_be_asked(database_url: str, query: str) -> None:
    with psycopg.connect(database_url) as connection:
        assert connection.execute(query.encode()).fetchall() == []


def test_there_are_queries() -> None:
    assert len(QUERIES) >= 3


def test_its_index_is_there(database_url: str) -> None:
    named = re.findall(r"the index `(\w+)`", " ".join(page.read_text() for page in RUNBOOKS))
    with psycopg.connect(database_url) as connection:
        found = connection.execute(
            "SELECT indexname FROM pg_indexes WHERE schemaname = 'registry'"
        ).fetchall()
    assert named
    assert set(named) <= {row[0] for row in found}


def test_the_lines_of_the_doctor_are_those_it_prints() -> None:
    sources = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "lfd" / "doctor").glob("*.py")
    )
    for page in RUNBOOKS:
        text = " ".join(page.read_text(encoding="utf-8").split())
        for lines in re.findall(r"`lfd doctor \w+`[^.:]*[:,] the lines? ([^.]*)\.", text):
            for line in re.findall(r"`([^`]+)`", lines):
                named = line.removeprefix("--").replace("-", "_") if line[0] == "-" else line
                assert f'"{named}"' in sources, (page.name, line)


def test_what_it_looks_for_in_a_log_is_logged() -> None:
    """Texts such as `request failed error=`, in code after the word *log*."""
    sources = "".join(
        path.read_text(encoding="utf-8")
        for folder in ("adapter", "registry", "lfd")
        for path in (ROOT / folder).rglob("*.py")
    )
    for page in RUNBOOKS:
        for said in _logged(page):
            assert said in sources, (page.name, said)


def _logged(page: Path) -> list[str]:
    text = " ".join(page.read_text(encoding="utf-8").split())
    sentences = [one for one in re.split(r"(?<=[.)]) |- ", text) if re.search(r"\blog\b", one)]
    quoted = [said for one in sentences for said in re.findall(r"`([a-z]+ [a-z ]*[a-z=]+)`", one)]
    return [said for said in quoted if not said.startswith(("lfd ", "clock", "measuring"))]
