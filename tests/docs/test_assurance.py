"""What docs/security.md and docs/clinical-safety name as proof is there, and the arithmetic of the
hazard log is that of its matrix."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, code

TESTS = ROOT / "tests"
SECURITY = ROOT / "docs/security.md"
DATA_PROTECTION = ROOT / "docs/data-protection.md"
SAFETY = ROOT / "docs/clinical-safety/README.md"
HAZARDS = ROOT / "docs/clinical-safety/hazard-log.md"
PAGES = [SECURITY, DATA_PROTECTION, SAFETY, HAZARDS]
GIVEN = {f"H{number}" for number in range(1, 16)}
_TEST = re.compile(r"tests/(?P<file>[\w/]+/test_\w+\.py)(?:::(?P<name>\w+))?")
_RATING = re.compile(r"(?P<severity>[A-Z]\w+) × (?P<likelihood>[A-Z][\w ]+) = (?P<risk>\d)")


def named_tests(page: Path) -> list[tuple[str, str | None]]:
    """Takes a page; returns file and function of each test that it names."""
    found = [_TEST.fullmatch(text) for text in code(page)]
    return [(one["file"], one["name"]) for one in found if one]


@cache
def functions(file: Path) -> frozenset[str]:
    """Takes a Python file; returns the names of its test functions."""
    found = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    return frozenset(
        one.name
        for one in found
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) and one.name.startswith("test_")
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_test_that_is_named_is_there(page: Path) -> None:
    named = named_tests(page)
    assert named or page == SAFETY
    for file, name in named:
        path = TESTS / file
        assert path.is_file(), file
        assert functions(path), file
        assert name is None or name in functions(path), f"{file}::{name}"


def hazards() -> dict[str, dict[str, str]]:
    """The hazards by number, each with the rows of its table."""
    parts = re.split(r"^## (H\d+)\. .+$", HAZARDS.read_text(), flags=re.MULTILINE)
    return {
        number: dict(re.findall(r"^\| ([A-Z][^|]*?) \| (.*) \|$", text, re.MULTILINE))
        for number, text in zip(parts[1::2], parts[2::2], strict=True)
    }


def matrix() -> dict[tuple[str, str], str]:
    """The risk by severity and likelihood, out of the safety case summary."""
    text = SAFETY.read_text()
    severities = re.findall(r"\| likelihood \\ severity \| (.*) \|", text)[0].split(" | ")
    rows = re.findall(r"^\| ([A-Z][\w ]+) \| ((?:\d \| ){4}\d) \|$", text, re.MULTILINE)
    return {
        (severity, likelihood): risk
        for likelihood, risks in rows
        for severity, risk in zip(severities, risks.split(" | "), strict=True)
    }


def test_the_matrix_is_whole_and_never_falls() -> None:
    risks = matrix()
    assert len(risks) == 25
    severities = list(dict.fromkeys(severity for severity, _ in risks))
    likelihoods = list(dict.fromkeys(likelihood for _, likelihood in risks))[::-1]
    for at, severity in enumerate(severities):
        for place, likelihood in enumerate(likelihoods):
            here = risks[severity, likelihood]
            assert at == 0 or risks[severities[at - 1], likelihood] <= here
            assert place == 0 or risks[severity, likelihoods[place - 1]] <= here


@pytest.mark.parametrize("number", hazards())
def test_every_hazard_is_complete_and_rated_by_the_matrix(number: str) -> None:
    rows = hazards()[number]
    assert list(rows) == [
        *("Hazard", "Causes", "Effect", "Initial risk", "Controls", "Tests", "Residual risk"),
        *("Owner", "Deploying organisation"),
    ]
    assert all(text.strip() for text in rows.values())
    ratings = [_RATING.fullmatch(rows[name]) for name in ("Initial risk", "Residual risk")]
    risks: list[int] = []
    for rating in ratings:
        assert rating
        assert matrix()[rating["severity"], rating["likelihood"]] == rating["risk"], rating[0]
        risks.append(int(rating["risk"]))
    initial, residual = risks
    assert residual <= initial
    assert residual < 4, "not acceptable: the product is not used so"
    assert len(rows["Tests"].split(", ")) >= 2
    texts = re.findall(r"`([^`]+)`", rows["Tests"])
    assert len(texts) == len(rows["Tests"].split(", "))
    assert all(_TEST.fullmatch(text) for text in texts)


def test_the_list_of_hazards_is_that_of_the_log() -> None:
    text = HAZARDS.read_text()
    listed = re.findall(r"^\| (H\d+)\. (.+) \| (\d) \| (\d) \|$", text, re.MULTILINE)
    titles = dict(re.findall(r"^## (H\d+)\. (.+)$", text, re.MULTILINE))
    assert {number: title for number, title, _, _ in listed} == titles
    assert titles.keys() >= GIVEN
    for number, _, initial, residual in listed:
        rows = hazards()[number]
        assert (rows["Initial risk"][-1], rows["Residual risk"][-1]) == (initial, residual)


def test_every_threat_has_a_test() -> None:
    section = SECURITY.read_text().split("## Threats")[1].split("\n## ")[0]
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", section, re.MULTILINE)
    threats = [row for row in rows if row[0] not in ("who", "---")]
    assert len(threats) > 20
    for who, what, _, tests in threats:
        assert _TEST.search(tests), f"{who}: {what}"
