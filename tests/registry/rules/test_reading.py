"""The national rules: what is in them, and how a mistake in a file is named."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from registry.core.policy import Period
from registry.core.spells import Kind
from registry.rules.reading import FOLDER, national, read
from yaml_source import SourceError

FILES = ("scope.yaml", "criteria.yaml", "leads.yaml", "routes.yaml")

RULES = {
    "scope.yaml": """\
admitted:
  types: [acute]
  stays: [inpatient]
  within: 30 days
  source: guidance
""",
    "criteria.yaml": """\
learning-disability:
  sentence: The person had a learning disability.
  when: {flag: learning-disability}
  must: yes
  source: guidance
""",
    "leads.yaml": """\
died-in-care:
  select: died-in-stay
  sentence: "Died in the care of {organisation}."
by-type:
  select: {in-scope-of-type: [mental-health]}
  sentence: "{organisation}"
""",
    "routes.yaml": """\
case-record-review:
  name: Case record review
  when: {not: {stillbirth: yes}}
  screened: yes
  criteria: none
  leads: [died-in-care, by-type]
  accept: 5 working days
  complete: 60 working days
  source: guidance
  notes:
    - when: {sampled: yes}
      say: a note
""",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small and right set of rules."""
    for name, text in RULES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_the_small_set_reads(folder: Path) -> None:
    rules = read(folder)
    (route,) = rules.routes
    assert (route.is_screened, route.has_criteria) == (True, False)
    assert [rule.code for rule in route.leads] == ["died-in-care", "by-type"]
    assert (route.due.accept_working_days, route.due.complete_working_days) == (5, 60)
    assert rules.scope[0].types == frozenset({"acute"})
    assert rules.scope[0].rule.stays == frozenset({Kind.INPATIENT})
    assert rules.scope[0].rule.within == Period(days=30)
    with pytest.raises(KeyError):
        rules.route("no-such-route")


def wrong(folder: Path, file: str, old: str, new: str) -> SourceError:
    text = RULES[file]
    assert text.count(old) == 1
    (folder / file).write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(SourceError) as error:
        read(folder)
    return error.value


@pytest.mark.parametrize(
    ("file", "old", "new", "line", "expected"),
    [
        ("scope.yaml", "types: [acute]", "types: [acuter]", 2, "expected a type of organisation"),
        ("scope.yaml", "types: [acute]", "types: acute", 2, "expected a list"),
        ("scope.yaml", "types: [acute]", "type: [acute]", 2, "'type' is not known here"),
        ("scope.yaml", "[inpatient]", "[in-patient]", 3, "expected one of inpatient, day-case"),
        ("scope.yaml", "[inpatient]", "[]", 3, "kinds of stays that took place"),
        ("scope.yaml", "[inpatient]", "[planned]", 3, "kinds of stays that took place"),
        ("scope.yaml", "  source", "  maternity: maybe\n  source", 5, "expected yes or no"),
        ("scope.yaml", "30 days", "thirty days", 4, "such as '30 days'"),
        ("scope.yaml", "30 days", "30", 4, "such as '30 days'"),
        ("scope.yaml", "30 days", "-1 days", 4, "such as '30 days'"),
        ("scope.yaml", "  source: guidance\n", "", 2, "expected 'source'"),
        ("scope.yaml", "admitted:\n", "admitted: x\nother:\n", 1, "expected a table"),
        ("scope.yaml", "  source", "  within: 2 days\n  source", 5, "stands here a second time"),
        ("scope.yaml", "[acute]", "[acute", 3, "expected YAML"),
        ("criteria.yaml", "must: yes", "must: perhaps", 4, "expected yes or no"),
        ("criteria.yaml", "  must: yes\n", "", 2, "expected 'must'"),
        ("criteria.yaml", "{flag: learning-disability}", "{}", 3, "expected one condition"),
        (
            "criteria.yaml",
            "{flag: learning-disability}",
            "{sampled: yes, stillbirth: no}",
            3,
            "all",
        ),
        (
            "criteria.yaml",
            "{flag: learning-disability}",
            "{flags: x}",
            3,
            "'flags' is no condition",
        ),
        ("criteria.yaml", "{flag: learning-disability}", "{flag: dyslexia}", 3, "expected a flag"),
        ("criteria.yaml", "{flag: learning-disability}", "flag", 3, "expected a table"),
        ("criteria.yaml", "{flag: learning-disability}", "{age-at-least: old}", 3, "whole number"),
        ("criteria.yaml", "{flag: learning-disability}", "{age-at-least: ²}", 3, "whole number"),
        ("criteria.yaml", "{flag: learning-disability}", "{stillbirth: 1}", 3, "yes or no"),
        ("criteria.yaml", "{flag: learning-disability}", "{all: {sampled: yes}}", 3, "a list"),
        ("criteria.yaml", "{flag: learning-disability}", "{not: [x]}", 3, "expected a table"),
        (
            "criteria.yaml",
            "{flag: learning-disability}",
            "{concern: [gossip]}",
            3,
            "one of bereaved",
        ),
        (
            "criteria.yaml",
            "{flag: learning-disability}",
            "{alarm: fire}",
            3,
            "one of service-alarm",
        ),
        ("criteria.yaml", "{flag: learning-disability}", "{recommended: [x]}", 3, "one of recomm"),
        (
            "criteria.yaml",
            "{flag: learning-disability}",
            "{also-in-scope: [x]}",
            3,
            "a type of org",
        ),
        (
            "criteria.yaml",
            "{flag: learning-disability}",
            "{died-after-admission-by: [elective]}",
            3,
            "admission method of two characters",
        ),
        (
            "leads.yaml",
            "select: died-in-stay",
            "select: nearest",
            2,
            "expected one of died-in-stay",
        ),
        (
            "leads.yaml",
            "{in-scope-of-type: [mental-health]}",
            "{type: [x]}",
            5,
            "is not known here",
        ),
        ("leads.yaml", "[mental-health]", "[nhs]", 5, "expected a type of organisation"),
        ("leads.yaml", "of {organisation}.", "of them.", 3, "expected {organisation}"),
        ("leads.yaml", "of {organisation}.", "{organisation} {name}", 3, "no other { }"),
        ("leads.yaml", "of {organisation}.", "{organisation} {", 3, "no other { }"),
        ("leads.yaml", "  select: died-in-stay\n", "", 2, "expected 'select'"),
        ("routes.yaml", "case-record-review:", "review:", 1, "expected 'case-record-review'"),
        ("routes.yaml", "screened: yes", "screened: maybe", 4, "expected yes or no"),
        ("routes.yaml", "criteria: none", "criteria: all", 5, "expected 'none'"),
        ("routes.yaml", "[died-in-care, by-type]", "[nobody]", 6, "expected a rule of leads.yaml"),
        ("routes.yaml", "[died-in-care, by-type]", "[]", 6, "at least one rule of leads.yaml"),
        ("routes.yaml", "5 working days", "5 days", 7, "such as '5 working days'"),
        ("routes.yaml", "60 working days", "60 days", 8, "working days or months"),
        ("routes.yaml", "60 working days", "soon", 8, "a number of days or months"),
        ("routes.yaml", "60 working days", "0 months", 8, "working days or months"),
        ("routes.yaml", "say: a note", "says: a note", 12, "'says' is not known here"),
        ("routes.yaml", "say: a note", "say: ''", 12, "expected words"),
        ("routes.yaml", "source: guidance", "source:", 9, "expected words"),
        ("criteria.yaml", "The person had a learning disability.", "''", 2, "expected words"),
        ("routes.yaml", "{sampled: yes}", "{sampling: yes}", 11, "'sampling' is no condition"),
        ("routes.yaml", "  name: Case record review\n", "", 2, "expected 'name'"),
    ],
)
def test_a_mistake_is_named_with_file_line_and_what_is_expected(
    folder: Path, file: str, old: str, new: str, line: int, expected: str
) -> None:
    error = wrong(folder, file, old, new)
    assert (error.file, error.line) == (file, line)
    assert expected in error.expected
    assert str(error) == f"{file}, line {line}: {error.expected}"


@pytest.mark.parametrize("file", FILES)
def test_a_file_that_is_missing_is_named(folder: Path, file: str) -> None:
    (folder / file).unlink()
    with pytest.raises(SourceError, match=file):
        read(folder)


@pytest.mark.parametrize("file", FILES)
def test_an_empty_file_is_named(folder: Path, file: str) -> None:
    (folder / file).write_text("", encoding="utf-8")
    with pytest.raises(SourceError, match=f"{file}, line 1: expected"):
        read(folder)


def test_every_line_of_the_national_rules_is_needed_or_read(tmp_path: Path) -> None:
    """A key misspelt anywhere in the national files is a mistake: none is passed over."""
    for file in FILES:
        for name in FILES:
            shutil.copy(FOLDER / name, tmp_path / name)
        lines = (FOLDER / file).read_text(encoding="utf-8").splitlines(keepends=True)
        keys = [n for n, text in enumerate(lines) if text.startswith("  ") and ":" in text]
        for number in keys:
            if lines[number].lstrip().startswith(("-", "#", "{")):
                continue
            key, rest = lines[number].split(":", 1)
            misspelt = [*lines[:number], f"{key}x:{rest}", *lines[number + 1 :]]
            (tmp_path / file).write_text("".join(misspelt), encoding="utf-8")
            with pytest.raises(SourceError, match=file):
                read(tmp_path)


def test_the_national_rules_say_where_they_are_written() -> None:
    rules = national()
    assert all(r.rule.source for r in rules.scope)
    assert all(c.source and c.sentence.endswith(".") for c in rules.criteria)
    assert all(r.source and r.leads for r in rules.routes)
    assert len({r.code for r in rules.routes}) == len(rules.routes)
    assert rules.route("case-record-review").is_screened
