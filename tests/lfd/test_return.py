"""`lfd return` as a user types it, against a real database."""

from __future__ import annotations

import asyncio
import csv
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from io import StringIO

import pytest

from lfd.command import main
from postgres.embedded import acquire, ensure_database
from registry import database
from registry.core.identity import NumberPolicy
from registry.core.resource_ids import ResourceIds
from registry.directory import loading
from registry.returns.periods import Quarter
from registry.store import recompute, returns
from registry.store.learning_actions import By
from registry.store.recompute import Rules
from registry.store.transaction import Connection, transact
from tests.registry.core.stating import DIRECTORY, T1, Sender

RULES = Rules(NumberPolicy(allow_test_numbers=True), ResourceIds(b"test"))
Q4 = Quarter.parse("2025-26-Q4")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """The words that name a registry that knows of one death in Trust One."""
    with acquire(tmp_path_factory.mktemp("postgres")) as lease:
        ensure_database(lease.server, "lfd")
        url = lease.server.url("lfd")
        database.prepare(url)
        with database.connect(url) as connection:
            loading.load(connection, DIRECTORY.values())
        asyncio.run(_tell(url))
        yield ["--organisation", T1, "--database", url]


async def _tell(url: str) -> None:
    sender = Sender(T1)
    admitted = sender.admits("2026-01-05")
    died = sender.discharges("2026-01-10", method="4", died="2026-01-10")
    async with database.pool(url, size=2) as pool:
        for statement in (admitted, died):
            await recompute.record(pool, [statement], RULES)


def publish(url: str) -> None:
    async def work() -> None:
        async def act(connection: Connection) -> object:
            return await returns.publish(connection, By(T1, "c"), Q4, datetime.now(UTC))

        async with database.pool(url, size=2) as pool:
            await transact(pool, act)

    asyncio.run(work())


def printed(capfdbinary: pytest.CaptureFixture[bytes], *words: str) -> str:
    assert main(["return", *words]) == 0
    return capfdbinary.readouterr().out.decode()


def test_a_return_in_each_form(place: list[str], capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    quarter = [*place, "--quarter", "2025-26-Q4"]
    page = printed(capfdbinary, *quarter)
    assert "Trust One: learning from deaths, quarter 4 of 2025/26" in page
    assert 'href="data:text/css;base64,' in page
    rows = csv.DictReader(StringIO(printed(capfdbinary, *quarter, "--format", "csv")))
    assert next(rows)["number"] == "1"
    report = json.loads(printed(capfdbinary, *quarter, "--format", "json", "--version", "public"))
    assert "count" not in report["group"][0]["population"][0]
    account = printed(capfdbinary, *place, "--year", "2025-26")
    assert "Trust One: Quality Account 2025/26" in account


def test_what_was_published(place: list[str], capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    published = [*place, "--quarter", "2025-26-Q4", "--version", "public", "--published"]
    assert main(["return", *published]) == 1
    assert b"not published yet" in capfdbinary.readouterr().err
    publish(place[-1])
    assert "1 to 7 are not shown" in printed(capfdbinary, *published)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--quarter", "2026-Q1"], "expected a quarter of a financial year"),
        (["--quarter", "2026-27"], "--quarter takes a quarter"),
        (["--year", "2026-27-Q1"], "--quarter takes a quarter"),
        (["--quarter", "2026-27-Q1", "--organisation", "NONE"], "no organisation NONE"),
    ],
)
def test_what_is_typed_wrongly(
    place: list[str], words: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["return", *place, *words]) == 1
    assert says in capsys.readouterr().err
