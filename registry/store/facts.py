"""Facts and decisions: added, and read back whole for one cluster."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from registry.core import statement as statements
from registry.core.reviews import Decision, Route
from registry.core.statement import Identifier, Statement
from registry.store.transaction import Connection

# The greatest control id is kept, so that neither the order nor the number of repetitions matters.
_ADD_STATEMENT = """
    INSERT INTO statement (cluster, source, practice, content_hash, control_order, content)
    VALUES (%s, %s, %s, %s, %s, %s::text::jsonb)
    ON CONFLICT (source, content_hash) DO UPDATE
    SET control_order = excluded.control_order, content = excluded.content
    WHERE statement.control_order < excluded.control_order
"""


@dataclass(frozen=True, slots=True)
class KeyedDecision:
    """A decision with the identifier that keyed the person when it was made."""

    key: Identifier
    decision: Decision


async def add_statement(connection: Connection, cluster: int, statement: Statement) -> bool:
    """Takes a locked cluster and a statement; returns False when it was known already."""
    added = await connection.execute(
        _ADD_STATEMENT,
        (
            cluster,
            statement.source,
            statement.practice,
            statement.content_hash,
            statements.control_order(statement.control_id),
            statements.to_json(statement).decode(),
        ),
    )
    return added.rowcount > 0


async def statements_of(connection: Connection, cluster: int) -> tuple[list[Statement], bool]:
    """Takes a cluster; returns all its statements, in no order that means anything, and whether
    anything was ever shown of its persons."""
    rows = await connection.execute(
        "SELECT content::text, EXISTS (SELECT FROM person WHERE cluster = %(cluster)s)"
        " FROM statement WHERE cluster = %(cluster)s",
        {"cluster": cluster},
    )
    found = await rows.fetchall()
    return [statements.from_json(row[0]) for row in found], any(row[1] for row in found)


async def clusters_mentioning(connection: Connection, codes: list[str]) -> list[int]:
    """Takes ODS codes; returns the clusters whose statements name one of them, or whose persons
    one of them is involved with."""
    rows = await connection.execute(
        "SELECT cluster FROM statement WHERE source = ANY(%(codes)s)"
        " UNION SELECT cluster FROM statement WHERE practice = ANY(%(codes)s)"
        " UNION SELECT p.cluster FROM involvement AS i JOIN person AS p ON p.id = i.person"
        " WHERE i.organisation = ANY(%(codes)s) ORDER BY cluster",
        {"codes": codes},
    )
    return [row[0] for row in await rows.fetchall()]


async def add_decision(
    connection: Connection, cluster: int, keyed: KeyedDecision, client: str
) -> None:
    """Takes a locked cluster, a decision and the API client that sent it; keeps it for good."""
    decision = keyed.decision
    await connection.execute(
        "INSERT INTO decision (cluster, key_system, key_value, route, step, organisation, client,"
        " at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
        (
            cluster,
            *keyed.key,
            decision.route,
            decision.step,
            decision.organisation,
            client,
            decision.at,
        ),
    )


async def decisions_of(connection: Connection, cluster: int) -> list[KeyedDecision]:
    """Takes a cluster; returns all decisions on its persons' reviews."""
    rows = await connection.execute(
        "SELECT key_system, key_value, route, step, organisation, at FROM decision"
        " WHERE cluster = %s",
        (cluster,),
    )
    return [_decision(*row) for row in await rows.fetchall()]


def _decision(
    system: str, value: str, route: str, step: str, organisation: str, at: datetime
) -> KeyedDecision:
    return KeyedDecision(Identifier(system, value), Decision(Route(route), step, organisation, at))
