"""The resources that are exported: a few deaths as the registry writes them, and copies of them."""

from __future__ import annotations

import psycopg

from benchmarks.audit.people import BOARD as BOARD
from benchmarks.audit.people import fill

# Copies differ in their ids alone, which are 32 hexadecimal digits.
_PEOPLE = """
    INSERT INTO person (id, cluster, key_system, key_value)
    SELECT md5(p.id || n), p.cluster, p.key_system, p.key_value || '-' || n
    FROM person AS p, generate_series(1, %(copies)s) AS n
"""
_INVOLVED = """
    INSERT INTO involvement (person, organisation, reasons, is_party)
    SELECT md5(i.person || n), i.organisation, i.reasons, i.is_party
    FROM involvement AS i JOIN person AS p ON p.id = i.person, generate_series(1, %(copies)s) AS n
    WHERE p.key_value NOT LIKE '%%-%%'
"""
_RESOURCES = """
    INSERT INTO resource (type, id, version, updated_at, person, status, owner, content, due,
        code_system, business_status, necessity)
    SELECT r.type, md5(r.id || n), r.version, r.updated_at, md5(r.person || n), r.status, r.owner,
        replace(replace(r.content, r.id, md5(r.id || n)), r.person, md5(r.person || n)),
        r.due, r.code_system, r.business_status, r.necessity
    FROM resource AS r JOIN person AS p ON p.id = r.person, generate_series(1, %(copies)s) AS n
    WHERE p.key_value NOT LIKE '%%-%%' AND r.audience IS NULL
"""
_HELD = "SELECT count(*) FROM resource WHERE person IS NOT NULL"
_SEED = 100


async def copies(url: str, resources: int) -> None:
    """Takes a registry's database and a number; has it hold about so many resources."""
    await fill(url, _SEED)
    with psycopg.connect(url, options="-c search_path=registry") as connection:
        row = connection.execute(_HELD).fetchone()
        assert row is not None
        values = {"copies": max(0, resources // row[0] - 1)}
        for statement in (_PEOPLE, _INVOLVED, _RESOURCES):
            connection.execute(statement, values)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ANALYZE")
