"""The database goes away while a request is under way: whoever asked is told to ask again."""

from __future__ import annotations

import asyncio
import logging

import httpx
import psycopg
import pytest
from psycopg.errors import DiskFull
from psycopg_pool import PoolTimeout
from starlette.types import Receive, Scope, Send

from nhs import addresses
from registry.api.application import RETRY_AFTER_SECONDS, Shield
from tests.registry.api.conftest import BASE, Ask
from tests.registry.api.message import NUMBER
from tests.registry.core.stating import T1

_WAITING = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE wait_event_type = 'Lock' AND datname = current_database()
"""


async def _broken_off(url: str, request: asyncio.Task[httpx.Response]) -> None:
    """Waits until the request waits for a lock, and ends its connection there."""
    async with asyncio.timeout(30):
        async with await psycopg.AsyncConnection.connect(url) as other:
            while not await (await other.execute(_WAITING)).fetchall():
                assert not request.done(), "it did not wait"
                await asyncio.sleep(0)


async def test_who_reads_is_told_to_ask_again(ask: Ask, database_url: str) -> None:
    provider = await ask(T1, "provider")
    asked = {"patient.identifier": f"{addresses.NHS_NUMBER}|{NUMBER}"}
    async with await psycopg.AsyncConnection.connect(database_url) as locking:
        await locking.execute("LOCK TABLE registry.readable")
        under_way = asyncio.create_task(provider.get("Task", params=asked))
        await _broken_off(database_url, under_way)
        answer = await under_way
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == str(RETRY_AFTER_SECONDS)
    (issue,) = answer.json()["issue"]
    assert issue["code"] == "transient"
    # And the next connection of the pool works.
    assert (await provider.get("Task", params=asked)).status_code == 200


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (PoolTimeout("couldn't get a connection"), 503),
        (DiskFull("could not extend file"), 503),
        (ValueError("Ada Example"), 500),
    ],
)
async def test_only_what_the_database_lacks_is_worth_asking_again(
    error: Exception, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    async def fails(scope: Scope, receive: Receive, send: Send) -> None:
        raise error

    transport = httpx.ASGITransport(Shield(fails))
    with caplog.at_level(logging.ERROR):
        async with httpx.AsyncClient(transport=transport, base_url=BASE) as http:
            answer = await http.get("/fhir/Task")
    assert answer.status_code == status
    assert ("Retry-After" in answer.headers) == (status == 503)
    assert str(error) not in answer.text + caplog.text
