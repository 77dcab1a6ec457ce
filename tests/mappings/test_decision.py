"""Decision tables: the first row that fits decides; a table with a hole or a dead row is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from mappings import Certificate, Date, Indicator, Statement, Verdict
from mappings.death import load_death
from mappings.decision import parse_decision
from mappings.maps import FOLDER
from yaml_source import SourceError, open_source

DEATH = FOLDER / "death.yaml"
FACTS = {"colour": ("red", "green"), "size": ("other", "…")}


def parse(folder: Path, *rows: str) -> dict[tuple[str, ...], str]:
    path = folder / "table.yaml"
    path.write_text("\n".join(f"- {row}" for row in rows))
    return parse_decision(open_source(path), FACTS, ("yes", "no")).verdicts


def test_the_first_row_that_fits_decides(tmp_path: Path) -> None:
    verdicts = parse(tmp_path, "colour=red size=4|5 -> yes", "size=5 -> yes", "otherwise -> no")
    assert {case for case, verdict in verdicts.items() if verdict == "yes"} == {
        ("red", "4"),
        ("red", "5"),
        ("green", "5"),
    }


@pytest.mark.parametrize(
    ("rows", "line", "expected"),
    [
        (["colour=red -> yes"], 1, "otherwise"),
        (["colour=red -> perhaps", "otherwise -> no"], 1, "'perhaps' is no verdict"),
        (["colour=blue -> yes", "otherwise -> no"], 1, "'blue': expected one of red, green"),
        (["color=red -> yes", "otherwise -> no"], 1, "'color=red'"),
        (["colour=red colour=green -> yes", "otherwise -> no"], 1, "once each"),
        (["colour=red -> yes", "colour=red size=5 -> no", "otherwise -> no"], 2, "decided all"),
        (["otherwise -> no", "colour=red -> yes"], 2, "decided all"),
        (["colour=red yes"], 1, "FACT=value"),
        (["colour= -> yes", "otherwise -> no"], 1, "''"),
    ],
)
def test_mistakes(tmp_path: Path, rows: list[str], line: int, expected: str) -> None:
    with pytest.raises(SourceError) as caught:
        parse(tmp_path, *rows)
    assert caught.value.line == line
    assert expected in caught.value.expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("admitted: [IMP, SS]", "inpatient: [IMP, SS]", "'inpatient' is not known here"),
        ("stay=admitted -> died", "stay=resting -> died", "'resting'"),
        ("certified: [PDA-3, PDA-4]", "certified: [PDA-3, PID-4]", "a field of PDA"),
        ("  - PDA=mentioned        ", "  - PDA=heard-of         ", "'heard-of'"),
        ("words: [dead", 'words: ["", dead', "expected words"),
        ("destination=79  ", "destination:79  ", "fact=a|b"),
    ],
)
def test_mistakes_in_the_rules_of_death(tmp_path: Path, old: str, new: str, expected: str) -> None:
    text = DEATH.read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "death.yaml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(SourceError) as caught:
        load_death(tmp_path / "death.yaml")
    assert caught.value.line == text[: text.index(old)].count("\n") + 1
    assert expected in caught.value.expected


def test_death_is_said_only_where_it_is_claimed_and_never_against_a_denial() -> None:
    rules = load_death(DEATH)
    for indicator in Indicator:
        for date in Date:
            for discharge in Verdict:
                for certificate in Certificate:
                    said = rules.decide(indicator, date, discharge, certificate)
                    claims = (
                        indicator is Indicator.YES
                        or date is Date.GIVEN
                        or discharge is Verdict.DIED
                        or certificate is Certificate.CERTIFIED
                    )
                    assert (said is Statement.DIED) <= claims
                    assert not (said is Statement.DIED and indicator is Indicator.NO)
                    assert not (said is Statement.TAKEN_BACK and claims)
