"""What an operator reads with `lfd` is on record before it is shown, and names nobody's number."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import psycopg
import pytest

from lfd.command import main
from lfd.operating import as_known, operator
from registry import data_protection, database, service
from registry.audit.operators import Operator
from registry.settings import RegistrySettings
from registry.store.recompute import Rules, record
from tests.registry.core.stating import NUMBER, OTHER_NUMBER, Sender

BY = Operator("alice", "db1")


@pytest.fixture
def settings(database_url: str) -> RegistrySettings:
    """A registry that knows of one death."""
    told = RegistrySettings(database_url, "", allow_test_numbers=True)

    async def work() -> None:
        async with database.pool(database_url, size=2) as pool:
            rules: Rules = await service._rules(told, pool)  # pyright: ignore[reportPrivateUsage] - the rules as the registry itself agrees on them
            died = Sender().discharges("2026-01-10", method="4", died="2026-01-10")
            await record(pool, [died], rules)

    asyncio.run(work())
    return told


def events(settings: RegistrySettings) -> list[tuple[str | None, dict[str, Any]]]:
    with psycopg.connect(settings.database, options="-c search_path=registry") as connection:
        rows = connection.execute("SELECT person, content FROM audit_event ORDER BY number")
        return [(person, json.loads(content)) for person, content in rows]


def patient(settings: RegistrySettings) -> str:
    with psycopg.connect(settings.database, options="-c search_path=registry") as connection:
        row = connection.execute("SELECT id FROM person").fetchone()
        assert row is not None
        return row[0]


def test_to_explain_a_person_and_to_read_what_is_held_leaves_an_event_each(
    settings: RegistrySettings,
) -> None:
    assert asyncio.run(service.explanation(settings, NUMBER, BY)) is not None
    assert asyncio.run(data_protection.of_person(settings, NUMBER, BY))
    kept = events(settings)
    assert [person for person, _ in kept] == [patient(settings)] * 2
    for _, event in kept:
        asked_by = event["agent"][-1]
        assert asked_by["who"]["identifier"]["value"] == "alice@db1"
        assert asked_by["requestor"] is True
        assert event["outcome"] == "0"
        assert NUMBER.value not in json.dumps(event)


def test_to_look_for_somebody_of_whom_nothing_is_held_is_on_record_too(
    settings: RegistrySettings,
) -> None:
    assert asyncio.run(service.explanation(settings, OTHER_NUMBER, BY)) is None
    assert asyncio.run(data_protection.of_person(settings, OTHER_NUMBER, BY)) == []
    kept = events(settings)
    assert [(person, event["outcome"]) for person, event in kept] == [(None, "4"), (None, "4")]
    queries = {e["query"] for _, event in kept for e in event["entity"] if "query" in e}
    assert len(queries) == 1  # the same number, the same hash
    assert OTHER_NUMBER.value not in json.dumps([event for _, event in kept])


def test_the_commands_leave_it_under_the_operating_systems_user(
    settings: RegistrySettings, capsys: pytest.CaptureFixture[str]
) -> None:
    place = ["--database", settings.database]
    assert main(["explain", NUMBER.value, *place]) == 0
    assert main(["held", NUMBER.value, *place]) == 0
    assert main(["held", *place]) == 0
    assert capsys.readouterr().out
    who = [event["agent"][-1]["who"]["identifier"]["value"] for _, event in events(settings)]
    assert who == [operator().name] * 2
    assert main(["audit", "verify", *place]) == 0


@pytest.mark.parametrize(
    ("before", "name"),
    [("", "root"), ("alice", "alice/root"), ("x\ny", "root"), ("a b", "root"), ("-", "root")],
)
def test_who_came_by_sudo_is_named_and_nothing_else_is_taken(before: str, name: str) -> None:
    assert as_known("root", before) == name
