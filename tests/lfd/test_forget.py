"""`lfd forget` and `lfd held` as a user types them, against a real database."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest

from lfd.arguments import parser
from lfd.command import main
from lfd.retention import retention_said
from nhs.london_time import london_date
from postgres.embedded import acquire, ensure_database
from registry import database
from registry.core.identity import NumberPolicy
from registry.core.resource_ids import ResourceIds
from registry.core.retention.terms import RetentionSaid
from registry.core.statement import Statement
from registry.store import recompute
from registry.store.recompute import Rules
from tests.registry.core.stating import NUMBER, OTHER_NUMBER, T1, T2, Sender, evidence

RULES = Rules(NumberPolicy(allow_test_numbers=True), ResourceIds(b"test"))


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with acquire(tmp_path_factory.mktemp("postgres")) as lease:
        ensure_database(lease.server, "lfd")
        yield lease.server.url("lfd")


@pytest.fixture
def place(url: str) -> list[str]:
    """The words that name an empty registry."""
    with psycopg.connect(url) as connection:
        connection.execute("DROP SCHEMA IF EXISTS registry CASCADE")
    database.prepare(url)
    return ["--database", url]


def tell(url: str, *statements: Statement) -> None:
    async def work() -> None:
        async with database.pool(url, size=2) as pool:
            async with pool.connection() as connection:
                await database.agree_on_test_numbers(connection, True)
            for statement in statements:
                await recompute.record(pool, [statement], RULES)
            async with pool.connection() as connection:
                await connection.execute(
                    "UPDATE statement SET received_at = (content ->> 'recorded')::timestamptz"
                )

    asyncio.run(work())


def left(sender: Sender, on: date) -> Statement:
    return sender.discharges(on.isoformat(), at=f"{on}T12:00")


@pytest.fixture
def told(url: str, place: list[str]) -> date:
    """A recent discharge at one trust, and at two trusts old ones, one of them with evidence;
    returns the date of the recent one."""
    recent = london_date(datetime.now(UTC)) - timedelta(days=5)
    old = left(Sender(T2, (OTHER_NUMBER,)), date(2020, 1, 1))
    flagged = replace(
        left(Sender(T1, (OTHER_NUMBER,)), date(2024, 1, 1)), evidence=(evidence("F72", "autism"),)
    )
    tell(url, left(Sender(T1, (NUMBER,)), recent), old, flagged)
    return recent


def test_forget_says_what_would_go_and_then_what_went(
    place: list[str], told: date, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        assert main(["forget", "--dry-run", *place]) == 0
        assert capsys.readouterr().out == (
            "RT1: 0 would be erased, 1 would be reduced\n"
            "RT2: 1 would be erased, 0 would be reduced\n"
        )
    assert main(["forget", *place]) == 0
    assert capsys.readouterr().out == ("RT1: 0 erased, 1 reduced\nRT2: 1 erased, 0 reduced\n")
    assert main(["forget", *place]) == 0
    assert capsys.readouterr().out == "nothing is due to be forgotten\n"


def test_held_counts_by_source_and_reason(
    place: list[str], told: date, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["held", *place])
    output = capsys.readouterr().out
    assert NUMBER.value not in output
    lines = [line.split() for line in output.splitlines()]
    until = str(told + timedelta(days=365))
    assert ["RT1", "a-death-would-be-in-scope", "1", "until", until] in lines
    assert ["RT1", "evidence-for-a-flag", "1", "until", "2034-01-01"] in lines
    assert ["RT2", "no", "longer", "needed", "1", "goes", "at", "the", "next", "run"] in lines
    main(["forget", *place])
    capsys.readouterr()
    main(["held", "--json", *place])
    record = json.loads(capsys.readouterr().out)
    assert record["settings"]["allowance_days"] == 335
    assert [(row["source"], row["why"], row["until"]) for row in record["held"]] == [
        ("RT1", "a-death-would-be-in-scope", until),
        ("RT1", "evidence-for-a-flag", "2034-01-01"),
    ]
    assert [(f["source"], f["erased"], f["reduced"]) for f in record["forgotten"]] == [
        ("RT1", 0, 1),
        ("RT2", 1, 0),
    ]


def test_held_of_a_person_says_each_fact_its_reason_and_its_end(
    place: list[str], told: date, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["held", NUMBER.value, *place]) == 0
    output = capsys.readouterr().out
    assert f"Held in full, until {told + timedelta(days=365)}." in output
    assert "a death within 30 days of that is in scope" in output
    assert main(["held", OTHER_NUMBER.value, "--json", *place]) == 0
    over, reduced = json.loads(capsys.readouterr().out)
    assert (over["form"], over["until"], over["because"]) == ("due to be erased", None, [])
    assert (reduced["form"], reduced["until"]) == ("in part", "2034-01-01")
    assert reduced["said"]["says"] == ["records F72, evidence for autism"]


def test_held_of_nobody_and_of_no_number_are_one_line(
    place: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["held", NUMBER.value, *place]) == 1
    assert capsys.readouterr().err == "lfd: nothing is held about a person with that NHS number\n"
    assert main(["held", "9990000019", *place]) == 1
    assert "9990000019" not in capsys.readouterr().err
    assert main(["held", *place]) == 0
    assert "nothing is held" in capsys.readouterr().out


@pytest.mark.parametrize("command", [["up"], ["registry", "--database", "postgresql:///x"]])
def test_the_settings_are_options_of_what_runs_a_registry(command: list[str]) -> None:
    words = ["--forget-allowance-days", "100", "--forget-silence-years", "3"]
    assert retention_said(parser().parse_args([*command, *words])) == RetentionSaid(100, None, 3)
    assert retention_said(parser().parse_args(command)) == RetentionSaid()
    with pytest.raises(SystemExit):
        parser().parse_args([*command, "--forget-evidence-years", "101"])
