"""What was removed: gone for those who may know that it was there, unknown to everybody else."""

from __future__ import annotations

import httpx
import psycopg

from tests.registry.api.conftest import Ask
from tests.registry.api.message import message
from tests.registry.api.test_reviews import IN_HOSPITAL, tell
from tests.registry.core.stating import T1, T2

AGAIN = message(
    "A03",
    admitted="2026-01-05",
    discharged="2026-01-10",
    method="4",
    died="2026-01-09",
    mrn="A1",
    control_id="2",
    recorded="2026-03-04T09:00:00Z",
)


async def provenances(client: httpx.AsyncClient) -> set[str]:
    found = (await client.get("Provenance")).json()
    return {entry["resource"]["id"] for entry in found["entry"]}


async def removed_provenance(ask: Ask, client: httpx.AsyncClient) -> str:
    """The id of the Provenance of a message that a newer one replaces."""
    await tell(ask, IN_HOSPITAL)
    before = await provenances(client)
    await tell(ask, AGAIN)
    (gone,) = before - await provenances(client)
    return gone


async def test_who_may_read_what_it_was_about_learns_that_it_is_gone(ask: Ask) -> None:
    provider = await ask(T1, "provider")
    gone = await removed_provenance(ask, provider)
    for path in ("", "/_history/1", "/_history"):
        answer = await provider.get(f"Provenance/{gone}{path}")
        assert answer.status_code == 410, path
        assert answer.json()["issue"][0]["code"] == "deleted"


async def test_to_nobody_else_was_it_ever_there(ask: Ask) -> None:
    gone = await removed_provenance(ask, await ask(T1, "provider"))
    outsider = await ask(T2, "provider")
    for path in ("", "/_history/1", "/_history"):
        answer = await outsider.get(f"Provenance/{gone}{path}")
        nothing = await outsider.get(f"Provenance/0000{path}")
        assert answer.status_code == nothing.status_code == 404
        assert answer.json() == nothing.json()


async def test_an_organisation_that_left_the_directory_is_gone(ask: Ask, database_url: str) -> None:
    provider = await ask(T1, "provider")
    assert (await provider.get(f"Organization/{T2}")).status_code == 200
    with psycopg.connect(database_url) as connection:
        connection.execute("DELETE FROM registry.organisation WHERE ods = %s", (T2,))
    assert (await provider.get(f"Organization/{T2}")).status_code == 410
    assert (await provider.get("Organization/ZZ999")).status_code == 404
