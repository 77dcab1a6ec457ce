"""`lfd held`: the data-protection record, of everybody in counts or of one person in full."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date
from typing import Any

import orjson

from lfd.failure import Failure
from lfd.operating import operator
from lfd.place import database
from nhs import addresses, nhs_number
from registry import data_protection
from registry import database as registry_database
from registry.core.held_report import HeldFact
from registry.core.statement import Identifier
from registry.data_protection import Record
from registry.settings import RegistrySettings


def run(chosen: Namespace) -> int:
    """Takes an NHS number or none, and the place; prints what is held, why, and until when."""
    identifier = _identifier(chosen.number) if chosen.number else None
    with database(chosen) as url:
        registry_database.prepare(url)
        settings = RegistrySettings(url, base_url="")
        if identifier is None:
            _show_record(asyncio.run(data_protection.record(settings)), as_json=chosen.json)
            return 0
        found = asyncio.run(data_protection.of_person(settings, identifier, operator()))
    if not found:
        raise Failure("nothing is held about a person with that NHS number")
    if chosen.json:
        _print_json([asdict(fact) for fact in found])
    else:
        _print_facts(found)
    return 0


def _identifier(text: str) -> Identifier:
    number = nhs_number.normalise(text)
    if not nhs_number.is_valid(number):
        raise Failure("that is not an NHS number: ten digits, the last one a check digit")
    return Identifier(addresses.NHS_NUMBER, number)


def _show_record(record: Record, *, as_json: bool) -> None:
    rows: list[dict[str, Any]] = [
        {
            "source": kind.source,
            "why": kind.why,
            "statements": count.statements,
            "until": count.last_day if kind.why else None,
        }
        for kind, count in record.overview.rows()
    ]
    forgotten = [asdict(one) for one in record.forgotten]
    if as_json:
        _print_json({"settings": asdict(record.retention), "held": rows, "forgotten": forgotten})
        return
    held = record.retention
    print(
        f"News of a death may come {held.allowance_days} days late; evidence for a flag is held"
        f" {held.evidence_years} years,\na stay without an end {held.silence_years} years after the"
        " last word on it. docs/forgetting.md explains each reason.\n"
    )
    print(f"{'source':12} {'why':32} {'statements':>10}  until at the latest")
    for row in rows:
        why = row["why"] or "no longer needed"
        until = _until(row["until"]) if row["why"] else "goes at the next run"
        print(f"{row['source']:12} {why:32} {row['statements']:>10}  {until}")
    if not rows:
        print("nothing is held")
    for one in record.forgotten:
        print(f"{one.source}: {one.erased} erased, {one.reduced} reduced since {one.since}")


def _print_facts(facts: Iterable[HeldFact]) -> None:
    for fact in facts:
        said = fact.said
        recorded = said.recorded or "no time given"
        print(f"{said.source} {said.trigger} {said.message or '(no control id)'}, {recorded}")
        for sentence in said.says:
            print(f"    {sentence}")
        print(
            f"    Held {fact.form}, {_until(fact.until)}." if fact.because else f"    {fact.form}."
        )
        for sentence in fact.because:
            print(f"    {sentence}")


def _until(day: date | None) -> str:
    return "as long as the record of the death" if day is None else f"until {day}"


def _print_json(data: object) -> None:
    print(orjson.dumps(data, option=orjson.OPT_INDENT_2).decode())
