"""What must hold when all is calm again, whatever was killed before."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, LiteralString

import psycopg

from registry import audit_record
from tests.faults.area import Area
from tests.faults.undisturbed import Undisturbed

PATIENCE = 120.0
LOOK_EVERY = 0.1
# No message tells of anything as late: what is, was written by the processes when they did it.
_LATE = datetime(2026, 6, 1, tzinfo=UTC)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
_VERSION = re.compile(r'"versionId":\s*"\d+"|(?<=/_history/)\d+')

_UNSETTLED: LiteralString = """
    SELECT (SELECT count(*) FROM adapter.inbox WHERE state IN ('received', 'converted')),
        (SELECT count(*) FROM adapter.outbox),
        (SELECT count(*) FROM registry.subscription_event WHERE matched_at IS NULL),
        (SELECT coalesce(sum(events - delivered), 0) FROM registry.subscription),
        (SELECT coalesce(sum(events), 0) FROM registry.subscription)
"""
_FACTS: LiteralString = "SELECT source, content_hash, content::text FROM registry.statement"
_INVOLVED: LiteralString = "SELECT person, organisation, reasons::text FROM registry.involvement"
# A proposal that the facts took back stays readable, as ended: that it was ever made depends on the
# order of the messages, and so does not count as state.
_STATE: LiteralString = """
    SELECT type, id, status, owner, content FROM registry.resource
    WHERE NOT (type = 'Task' AND status IN ('cancelled', 'entered-in-error'))
"""
_LEADS: LiteralString = "SELECT review, organisation FROM registry.review_lead WHERE until IS NULL"
_UNTOLD: LiteralString = """
    SELECT id FROM registry.resource AS r WHERE type = 'Task' AND status = 'requested'
        AND owner = 'RT1' AND content LIKE '%review-route%' AND NOT EXISTS (
            SELECT FROM registry.subscription_event AS e
            JOIN registry.subscription_notification AS n ON n.event = e.id
            WHERE e.focus_type = 'Task' AND e.focus_id = r.id)
"""
_TOLD_TWICE: LiteralString = """
    SELECT focus_id, focus_version FROM registry.subscription_event AS e
    JOIN registry.subscription_notification AS n ON n.event = e.id
    GROUP BY 1, 2 HAVING count(*) > 1
"""


@dataclass(frozen=True)
class State:
    """What a registry holds, without when it was written: facts, each as often as it is there;
    current resources, involvements and leads."""

    facts: Counter[tuple[Any, ...]]
    resources: Counter[tuple[Any, ...]]
    involved: Counter[tuple[Any, ...]]
    leads: Counter[tuple[Any, ...]]


async def settled(area: Area, patience: float = PATIENCE) -> None:
    """Returns once every message is acknowledged, converted and delivered, and every event told.
    AssertionError: not in time; it says what is left."""
    left: Any = "messages that nobody acknowledged"
    try:
        async with asyncio.timeout(patience):
            await area.sender.all_acknowledged()
            while left := await asyncio.to_thread(_left, area):
                await asyncio.sleep(LOOK_EVERY)
    except TimeoutError:
        raise AssertionError(f"not settled after {patience} s: {left}\n{area.log()}") from None


async def reckon(area: Area, undisturbed: Undisturbed) -> State:
    """Takes an area that is settled, and what is told the same undisturbed; returns the state of
    both. AssertionError: something is lost, doubled or different."""
    await asyncio.to_thread(_every_message_once, area)
    await asyncio.to_thread(_every_event_told, area)
    found = await asyncio.to_thread(state, area.database.url)
    await undisturbed.told(area.sender.ledger.written.values())
    expected = await asyncio.to_thread(state, undisturbed.url)
    for name in ("facts", "resources", "involved", "leads"):
        one, other = getattr(found, name), getattr(expected, name)
        assert one == other, f"{name}: too many {_few(one - other)}\nmissing {_few(other - one)}"
    record = await audit_record.verified(area.database.url, [])
    assert record.holds, record.broken
    return found


def state(url: str) -> State:
    """Takes a registry's database; returns what it holds."""
    with psycopg.connect(url) as connection:
        return State(
            Counter(connection.execute(_FACTS).fetchall()),
            Counter(_timeless(row) for row in connection.execute(_STATE).fetchall()),
            Counter(connection.execute(_INVOLVED).fetchall()),
            Counter(connection.execute(_LEADS).fetchall()),
        )


def _left(area: Area) -> Any:
    try:
        with psycopg.connect(area.database.url, connect_timeout=5) as connection:
            row = connection.execute(_UNSETTLED).fetchone()
    except psycopg.OperationalError as error:
        return f"the database: {error}"
    assert row is not None
    numbers = set(area.receiver.numbers)
    is_done = not any(row[:4]) and numbers == set(range(1, int(row[4]) + 1))
    return None if is_done else (*row, len(numbers))


def _every_message_once(area: Area) -> None:
    ledger = area.sender.ledger
    with psycopg.connect(area.database.url) as connection:
        rows = connection.execute("SELECT control_id, raw, state FROM adapter.inbox").fetchall()
    times = Counter(row[0] for row in rows)
    kept = {row[0]: bytes(row[1]) for row in rows}
    lost = ledger.acknowledged - kept.keys()
    assert not lost, f"acknowledged and not in the inbox: {_few(lost)}"
    assert set(times.values()) <= {1}, f"more than once in the inbox: {times.most_common(3)}"
    assert kept == ledger.written, "the inbox holds something else than was sent"
    states = Counter(row[2] for row in rows)
    assert states.keys() <= {"delivered", "not-relevant"}, states


def _every_event_told(area: Area) -> None:
    """Of every review that is proposed, once for each time it was, and no number before its turn
    (`settled` has seen that all of them came)."""
    with psycopg.connect(area.database.url) as connection:
        untold = connection.execute(_UNTOLD).fetchall()
        twice = connection.execute(_TOLD_TWICE).fetchall()
    assert not untold, f"proposed and not told: {_few(untold)}"
    assert not twice, f"told under two numbers: {_few(twice)}"
    seen = 0
    for number in area.receiver.numbers:
        assert number <= seen + 1, f"{number} was told before {seen + 1}"
        seen = max(seen, number)


def _timeless(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return (*row[:-1], _VERSION.sub("", _INSTANT.sub(_early, row[-1])))


def _early(found: re.Match[str]) -> str:
    instant = datetime.fromisoformat(found[0])
    return "now" if instant > _LATE else found[0]


def _few(things: Iterable[Any]) -> str:
    return "\n  ".join(str(one) for one in sorted(things)[:3])
