"""Finds resources: one page in one query, of what an organisation may read.

Pages follow each other by key (the sort keys of the last row), so the thousandth is read as fast as
the first, and a resource is neither skipped nor shown twice because others change meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from registry.store.conditions import Binder, Condition
from registry.store.transaction import Connection

# Types that are about nobody: every caller may read them.
PUBLIC_TYPES = frozenset({"Organization"})
# Kept apart from other resources, for it is never changed.
AUDIT = "AuditEvent"


@dataclass(frozen=True, slots=True)
class SortKey:
    """One key of the order: an SQL expression that is never null, its SQL type, its direction."""

    expression: str
    sql_type: str
    descending: bool = False


BY_CHANGE = SortKey("{moment}", "timestamptz")
BY_ID = SortKey("{id}", "text")


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the order: the keys of a row (the last is its id), and which way to go on."""

    keys: tuple[str, ...]
    backwards: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """One row: type, id, stored JSON text, its keys in the order of the search, the person it is
    about and who may see it."""

    resource_type: str
    resource_id: str
    content: str
    keys: tuple[str, ...]
    person: str | None
    audience: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A search: of a type, by conditions, in an order."""

    resource_type: str
    conditions: tuple[Condition, ...] = ()
    order: tuple[SortKey, ...] = (BY_CHANGE, BY_ID)


def told(organisation: str) -> str:
    """Takes the placeholder of an organisation; returns the condition that it may see the audit
    event `r`: its own act, or an act on what it may see of a case it is involved with. The role is
    the connection's (`as_reader`)."""
    return (
        f"(r.organisation = {organisation} OR (current_setting('app.role', true) = ANY (r.roles)"
        " AND (SELECT may_read(i.is_party, i.organisation, r.audience) FROM involvement AS i"
        f" WHERE i.person = r.person AND i.organisation = {organisation})))"
    )


async def page(
    connection: Connection,
    wanted: Wanted,
    organisation: str | None,
    size: int,
    position: Position | None = None,
) -> tuple[list[Found], bool]:
    """Takes a search, the caller's organisation, how many rows, and after (or before) which
    position; returns them in order, and whether there are more beyond."""
    binder = Binder()
    is_backwards = position is not None and position.backwards
    conditions = list(wanted.conditions)
    if position is not None:
        conditions.append(_beyond(wanted.order, position))
    source = _source(wanted.resource_type, organisation, conditions, binder, is_shown=True)
    keys = ", ".join(f"({key.expression})::text" for key in wanted.order)
    order = ", ".join(
        f"{key.expression} {'DESC' if key.descending != is_backwards else 'ASC'}"
        for key in wanted.order
    )
    limit = binder.bind(size + 1)
    asked = (
        f"SELECT r.id, r.content, r.person, r.audience, {keys} {source}"
        f" ORDER BY {order} LIMIT {limit}"
    )
    rows = await _run(connection, asked, wanted.resource_type, binder)
    found = [_found((wanted.resource_type, *row)) for row in rows[:size]]
    return (found[::-1] if is_backwards else found), len(rows) > size


async def count(connection: Connection, wanted: Wanted, organisation: str | None) -> int:
    """Takes a search and the caller's organisation; returns how many resources match."""
    binder = Binder()
    source = _source(wanted.resource_type, organisation, wanted.conditions, binder, is_shown=False)
    rows = await _run(connection, f"SELECT count(*) {source}", wanted.resource_type, binder)
    return int(rows[0][0])


async def by_id(
    connection: Connection, keys: Sequence[tuple[str, str]], organisation: str | None
) -> list[Found]:
    """Takes pairs of type and id; returns the resources among them that the organisation may
    read, in the order of the pairs."""
    rows = await connection.execute(
        "SELECT r.type, r.id, r.content, r.person, r.audience"
        " FROM unnest(%(types)s::text[], %(ids)s::text[]) WITH ORDINALITY AS k (type, id, place)"
        " JOIN resource AS r ON r.type = k.type AND r.id = k.id"
        # Asked for each by its key: EXISTS may be answered from all that the organisation reads.
        " WHERE r.type = ANY(%(public)s) OR (SELECT true FROM readable AS v"
        " WHERE v.organisation = %(organisation)s AND v.type = r.type AND v.id = r.id)"
        " ORDER BY k.place",
        {
            "types": [key[0] for key in keys],
            "ids": [key[1] for key in keys],
            "public": list(PUBLIC_TYPES),
            "organisation": organisation,
        },
    )
    return [_found(row) for row in await rows.fetchall()]


def _found(row: tuple[Any, ...]) -> Found:
    resource_type, resource_id, content, person, audience, *keys = row
    seen_by = None if audience is None else tuple(audience)
    return Found(resource_type, resource_id, content, tuple(keys), person, seen_by)


def _source(
    resource_type: str,
    organisation: str | None,
    conditions: Sequence[Condition],
    binder: Binder,
    *,
    is_shown: bool,
) -> str:
    """FROM and WHERE: the resources of the type that the organisation may read; with the resource
    itself where it is shown, or a condition looks at it."""
    tests = [condition(binder) for condition in conditions]
    if resource_type == AUDIT:
        source, reach = "FROM audit_resource AS r", [told(binder.bind(organisation))]
    elif resource_type in PUBLIC_TYPES:
        source, reach = "FROM resource AS r", ["r.type = %(type)s"]
    else:
        source = "FROM readable AS v"
        reach = [f"v.organisation = {binder.bind(organisation)}", "v.type = %(type)s"]
        if is_shown or any("r." in test for test in tests):
            source += " JOIN resource AS r ON r.type = v.type AND r.id = v.id"
    return f"{source} WHERE {' AND '.join([*reach, *tests])}"


async def _run(
    connection: Connection, asked: str, resource_type: str, binder: Binder
) -> list[tuple[Any, ...]]:
    # Both columns of one table, so that one index answers for filter and order alike.
    table = "r" if resource_type in PUBLIC_TYPES or resource_type == AUDIT else "v"
    text = asked.replace("{moment}", f"{table}.updated_at").replace("{id}", f"{table}.id")
    rows = await connection.execute(text.encode(), {**binder.values, "type": resource_type})
    return await rows.fetchall()


def _beyond(order: Sequence[SortKey], position: Position) -> Condition:
    """Beyond a position in lexicographic order; by one row comparison where all keys run the same
    way, which an index can answer."""

    def condition(binder: Binder) -> str:
        places = [
            f"{binder.bind(value)}::{key.sql_type}"
            for key, value in zip(order, position.keys, strict=True)
        ]
        if len({key.descending for key in order}) == 1:
            sign = "<" if order[0].descending != position.backwards else ">"
            names = ", ".join(key.expression for key in order)
            return f"({names}) {sign} ({', '.join(places)})"
        steps: list[str] = []
        for at, key in enumerate(order):
            sign = "<" if key.descending != position.backwards else ">"
            same = [f"{order[i].expression} = {places[i]}" for i in range(at)]
            steps.append(" AND ".join([*same, f"{key.expression} {sign} {places[at]}"]))
        return "(" + " OR ".join(f"({step})" for step in steps) + ")"

    return condition
