"""Fills a registry with any number of reviews to be read.

One person's rows are made by the registry itself, and copied in the database with other ids,
numbers and organisations. A copy is found, read and paged like any other. It is not recomputed: its
ids do not follow from its identifiers. Steps are taken on people whom the registry itself took in.
"""

from __future__ import annotations

from typing import Any, LiteralString

import psycopg
from psycopg import sql

from benchmarks.derive.people import valid_number

TRUSTS = 200
TEMPLATE = 0
TEMPLATE_TRUST = "RT1"
BATCH = 20_000
# Far from those that the registry gives out itself.
FIRST_CLUSTER = 1_000_000_000
# The numbers after these are for the people whom the registry takes in itself.
COPIES_WITH_NUMBERS = 800_000
_COPIED = (
    "cluster", "identifier", "statement", "person", "person_identifier", "involvement",
    "resource", "resource_version", "readable", "review_lead",
)  # fmt: skip

# A copy keeps the first 24 digits of each id and hash, and ends with its own number.
_TRUST = """
    CREATE OR REPLACE FUNCTION pg_temp.trust(n int) RETURNS text
    LANGUAGE sql IMMUTABLE AS $$ SELECT 'V' || lpad((n % {trusts})::text, 3, '0') $$
"""
_SWAPPED = """
    CREATE OR REPLACE FUNCTION pg_temp.swapped(said text, n int, nhs text) RETURNS text
    LANGUAGE sql IMMUTABLE AS $$
        SELECT replace(replace(replace(
            regexp_replace(
                said, '([0-9a-f]{{24}})[0-9a-f]{{8}}', '\\1' || lpad(to_hex(n), 8, '0'), 'g'),
            {nhs}, nhs), {local}, 'M' || n), {trust}, pg_temp.trust(n))
    $$
"""


def trust(copy: int) -> str:
    """Takes a copy's number; returns the ODS code of the trust it is of."""
    return f"V{copy % TRUSTS:03d}"


def load_directory(connection: psycopg.Connection[Any]) -> None:
    """Takes a connection to the registry's schema; adds the trusts of the copies."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO organisation (ods, name, type, parent) VALUES (%s, %s, 'acute', 'QX1')"
            " ON CONFLICT DO NOTHING",
            [(trust(one), f"Trust {one}") for one in range(TRUSTS)],
        )
    connection.commit()


def copy(connection: psycopg.Connection[Any], first: int, last: int) -> None:
    """Takes a connection and a range of copies' numbers, from 1; makes these copies of the one
    person held so far, and brings the planner's statistics up to date."""
    # Rows are copied table by table, what triggers and keys would add among them.
    connection.execute("SET session_replication_role = replica")
    connection.execute(sql.SQL(_TRUST).format(trusts=sql.Literal(TRUSTS)))
    connection.execute(
        sql.SQL(_SWAPPED).format(
            nhs=sql.Literal(valid_number(TEMPLATE)),
            local=sql.Literal(f"M{TEMPLATE}"),
            trust=sql.Literal(TEMPLATE_TRUST),
        )
    )
    connection.execute(
        "CREATE TEMP TABLE IF NOT EXISTS held (n int PRIMARY KEY, nhs text NOT NULL)"
    )
    for begin in range(first, last, BATCH):
        end = min(begin + BATCH, last)
        connection.execute("TRUNCATE held")
        with connection.cursor().copy("COPY held (n, nhs) FROM STDIN") as rows:
            for n in range(begin, end):
                rows.write_row((n, _nhs_number(n)))
        for table in _COPIED:
            connection.execute(_copying(connection, table))
        connection.commit()
    connection.execute("RESET session_replication_role")
    connection.commit()
    connection.autocommit = True
    connection.execute("VACUUM ANALYZE")
    connection.autocommit = False


def _nhs_number(copied: int) -> str:
    """Every copy has its own; past the test range, one that nobody can have."""
    return valid_number(copied) if copied < COPIES_WITH_NUMBERS else f"none{copied}"


def _copying(connection: psycopg.Connection[Any], table: str) -> sql.Composed:
    """The statement that makes the copies of a table's rows, whatever its columns are."""
    columns = connection.execute(
        "SELECT column_name, data_type FROM information_schema.columns"
        " WHERE table_schema = 'registry' AND table_name = %s AND is_generated = 'NEVER'"
        " AND NOT (is_identity = 'YES' AND table_name <> 'cluster')",
        (table,),
    ).fetchall()
    names = sql.SQL(", ").join(sql.Identifier(name) for name, _ in columns)
    values = sql.SQL(", ").join(_value(table, name, kind) for name, kind in columns)
    return sql.SQL(
        "INSERT INTO {table} ({names}) OVERRIDING SYSTEM VALUE"
        " SELECT {values} FROM {table} AS t CROSS JOIN held"
        " WHERE {of_template}"
    ).format(
        table=sql.Identifier(table),
        names=names,
        values=values,
        of_template=sql.SQL(_OF_TEMPLATE[table]),
    )


_OF_PERSON: LiteralString = "t.person = (SELECT id FROM person WHERE cluster = 1)"
_OF_TEMPLATE: dict[str, LiteralString] = {
    "cluster": "t.id = 1",
    "identifier": "t.cluster = 1",
    "statement": "t.cluster = 1",
    "person": "t.cluster = 1",
    "person_identifier": _OF_PERSON,
    "involvement": _OF_PERSON,
    "resource": _OF_PERSON,
    "readable": "EXISTS (SELECT FROM resource AS r WHERE (r.type, r.id) = (t.type, t.id)"
    " AND r.person = (SELECT id FROM person WHERE cluster = 1))",
    "resource_version": "EXISTS (SELECT FROM resource AS r WHERE (r.type, r.id) = (t.type, t.id)"
    " AND r.person = (SELECT id FROM person WHERE cluster = 1))",
    "review_lead": "EXISTS (SELECT FROM resource AS r WHERE r.id = t.review"
    " AND r.person = (SELECT id FROM person WHERE cluster = 1))",
}


def _value(table: str, name: str, kind: str) -> sql.Composable:
    column = sql.SQL("t.{}").format(sql.Identifier(name))
    if name == "cluster" or (table, name) == ("cluster", "id"):
        return sql.SQL("held.n + {}").format(sql.Literal(FIRST_CLUSTER))
    if name == "updated_at":
        return sql.SQL("{} - make_interval(secs => held.n / 100.0)").format(column)
    if kind == "jsonb":
        return sql.SQL("pg_temp.swapped({}::text, held.n, held.nhs)::jsonb").format(column)
    if kind == "text":
        return sql.SQL("pg_temp.swapped({}, held.n, held.nhs)").format(column)
    if kind == "ARRAY" and name == "audience":
        return sql.SQL("pg_temp.swapped({}::text, held.n, held.nhs)::text[]").format(column)
    return column
