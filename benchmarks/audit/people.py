"""The deaths that are read: one review each, all of one board's area."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg

from nhs import addresses
from nhs.nhs_number import check_digit
from registry import database
from registry.core.identity import NumberPolicy
from registry.core.statement import DeathStated, Identifier, Statement, StayStated, Verdict
from registry.directory import loading
from registry.directory.organisation import Organisation
from registry.store.recompute import Rules, record

BOARD, TRUST, PRACTICE = "QX1", "RT1", "P81001"
DIRECTORY = (
    Organisation(TRUST, "Trust One", "acute", BOARD),
    Organisation(PRACTICE, "Practice One", "gp", BOARD),
    Organisation(BOARD, "Board One", "icb"),
)


async def fill(url: str, people: int) -> None:
    """Takes a registry's database and a number; has so many people die in hospital."""
    with psycopg.connect(url) as connection:
        loading.load(connection, DIRECTORY)
    async with database.pool(url, size=2) as pool:
        async with pool.connection() as connection:
            ids = await database.resource_ids(connection)
        rules = Rules(NumberPolicy(allow_test_numbers=True), ids)
        for number in range(people):
            await record(pool, [_death(number)], rules)


def _death(serial: int) -> Statement:
    return Statement(
        source=TRUST,
        control_id=str(serial),
        trigger="A03",
        message_hash=f"urn:hash::sha256:{serial}",
        recorded=datetime(2026, 1, 10, 9, tzinfo=UTC),
        identifiers=(Identifier(addresses.NHS_NUMBER, _number(serial)),),
        practice=PRACTICE,
        stay=StayStated(
            f"V{serial}", "finished", "IMP", admitted="2026-01-05", discharged="2026-01-10",
            discharge_method="4",
        ),
        death=DeathStated(Verdict.DIED, "2026-01-10"),
    )  # fmt: skip


def _number(serial: int) -> str:
    """An NHS number of the test range; every eleventh has no check digit and is passed over."""
    while (digit := check_digit(f"999{serial:06}")) is None:
        serial += 500_000
    return f"999{serial:06}{digit}"
