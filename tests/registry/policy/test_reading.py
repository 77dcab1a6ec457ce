"""Policy files: what is read of them, and how a mistake is named."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from registry.core.policy import Period, Policies, Sample
from registry.core.spells import Kind
from registry.policy.reading import read, read_text
from yaml_source import SourceError

TEXT = """\
organisation: rm1
begins: 2026-04-01
until: 2027-03-31
scope:
  - name: crisis-team
    stays: [contact, emergency]
    within: 6 months
    source: Our policy, section 4.2
sample:
  percent: 12.5
  seed: 2026-27
"""


def test_a_policy_is_read_and_reads_the_same_from_its_text(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(TEXT, encoding="utf-8")
    policy = read(path)
    assert policy == read_text(TEXT)
    assert policy.organisation == "RM1"
    assert (policy.begins, policy.until) == (date(2026, 4, 1), date(2027, 3, 31))
    (rule,) = policy.scope
    assert rule.stays == frozenset({Kind.CONTACT, Kind.EMERGENCY})
    assert (rule.name, rule.within) == ("crisis-team", Period(months=6))
    assert policy.sample == Sample(12.5, "2026-27")


def test_a_policy_may_say_only_who_and_since_when() -> None:
    policy = read_text("organisation: RT1\nbegins: 2026-04-01\n")
    assert (policy.until, policy.scope, policy.sample) == (None, (), None)
    policies = Policies([policy])
    assert policies.of("RT1", date(2026, 3, 31)) is None
    assert policies.of("RT1", date(2099, 1, 1)) == policy
    assert policies.of("RT2", date(2026, 4, 1)) is None


@pytest.mark.parametrize(
    ("old", "new", "line", "expected"),
    [
        ("organisation: rm1\n", "", 1, "expected 'organisation'"),
        ("begins: 2026-04-01", "begins: April 2026", 2, "expected a date such as 2026-04-01"),
        ("begins: 2026-04-01", "begins: 2026-04-31", 2, "expected a date"),
        ("begins: 2026-04-01", "begin: 2026-04-01", 2, "'begin' is not known here"),
        ("until: 2027-03-31", "until: 2026-03-31", 3, "expected a date after 'begins'"),
        ("until: 2027-03-31", "until: never", 3, "expected a date"),
        ("name: crisis-team", "title: crisis-team", 5, "'title' is not known here"),
        ("[contact, emergency]", "[contact, inpatient]", 6, "in scope everywhere"),
        ("[contact, emergency]", "[day-case]", 6, "in scope everywhere"),
        ("[contact, emergency]", "[planned]", 6, "kinds of stays that took place"),
        ("[contact, emergency]", "[]", 6, "kinds of stays that took place"),
        ("[contact, emergency]", "[crisis]", 6, "expected one of inpatient"),
        ("6 months", "half a year", 7, "such as '30 days'"),
        ("    source: Our policy, section 4.2\n", "", 5, "expected 'source'"),
        ("percent: 12.5", "percent: 0", 10, "above 0, at most 100"),
        ("percent: 12.5", "percent: 101", 10, "above 0, at most 100"),
        ("percent: 12.5", "percent: nan", 10, "above 0, at most 100"),
        ("percent: 12.5", "percent: inf", 10, "above 0, at most 100"),
        ("percent: 12.5", "percent: a tenth", 10, "above 0, at most 100"),
        ("  seed: 2026-27\n", "", 10, "expected 'seed'"),
        ("  seed: 2026-27", "  seeds: 2026-27", 11, "'seeds' is not known here"),
        ("organisation: rm1", "organisation: ''", 1, "expected the organisation's ODS code"),
        ("organisation: rm1", "organisation: R M1", 1, "expected the organisation's ODS code"),
        ("organisation: rm1", "organisation: \x07", 1, "expected YAML: unacceptable character"),
        ("Our policy, section 4.2", "''", 8, "expected words"),
        ("seed: 2026-27", "seed: ''", 11, "expected any text"),
        ("scope:\n", "rules:\n", 5, "'rules' is not known here"),
    ],
)
def test_a_mistake_is_named_with_file_line_and_what_is_expected(
    tmp_path: Path, old: str, new: str, line: int, expected: str
) -> None:
    assert TEXT.count(old) == 1
    path = tmp_path / "policy.yaml"
    path.write_text(TEXT.replace(old, new), encoding="utf-8")
    with pytest.raises(SourceError) as error:
        read(path)
    assert (error.value.file, error.value.line) == ("policy.yaml", line)
    assert expected in error.value.expected


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="line 1: expected a file to read"):
        read(tmp_path / "policy.yaml")
