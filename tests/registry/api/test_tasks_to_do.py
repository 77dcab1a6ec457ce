"""Tasks by when they are due and whom their lead is offered to, over real data."""

from __future__ import annotations

from datetime import date, timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.api.search import values
from registry.store import conditions
from registry.store.conditions import Binder
from tests.registry.api.conftest import Ask
from tests.registry.api.message import message
from tests.registry.api.test_reviews import FHIR, IN_HOSPITAL, accept, tell, the_task
from tests.registry.core.stating import ICB1, T1, T2

LEFT_T2 = message(
    "A03", sender=T2, admitted="2025-12-20", discharged="2026-01-02", method="1", control_id="9"
)


async def ids(client: httpx.AsyncClient, query: str) -> list[str]:
    answer = await client.get(f"Task?{query}")
    assert answer.status_code == 200, answer.text
    return [entry["resource"]["id"] for entry in answer.json().get("entry", [])]


async def test_due_is_compared_and_sorted_by_the_day(ask: Ask) -> None:
    await tell(ask, IN_HOSPITAL, message("A31", flag="learning-disability", control_id="2"))
    board = await ask(ICB1, "icb")
    entries = (await board.get("Task?_sort=due")).json()["entry"]
    found: dict[str, str] = {
        e["resource"]["id"]: e["resource"]["restriction"]["period"]["end"] for e in entries
    }
    assert list(found.values()) == sorted(found.values())
    assert await ids(board, "_sort=-due") == list(found)[::-1]
    first = min(found.values())
    before = (date.fromisoformat(first) - timedelta(days=1)).isoformat()
    due_first = {one for one, on in found.items() if on == first}
    assert set(await ids(board, f"due={first}")) == due_first
    assert set(await ids(board, f"due=le{first}")) == due_first
    assert set(await ids(board, f"due=ge{first}")) == set(found)
    assert set(await ids(board, f"due=gt{before}")) == set(found)
    assert await ids(board, f"due=lt{first}") == []
    assert await ids(board, f"due=le{before}") == []
    assert await ids(board, "due:missing=true") == []


async def test_who_is_offered_a_lead_finds_it(ask: Ask) -> None:
    await tell(ask, IN_HOSPITAL)
    await tell(ask, LEFT_T2, sender=T2)
    giver, taker = await ask(T1, "provider"), await ask(T2, "provider")
    offered = f"offered-to=Organization/{T2}"
    assert await ids(taker, offered) == []
    accepted = (await accept(giver, await the_task(giver))).json()
    wanted = {**accepted, "owner": {"identifier": {"value": T2}}}
    headers = {**FHIR, "If-Match": f'W/"{accepted["meta"]["versionId"]}"'}
    done = await giver.put(f"Task/{accepted['id']}", json=wanted, headers=headers)
    assert done.status_code == 200, done.text
    assert await ids(taker, offered) == [accepted["id"]]
    assert await ids(taker, "offered-to:missing=true") == []
    assert await ids(taker, "offered-to:missing=false") == [accepted["id"]]
    assert await ids(taker, f"offered-to=Organization/{T1}") == []


DAYS = st.dates(date(1999, 1, 1), date(2040, 1, 1))
SAID = st.one_of(
    DAYS.map(date.isoformat), DAYS.map(lambda d: f"{d:%Y-%m}"),
    DAYS.map(lambda d: f"{d.isoformat()}T12:30:00Z"),
)  # fmt: skip


@given(due=DAYS, said=SAID)
def test_the_prefixes_divide_the_days_as_fhir_has_it(due: date, said: str) -> None:
    holds = {
        prefix: _holds(prefix + said, due)
        for prefix in ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb")
    }
    assert holds["ne"] is not holds["eq"]
    assert holds["ge"] is (holds["gt"] or holds["eq"])
    assert holds["le"] is (holds["lt"] or holds["eq"])
    assert not (holds["sa"] and holds["eb"])
    if len(said) == 10:  # a day against a day: the plain order of days
        other = date.fromisoformat(said)
        assert (holds["lt"], holds["eq"], holds["gt"]) == (due < other, due == other, due > other)
        assert (holds["eb"], holds["sa"]) == (holds["lt"], holds["gt"])


def _holds(said: str, due: date) -> bool:
    """Works the condition out for a day, with its dates in place of its names."""
    binder = Binder()
    text = conditions.due(*values.date(said))(binder)
    names = {"due": due, **binder.values}
    python = text.replace("r.due", "due").replace("AND", "and").replace("OR", "or")
    python = python.replace("NOT ", "not ")
    for name in binder.values:
        python = python.replace(f"%({name})s", name)
    return bool(eval(python, {"__builtins__": {}}, names))


@pytest.mark.parametrize("query", ["due=x", "offered-to.identifier=urn:x|T1", "due:not=2026"])
async def test_what_cannot_be_asked_of_them_is_refused(ask: Ask, query: str) -> None:
    assert (await (await ask(T1, "provider")).get(f"Task?{query}")).status_code == 400
