"""`lfd explain`: why the registry says what it says of a person."""

from __future__ import annotations

import asyncio
from argparse import Namespace

import orjson

from lfd.failure import Failure
from lfd.operating import operator
from lfd.place import database
from nhs import addresses, nhs_number
from registry import database as registry_database
from registry.core.explanation import Explanation
from registry.core.statement import Identifier
from registry.service import explanation
from registry.settings import RegistrySettings


def run(chosen: Namespace) -> int:
    """Takes an NHS number and the place; prints facts and conclusions."""
    number = nhs_number.normalise(chosen.number)
    if not nhs_number.is_valid(number):
        raise Failure("that is not an NHS number: ten digits, the last one a check digit")
    identifier = Identifier(addresses.NHS_NUMBER, number)
    with database(chosen) as url:
        registry_database.prepare(url)
        found = asyncio.run(explanation(RegistrySettings(url, base_url=""), identifier, operator()))
    if found is None:
        raise Failure("nothing is held about a person with that NHS number")
    if chosen.json:
        print(orjson.dumps(found.data(), option=orjson.OPT_INDENT_2).decode())
    else:
        _print(found)
    return 0


def _print(found: Explanation) -> None:
    print("What messages said, oldest first")
    for fact in found.facts:
        recorded = fact.recorded or "no time given"
        print(f"  {fact.source} {fact.trigger} {fact.message or '(no control id)'}, {recorded}")
        for sentence in fact.says:
            print(f"      {sentence}")
    print("\nWhat follows, and by which rule")
    for conclusion in found.conclusions:
        print(f"  {conclusion.about}: {conclusion.sentence} [{conclusion.rule}]")
        for reason in conclusion.because:
            print(f"      {reason}")
