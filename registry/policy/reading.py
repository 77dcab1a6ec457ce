"""Reads a policy file; a mistake is named with file, line and what is expected.

organisation: RM1
begins: 2026-04-01
scope:
  - name: crisis-team
    stays: [contact]
    within: 6 months
    source: Our policy, section 4.2
sample:
  percent: 10
  seed: 2026-27
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path

import yaml

from registry.core.policy import Policy, Sample, ScopeRule
from registry.core.spells import Kind
from registry.directory.row import ODS
from registry.rules.reading import read_scope_rule
from yaml_source import Source, open_source

_KEYS = ("organisation", "begins", "until", "scope", "sample")
_NATIONAL = {Kind.INPATIENT, Kind.DAY_CASE}


def read(path: Path) -> Policy:
    """Takes a policy file; returns the policy in it. SourceError where it cannot be used."""
    return _policy(open_source(path))


@lru_cache(maxsize=1024)
def read_text(text: str) -> Policy:
    """Takes the text of a policy file that was read before; returns the policy in it. Kept: each
    message about a death asks for those of the organisations it names."""
    return _policy(Source("policy", yaml.compose(text, yaml.SafeLoader)))


def _policy(source: Source) -> Policy:
    entries = source.only(*_KEYS)
    begins = _date(source.need("begins"))
    until = _date(entries["until"]) if "until" in entries else None
    if until is not None and until < begins:
        raise entries["until"].error("expected a date after 'begins'")
    return Policy(
        organisation=_ods(source.need("organisation")),
        begins=begins,
        until=until,
        scope=tuple(_rule(row) for row in entries["scope"].rows()) if "scope" in entries else (),
        sample=_sample(entries["sample"]) if "sample" in entries else None,
    )


def _rule(source: Source) -> ScopeRule:
    source.only("name", "stays", "within", "source")
    rule = read_scope_rule(source.need("name").text(), source)
    if rule.stays & _NATIONAL:
        raise source.need("stays").error(
            "inpatients and day cases are in scope everywhere, for 30 days: "
            "expected emergency or contact"
        )
    return rule


def _sample(source: Source) -> Sample:
    source.only("percent", "seed")
    percent = source.need("percent")
    try:
        value = float(percent.text())
    except ValueError:
        value = -1.0
    if not 0 < value <= 100:
        raise percent.error("expected a number above 0, at most 100")
    seed = source.need("seed")
    if not seed.text():
        raise seed.error(
            "expected any text, such as the year: who knows it can draw the sample again"
        )
    return Sample(value, seed.text())


def _ods(source: Source) -> str:
    code = source.text().upper()
    if not ODS.fullmatch(code):
        raise source.error("expected the organisation's ODS code, such as RM1")
    return code


def _date(source: Source) -> date:
    try:
        return date.fromisoformat(source.text())
    except ValueError:
        raise source.error("expected a date such as 2026-04-01") from None
