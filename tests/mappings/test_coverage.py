"""docs/mapping-coverage.md says what the mapping files do; no row of the guide is not yet done."""

from __future__ import annotations

from pathlib import Path

import pytest

from mappings import Mappings
from mappings.coverage import DOCUMENT
from mappings.coverage_document import write_document
from mappings.guide_coverage import GuideRow, State, judge, load_declared, load_guide
from yaml_source import SourceError

ROOT = Path(__file__).parents[2]
GUIDE = ROOT.parent / "shared" / "ig_rows.json"
needs_guide = pytest.mark.skipif(not GUIDE.is_file(), reason="the rows of the guide are not here")


@needs_guide
def test_the_document_is_what_the_code_says() -> None:
    judged = judge(load_guide(GUIDE), Mappings.load(), load_declared())
    assert [one.row for one in judged if one.state is State.NOT_YET] == []
    written = DOCUMENT.read_text(encoding="utf-8")
    assert written == write_document(judged), "run python -m mappings.coverage"


@needs_guide
def test_every_declaration_is_about_a_row_of_the_guide() -> None:
    rows = load_guide(GUIDE)
    declared = load_declared()
    assert set(declared.maps) | set(declared.instead) <= {row.map for row in rows}
    used = {(row.map, row.field) for row in rows}
    assert {key[:2] for key in declared.rows} <= used


def test_every_file_that_is_named_is_there() -> None:
    declared = load_declared()
    for state, why in (*declared.maps.values(), *declared.rows.values()):
        if state is State.DONE:
            assert (ROOT / why.partition(",")[0]).is_file(), why


def test_a_row_counts_only_where_it_writes_what_the_guide_does() -> None:
    rows = [
        GuideRow("segment", "PID[Patient]", "PID-5", "name[1]"),
        GuideRow("segment", "PID[Patient]", "PID-5", "telecom[1]"),
        GuideRow("segment", "PID[Patient]", "PID-8", "gender.extension[1].url"),
        GuideRow("segment", "PID[Patient]", "PID-19", "identifier[4].value"),
    ]
    states = [one.state for one in judge(rows, Mappings.load(), load_declared())]
    assert states == [State.DONE, State.NOT_YET, State.NOT_YET, State.NOT_APPLICABLE]


def test_a_declaration_without_a_reason_is_a_mistake(tmp_path: Path) -> None:
    path = tmp_path / "coverage.yaml"
    path.write_text("instead: {}\nrows: {}\nmaps:\n  PID[Patient]: no\n")
    with pytest.raises(SourceError, match="line 4: expected 'done FILE'"):
        load_declared(path)
