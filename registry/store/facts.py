"""Facts and decisions: added, and found by the organisations they name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from registry.core import statement as statements
from registry.core.decision import Decision
from registry.core.statement import Identifier, Statement
from registry.store.transaction import Connection

_TAKE = "SELECT * FROM take_statement(%s, %s, %s, %s, %s, %s, %s::text::jsonb)"
_TAKE_EACH = """
    SELECT cluster, is_added, is_known, stated FROM take_statements(%s::text::jsonb) ORDER BY place
"""


@dataclass(frozen=True, slots=True)
class KeyedDecision:
    """A decision with the identifier that keyed the person when it was made."""

    key: Identifier
    decision: Decision


@dataclass(frozen=True, slots=True)
class Taken:
    """A statement taken in: its cluster, locked until the transaction ends; whether it was new; and
    where it was, all that is stated of the cluster, in no order that means anything. `is_known`:
    anything was ever shown of its persons, or a concern raised."""

    cluster: int
    is_new: bool
    is_known: bool
    statements: list[Statement]


async def take(connection: Connection, statement: Statement) -> Taken:
    """Takes a statement; keeps it, with the cluster of its identifiers made or joined as needed."""
    given = _given(statement) | {"content": statements.to_json(statement).decode()}
    row = await (await connection.execute(_TAKE, list(given.values()))).fetchone()
    assert row is not None
    return _taken(*row)


async def take_each(connection: Connection, stated: Sequence[Statement]) -> list[Taken]:
    """Takes statements; keeps them one after the other, as `take` does, and returns them in the
    same order. What is said of a cluster is what was known when its statement was taken: a later
    one may have joined it to another."""
    given = orjson.dumps(
        [_given(one) | {"content": orjson.Fragment(statements.to_json(one))} for one in stated]
    )
    rows = await connection.execute(_TAKE_EACH, (given.decode(),))
    return [_taken(*row) for row in await rows.fetchall()]


def _given(statement: Statement) -> dict[str, object]:
    """What the database keeps beside the statement itself, in the order of its function."""
    named = sorted(set(statement.named))
    return {
        "systems": [i.system for i in named],
        "identifiers": [i.value for i in named],
        "source": statement.source,
        "practice": statement.practice,
        "content_hash": statement.content_hash,
        "control_order": statements.control_order(statement.control_id),
    }


def _taken(cluster: int, is_new: bool, is_known: bool, stated: list[str] | None) -> Taken:
    return Taken(cluster, is_new, is_known, [statements.from_json(one) for one in stated or ()])


async def statements_of(connection: Connection, cluster: int) -> list[Statement]:
    """Takes a cluster; returns all its statements, in no order that means anything."""
    rows = await connection.execute(
        "SELECT content::text FROM statement WHERE cluster = %s", (cluster,)
    )
    return [statements.from_json(row[0]) for row in await rows.fetchall()]


async def clusters_mentioning(connection: Connection, codes: list[str]) -> list[int]:
    """Takes ODS codes; returns the clusters of which something is shown and whose statements name
    one of them, or whose persons one of them is involved with."""
    shown = "EXISTS (SELECT FROM person AS p WHERE p.cluster = s.cluster)"
    # By no key: one organisation is named by millions of statements, another by none.
    await connection.execute("SET LOCAL plan_cache_mode = auto")
    rows = await connection.execute(
        f"SELECT cluster FROM statement AS s WHERE source = ANY(%(codes)s) AND {shown}"
        f" UNION SELECT cluster FROM statement AS s WHERE practice = ANY(%(codes)s) AND {shown}"
        " UNION SELECT p.cluster FROM involvement AS i JOIN person AS p ON p.id = i.person"
        " WHERE i.organisation = ANY(%(codes)s) ORDER BY cluster",
        {"codes": codes},
    )
    return [row[0] for row in await rows.fetchall()]


async def mark_stale(connection: Connection, codes: list[str]) -> None:
    """Takes ODS codes whose rules or alarms changed; marks whose state may depend on them, for the
    clock to recompute."""
    # A mark that is there already is locked all the same: a recomputation must not take it away
    # before what it stands for can be seen.
    await connection.execute(
        "INSERT INTO stale_cluster (cluster) SELECT unnest(%s::bigint[]) ORDER BY 1"
        " ON CONFLICT (cluster) DO UPDATE SET cluster = excluded.cluster",
        (await clusters_mentioning(connection, codes),),
    )
