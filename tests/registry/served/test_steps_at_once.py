"""At most one lead, ever: many clients take steps on the same reviews through two processes, and
the history each review has afterwards is one line with no step lost and never two leads."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random
from typing import Any

import psycopg
import pytest

from registry.access.roles import Role
from registry.core.steps import permitted
from registry.core.steps.task import ReviewTask
from tests.registry.api.message import message, number_of
from tests.registry.core.client import changed, owner, referred
from tests.registry.core.stating import ICB1, MH1, T1, T2
from tests.registry.served.conftest import Served

Task = dict[str, Any]
CLIENTS = 32
REVIEWS = 8
STEPS = 10_000 if os.environ.get("LFD_NIGHTLY") else 600
WHO: list[tuple[str, Role]] = [
    (T1, "provider"),
    (T2, "provider"),
    (MH1, "provider"),
    (ICB1, "icb"),
]
FHIR = {"Content-Type": "application/fhir+json"}


@dataclass
class Ledger:
    """What the clients were told: each step that was taken, by the version it made."""

    left: int
    taken: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    answers: Counter[int] = field(default_factory=Counter[int])


async def dies_with_three_providers(served: Served, serial: int) -> None:
    """Dies in Trust One, ten days after Trust Two, on the caseload of the mental-health trust."""
    number = number_of(serial)
    for sender, bundle in (
        (MH1, message("A01", sender=MH1, number=number, admitted="2025-12-20", control_id="1",
                      recorded="2025-12-20T09:00:00Z")),
        (MH1, message("A03", sender=MH1, number=number, discharged="2026-01-02", method="1",
                      control_id="2", recorded="2026-01-02T09:00:00Z")),
        (T2, message("A03", sender=T2, number=number, admitted="2026-01-02",
                     discharged="2026-01-10", method="1", control_id="3",
                     recorded="2026-01-10T09:00:00Z")),
        (T1, message("A03", sender=T1, number=number, admitted="2026-01-12", died="2026-01-20",
                     discharged="2026-01-20", method="4", control_id="4",
                     recorded="2026-01-20T09:00:00Z")),
    ):  # fmt: skip
        async with await served.client(sender, "adapter", serial) as adapter:
            answer = await adapter.post("$process-message", json=bundle, headers=FHIR)
            assert answer.status_code == 200, answer.text


async def steps(served: Served, number: int, ledger: Ledger) -> None:
    """One client: reads a review it may see, and takes a step that it thinks it may take."""
    organisation, role = WHO[number % len(WHO)]
    random = Random(number)
    async with await served.client(organisation, role, number) as client:
        while ledger.left > 0:
            ledger.left -= 1
            found = await client.get("Task", params={"code": "case-record-review"})
            tasks = [entry["resource"] for entry in found.json()["entry"]]
            task = random.choice(tasks)
            may = permitted(ReviewTask(task), organisation, role)
            if not may:
                continue
            to = random.choice([ods for ods, _ in WHO])
            step = random.choice(may)
            sent = changed(task, step, organisation, to)
            if sent is None:
                continue
            match = {"If-Match": f'W/"{task["meta"]["versionId"]}"'}
            answer = await client.put(f"Task/{task['id']}", json=sent, headers=FHIR | match)
            ledger.answers[answer.status_code] += 1
            assert answer.status_code in (200, 412, 422, 403), answer.text
            if answer.status_code == 200:
                made = (task["id"], answer.json()["meta"]["versionId"])
                assert made not in ledger.taken, f"one version of {ledger.taken[made]}, {step}"
                ledger.taken[made] = step


def lead_of(task: Task) -> str | None:
    return owner(task) if "start" in task.get("executionPeriod", {}) else None


def check_history(versions: list[Task]) -> None:
    """Takes a review's versions, oldest first: each follows from the one before it."""
    numbers = [int(task["meta"]["versionId"]) for task in versions]
    assert numbers == list(range(1, len(versions) + 1))
    for before, after in pairwise(versions):
        was, now = lead_of(before), lead_of(after)
        if was is not None and now != was:
            assert referred(before, "offered-to") == [now], "a lead that nobody was offered"
        if was is not None:
            assert now is not None, "a moment without a lead"


@pytest.mark.timeout(3_000)
async def test_never_two_leads_and_no_step_lost(served: Served, database_url: str) -> None:
    for serial in range(REVIEWS):
        await dies_with_three_providers(served, serial)
    ledger = Ledger(STEPS)
    await asyncio.gather(*(steps(served, number, ledger) for number in range(CLIENTS)))
    assert ledger.answers[200] > STEPS / 10
    assert ledger.answers[412] > 0, "the clients never met"

    kept: Counter[str] = Counter()
    async with await served.client(ICB1, "icb") as board:
        found = await board.get("Task", params={"code": "case-record-review"})
        for entry in found.json()["entry"]:
            task_id = entry["resource"]["id"]
            answer = await board.get(f"Task/{task_id}/_history", params={"_count": "1000"})
            versions = [e["resource"] for e in answer.json()["entry"]][::-1]
            check_history(versions)
            for task in versions:
                step = ledger.taken.get((task_id, task["meta"]["versionId"]))
                kept[task_id] += step is not None
    assert sum(kept.values()) == len(ledger.taken) == ledger.answers[200]

    with psycopg.connect(database_url) as connection:
        overlapping = connection.execute(
            "SELECT count(*) FROM registry.review_lead AS a JOIN registry.review_lead AS b"
            " ON a.review = b.review AND a.ctid < b.ctid"
            " AND tstzrange(a.since, a.until) && tstzrange(b.since, b.until)"
        ).fetchone()
        decided = connection.execute("SELECT count(*) FROM registry.decision").fetchone()
    assert overlapping == (0,)
    assert decided == (len(ledger.taken),)
