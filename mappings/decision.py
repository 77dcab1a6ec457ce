"""Decision tables: rows of conditions and a verdict, of which the first that fits decides.

PID-30=no PID-29=given -> conflict
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass

from yaml_source import Source

OTHERWISE = "otherwise"
_ROW = re.compile(r"(?P<conditions>\S.*?)\s+->\s+(?P<verdict>\S+)")
_EXPECTED = "expected 'FACT=value|value … -> verdict', or 'otherwise -> verdict' in the last row"

Case = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """A table with every case decided; `values` are those that its rows can tell apart, by fact."""

    values: dict[str, frozenset[str]]
    verdicts: dict[Case, str]

    def decide(self, *case: str) -> str:
        """Takes a value for each fact, in the order of `values`; returns the verdict."""
        return self.verdicts[case]


def parse_decision(
    source: Source, facts: Mapping[str, tuple[str, ...]], verdicts: tuple[str, ...]
) -> Decision:
    """Takes a list of rows, the facts with their values, and the verdicts there are.

    A fact whose values end in `…` may be compared with any code too. SourceError for a row that
    is none, that decides no case, or where the last does not decide all that are left.
    """
    rows = source.rows()
    if not rows:
        raise source.error(_EXPECTED)
    parsed = [_parse(row, facts, verdicts) for row in rows]
    values = {fact: _values(fact, known, parsed) for fact, known in facts.items()}
    decided: dict[Case, str] = {}
    for row, (conditions, verdict) in zip(rows, parsed, strict=True):
        cases = itertools.product(*(conditions.get(fact) or values[fact] for fact in values))
        new = [case for case in cases if case not in decided]
        if not new:
            raise row.error("the rows above this one have decided all its cases")
        decided.update(dict.fromkeys(new, verdict))
    if parsed[-1][0]:
        raise rows[-1].error("expected 'otherwise -> verdict' in the last row")
    return Decision({fact: frozenset(known) for fact, known in values.items()}, decided)


Conditions = dict[str, tuple[str, ...]]


def _parse(
    row: Source, facts: Mapping[str, tuple[str, ...]], verdicts: tuple[str, ...]
) -> tuple[Conditions, str]:
    match = _ROW.fullmatch(row.text())
    if match is None:
        raise row.error(_EXPECTED)
    if match["verdict"] not in verdicts:
        raise row.error(f"'{match['verdict']}' is no verdict; expected {', '.join(verdicts)}")
    if match["conditions"] == OTHERWISE:
        return {}, match["verdict"]
    conditions: Conditions = {}
    for condition in match["conditions"].split():
        fact, equals, listed = condition.partition("=")
        if not equals or fact not in facts or fact in conditions:
            raise row.error(f"'{condition}': expected once each of {', '.join(facts)}, as fact=a|b")
        conditions[fact] = tuple(listed.split("|"))
        _check(row, conditions[fact], facts[fact])
    return conditions, match["verdict"]


def _check(row: Source, named: tuple[str, ...], known: tuple[str, ...]) -> None:
    for value in named:
        if not value or ("…" not in known and value not in known):
            raise row.error(f"'{value}': expected one of {', '.join(known)}")


def _values(
    fact: str, known: tuple[str, ...], parsed: list[tuple[Conditions, str]]
) -> tuple[str, ...]:
    named = [value for conditions, _ in parsed for value in conditions.get(fact, ())]
    return tuple(dict.fromkeys([*(value for value in known if value != "…"), *named]))
