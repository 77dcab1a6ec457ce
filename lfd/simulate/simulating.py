"""The actions of `lfd simulate`: making an area, and scoring what a registry found of one."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from lfd.failure import Failure
from lfd.reading import read_text
from lfd.simulate.asking import ask
from lfd.simulate.files import write
from simulation.conclusion import Conclusion
from simulation.plan import Plan, founding_cohort, plan
from simulation.rates import PRESETS
from simulation.scoring import score
from simulation.simulate import simulate
from simulation.table import line, table
from simulation.truth import Truth
from simulation.truth_file import TruthError, from_lines


def run(chosen: Namespace) -> int:
    """Takes the action and its options; returns 0, or 1 where a score has something unexplained."""
    if chosen.action == "score":
        return _score(chosen)
    return _simulate(_plan(chosen), chosen.seed, chosen.out)


def _plan(chosen: Namespace) -> Plan:
    try:
        if chosen.action == "founding-cohort":
            return founding_cohort(chosen.practices, _first_of_month(chosen.month))
        size = (chosen.trusts, chosen.practices, chosen.people, chosen.years)
        return plan(chosen.seed, *size, chosen.start, PRESETS[chosen.rates])
    except ValueError as error:
        raise Failure(f"nothing was made: {error}") from error


def _first_of_month(day: date) -> date:
    return day.replace(day=1)


def _simulate(of: Plan, seed: int, out: Path) -> int:
    try:
        made = simulate(of, seed)
        files = write(out, made, seed)
    except OSError as error:
        raise Failure(f"{out}: {error.strerror or 'cannot be written'}") from error
    count = sum(len(messages) for messages in made.messages.values())
    print(f"{count} messages of {len(made.truths)} people from {len(made.messages)} trusts")
    for file in files:
        print(file)
    return 0


def _score(chosen: Namespace) -> int:
    truths = _truths(chosen.truth)
    key = read_text(chosen.key)
    found = asyncio.run(ask(chosen.url, chosen.client, key, truths))
    return _show(truths, found)


def _truths(file: Path) -> Sequence[Truth]:
    try:
        return list(from_lines(read_text(file)))
    except TruthError as error:
        raise Failure(f"{file}: {error}; make it again with `lfd simulate`") from error


def _show(truths: Sequence[Truth], found: Mapping[str, Conclusion]) -> int:
    scored = score(truths, found)
    print("\n".join(table(scored)))
    if scored.differences:
        print()
        print("\n".join(line(difference) for difference in scored.differences))
    return 1 if scored.unexplained else 0
