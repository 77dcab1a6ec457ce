"""How the database is to read what is asked for, and what a search that takes too long gets."""

from __future__ import annotations

import psycopg
import pytest

from registry.api import reading_manner
from registry.api.interactions import OFFERED, Match
from registry.api.reading_manner import SEARCH_LIMIT, manner
from registry.store.reader import Manner
from tests.registry.api.conftest import Ask
from tests.registry.core.stating import ICB1

BY_KEY = Manner(by_key=True, limit=SEARCH_LIMIT)
PLANNED = Manner(by_key=False, limit=SEARCH_LIMIT)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ((), PLANNED),
        ((("status", "requested"),), PLANNED),
        ((("_id", "a"),), BY_KEY),
        ((("_id", "a,b"),), PLANNED),
        ((("patient", "Patient/a"), ("status", "a,b")), BY_KEY),
        ((("patient.identifier", "s|1"),), BY_KEY),
        ((("patient.identifier", "s|1,s|2"),), PLANNED),
        ((("subject:identifier", "s|1"),), BY_KEY),
        ((("owner:identifier", "s|1"),), PLANNED),
    ],
)
def test_a_search_is_by_key_where_it_names_one(
    asked: tuple[tuple[str, str], ...], expected: Manner
) -> None:
    assert manner(Match("search-type", "Task"), asked) == expected


@pytest.mark.parametrize("resource_type", ["AuditEvent", "Group", "Measure", "Subscription"])
def test_what_is_made_of_much_else_is_planned_for_its_values(resource_type: str) -> None:
    assert resource_type in OFFERED
    assert manner(Match("search-type", resource_type), (("_id", "a"),)) == PLANNED
    assert manner(Match("read", resource_type, "a"), ()) == Manner()


def test_one_row_is_read_by_its_key_and_for_as_long_as_it_takes() -> None:
    for code in ("read", "vread"):
        assert manner(Match(code, "Task", "a"), ()) == Manner(by_key=True)
    assert manner(Match("history-type", "Task"), ()) == Manner()


async def test_a_search_that_takes_too_long_is_told_to_be_narrower(
    ask: Ask, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = await ask(ICB1, "icb")
    monkeypatch.setattr(reading_manner, "SEARCH_LIMIT", "100ms")
    # Not in the way of the registry, which may have a lock to give back.
    async with await psycopg.AsyncConnection.connect(database_url) as other:
        await other.execute("LOCK TABLE registry.resource IN ACCESS EXCLUSIVE MODE")
        answer = await board.get("Task?status=requested")
    assert answer.status_code == 422
    issue = answer.json()["issue"][0]
    assert issue["code"] == "too-costly"
    assert "Narrow it" in issue["diagnostics"]
    # The connection that was stopped serves the next.
    assert (await board.get("Task?status=requested")).status_code == 200
