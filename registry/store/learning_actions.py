"""Keeps what an organisation did about what it learnt, as people record it, and reads it back."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from registry.returns.learning_action import LearningAction, RecordedAction
from registry.returns.periods import Quarter
from registry.returns.reviewed_death import Action
from registry.store.transaction import Connection

LONGEST = 2000

_ADD = """
    INSERT INTO learning_action (organisation, id, since, quarter, words, is_taken, impact,
        is_cleared, is_withdrawn, client, signed_in)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_NEWEST = """
    SELECT quarter, words, is_taken, impact, is_cleared FROM learning_action
    WHERE organisation = %s AND id = %s ORDER BY since DESC LIMIT 1
"""
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 14))"
_OF_ORGANISATION = """
    SELECT id, since, quarter, words, is_taken, impact, is_cleared, is_withdrawn
    FROM learning_action WHERE organisation = %s ORDER BY id, since
"""


class ActionRefused(Exception):
    """The action cannot be recorded; str() says why, and never repeats the words."""


@dataclass(frozen=True, slots=True)
class By:
    """Who does something on returns: the organisation (ODS code), through which client, and the
    person who signed in (None: a system)."""

    organisation: str
    client: str
    person: str | None = None


async def record(
    connection: Connection,
    by: By,
    quarter: Quarter,
    action: Action,
    now: datetime,
    action_id: str | None = None,
) -> str:
    """Takes who records it, the quarter whose deaths it was learnt from, the action, the time, and
    the id of the action that this is a change of (None: it is new); keeps it and returns its id.
    ActionRefused: it has no words or too many, or there is no such action of this quarter."""
    _refuse_words(action)
    if action_id is not None:
        kept = await _newest(connection, by, action_id)
        if kept is None or kept[0] != str(quarter):
            raise ActionRefused("There is no such action for this quarter.")
    chosen = action_id or str(uuid4())
    await _add(connection, by, quarter, action, now, chosen, is_withdrawn=False)
    return chosen


async def withdraw(connection: Connection, by: By, action_id: str, now: datetime) -> None:
    """Takes who withdraws it, the id of an action, and the time; from now on it is in no return.
    ActionRefused: there is no such action."""
    kept = await _newest(connection, by, action_id)
    if kept is None:
        raise ActionRefused("There is no such action.")
    quarter, words, is_taken, impact, is_cleared = kept
    action = Action(words, is_taken, impact, is_cleared)
    await _add(connection, by, Quarter.parse(quarter), action, now, action_id, is_withdrawn=True)


async def actions(connection: Connection, organisation: str) -> tuple[LearningAction, ...]:
    """Takes an organisation (ODS code); returns its actions, as they were ever recorded."""
    rows = await connection.execute(_OF_ORGANISATION, (organisation,))
    recorded: dict[tuple[str, str], list[RecordedAction]] = defaultdict(list)
    for (
        action_id,
        since,
        quarter,
        words,
        is_taken,
        impact,
        is_cleared,
        is_withdrawn,
    ) in await rows.fetchall():
        action = None if is_withdrawn else Action(words, is_taken, impact, is_cleared)
        recorded[action_id, quarter].append(RecordedAction(since, action))
    return tuple(
        LearningAction(action_id, Quarter.parse(quarter), tuple(states))
        for (action_id, quarter), states in recorded.items()
    )


def _refuse_words(action: Action) -> None:
    if not action.text.strip():
        raise ActionRefused("Say in words what was or will be done.")
    if max(len(action.text), len(action.impact or "")) > LONGEST:
        raise ActionRefused(f"The words of an action are {LONGEST} characters at most.")
    if action.impact is not None and not action.is_taken:
        raise ActionRefused("Only an action that was taken has an impact.")


async def _newest(
    connection: Connection, by: By, action_id: str
) -> tuple[str, str, bool, str | None, bool] | None:
    """Two who change an action at once take turns, so each change has a moment of its own."""
    await connection.execute(_LOCK, (f"{by.organisation} {action_id}",))
    rows = await connection.execute(_NEWEST, (by.organisation, action_id))
    return await rows.fetchone()


async def _add(
    connection: Connection,
    by: By,
    quarter: Quarter,
    action: Action,
    now: datetime,
    action_id: str,
    *,
    is_withdrawn: bool,
) -> None:
    impact = (action.impact or "").strip() or None
    said = (action.text.strip(), action.is_taken, impact, action.is_cleared, is_withdrawn)
    await connection.execute(
        _ADD, (by.organisation, action_id, now, str(quarter), *said, by.client, by.person)
    )
