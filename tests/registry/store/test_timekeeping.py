"""What the passing of time brings about: escalation to the board, successors, what was marked."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

from nhs.london_time import london_date
from registry.core.decision import Reason, Step
from registry.core.due import working_days_after
from registry.core.steps.task import ReviewTask
from registry.store import timekeeping
from tests.registry.core.stating import ICB1, MH1, T1, T2, Sender
from tests.registry.store.conftest import RULES, Store

LATER = timedelta(days=200)


def today() -> date:
    return london_date(datetime.now(UTC))


def owner(task: dict[str, dict[str, dict[str, str]]]) -> str:
    return task["owner"]["identifier"]["value"]


def kinds(task: dict[str, list[dict[str, dict[str, list[dict[str, str]]]]]]) -> list[str]:
    return [i["type"]["coding"][0]["code"] for i in task["input"]]


async def died_in_hospital(store: Store) -> None:
    t1 = Sender()
    await store.tell(
        t1.admits("2026-01-05"), t1.discharges("2026-01-10", method="4", died="2026-01-10")
    )


async def test_a_proposal_without_an_answer_is_escalated_to_the_board_once(store: Store) -> None:
    await died_in_hospital(store)
    before = await store.review()
    due = date.fromisoformat(before["restriction"]["period"]["end"])
    assert due == working_days_after(today(), 5)
    await store.clock(due)
    assert owner(await store.review()) == T1
    await store.clock(due + timedelta(days=1))
    escalated = await store.review()
    assert owner(escalated) == ICB1
    assert "escalated" in kinds(escalated)
    await store.clock(due + LATER)
    assert (await store.review())["meta"]["versionId"] == escalated["meta"]["versionId"]


async def test_an_overdue_lead_stays_the_lead_and_the_board_is_told(store: Store) -> None:
    await died_in_hospital(store)
    await store.decide(Step.ACCEPT, T1)
    accepted = await store.review()
    due = date.fromisoformat(accepted["restriction"]["period"]["end"])
    assert due == working_days_after(today(), 60)
    await store.clock(due + timedelta(days=1))
    overdue = await store.review()
    assert (overdue["status"], owner(overdue)) == ("accepted", T1)
    assert "escalated" in kinds(overdue)


async def test_a_review_on_hold_is_never_overdue(store: Store) -> None:
    await died_in_hospital(store)
    await store.decide(Step.ACCEPT, T1)
    await store.decide(Step.HOLD, T1, reason=Reason(code="coroner"))
    held = await store.review()
    assert "restriction" not in held
    await store.clock(today() + LATER)
    assert (await store.review())["meta"]["versionId"] == held["meta"]["versionId"]


async def test_two_clocks_at_once_escalate_once(store: Store) -> None:
    await died_in_hospital(store)
    on = today() + LATER
    await asyncio.gather(*(timekeeping.escalate_overdue(store.pool, RULES, on) for _ in range(4)))
    rows = store.execute("SELECT count(*) FROM decision WHERE content ->> 'step' = 'escalate'")
    assert rows == [(1,)]


async def test_a_successor_takes_over_from_its_day_and_history_keeps_who_led(store: Store) -> None:
    await died_in_hospital(store)
    await store.decide(Step.ACCEPT, T1)
    on = today()
    store.execute(
        "UPDATE organisation SET succeeded_by = %s, succeeded_on = %s WHERE ods = %s",
        (T2, on, T1),
    )
    await store.clock(on)
    moved = await store.review()
    assert owner(moved) == T2
    assert moved["executionPeriod"]["start"] >= (await versions(store))[0]
    leads = store.execute("SELECT organisation, until IS NULL FROM review_lead ORDER BY since")
    assert sorted(leads) == [(T1, False), (T2, True)]
    assert [t["id"] for t in await store.all("Task", T2)] == [moved["id"]]


async def question(store: Store, seen_by: str) -> list[dict[str, Any]]:
    tasks = await store.all("Task", seen_by)
    return [t for t in tasks if t["code"]["coding"][0]["code"] == "data-quality"]


async def test_the_successor_is_asked_what_the_merged_trust_was_and_may_answer(
    store: Store,
) -> None:
    t1 = Sender()
    await store.tell(t1.contradicts_itself(at="2026-01-10T09:00"))
    (before,) = await question(store, T1)
    on = today()
    store.execute(
        "UPDATE organisation SET succeeded_by = %s, succeeded_on = %s WHERE ods = %s", (T2, on, T1)
    )
    await store.clock(on)
    (moved,) = await question(store, T2)
    assert (moved["id"], owner(moved), kinds(moved)) == (before["id"], T2, ["asked-about", "facts"])
    assert await question(store, T1) == []
    task = ReviewTask(moved)
    await store.decide(Step.COMPLETE, T2, task.route, about=task.about)
    (answered,) = await question(store, T2)
    assert answered["status"] == "completed"
    await store.tell(
        t1.takes_back(at="2026-02-10T09:00"), t1.contradicts_itself(at="2026-03-10T09:00")
    )
    (again,) = await question(store, T2)
    assert (again["id"], again["status"]) == (before["id"], "requested")


async def versions(store: Store) -> list[str]:
    rows = store.execute(
        "SELECT content::jsonb -> 'executionPeriod' ->> 'start' FROM resource_version"
        " WHERE type = 'Task' AND content LIKE %s ORDER BY version",
        ('%"accepted"%',),
    )
    return [row[0] for row in rows]


async def test_a_succession_to_come_changes_nothing_yet(store: Store) -> None:
    await died_in_hospital(store)
    tomorrow = today() + timedelta(days=1)
    store.execute(
        "UPDATE organisation SET succeeded_by = %s, succeeded_on = %s WHERE ods = %s",
        (MH1, tomorrow, T1),
    )
    await store.clock(today())
    assert owner(await store.review()) == T1
