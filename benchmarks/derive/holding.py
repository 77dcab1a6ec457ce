"""Fills a registry's database with living people, as if their trusts had long sent messages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from benchmarks.derive.people import TRUSTS, number
from conformance import canonical
from nhs import addresses
from registry.core import statement as statements
from registry.core.statement import Demographics, Identifier, Statement, StayStated

PRACTICE = "P81001"
DIRECTORY = (
    ("QX1", "Board One", "icb", None),
    ("RT1", "Trust One", "acute", "QX1"),
    ("RT2", "Trust Two", "acute", "QX1"),
    (PRACTICE, "Practice One", "gp", "QX1"),
)
_BEGAN = datetime(2026, 1, 1, 9, tzinfo=UTC)


def load_directory(connection: psycopg.Connection[Any]) -> None:
    """Takes a connection to the registry's schema; adds the organisations that the messages
    name."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO organisation (ods, name, type, parent) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT DO NOTHING",
            DIRECTORY,
        )
    connection.commit()


def hold(connection: psycopg.Connection[Any], first: int, last: int) -> None:
    """Takes a connection and a range of serial numbers; holds these people, each with an admission
    and a discharge home, and brings the planner's statistics up to date."""
    with connection.cursor() as cursor:
        with cursor.copy("COPY cluster (id) FROM STDIN") as copy:
            for serial in range(first, last):
                copy.write_row((serial + 1,))
        with cursor.copy("COPY identifier (system, value, cluster) FROM STDIN") as copy:
            for serial in range(first, last):
                for identifier in _identifiers(serial):
                    copy.write_row((*identifier, serial + 1))
        with cursor.copy(
            "COPY statement (cluster, source, practice, content_hash, control_order, content)"
            " FROM STDIN"
        ) as copy:
            for serial in range(first, last):
                for said in _statements(serial):
                    copy.write_row(_row(serial + 1, said))
        cursor.execute("SELECT setval(pg_get_serial_sequence('cluster', 'id'), %s)", (last + 1,))
    connection.commit()
    connection.autocommit = True
    connection.execute("VACUUM ANALYZE cluster, identifier, statement")
    connection.autocommit = False


def _identifiers(serial: int) -> tuple[Identifier, ...]:
    trust = TRUSTS[serial % len(TRUSTS)]
    local = Identifier(canonical.local_identifier(trust, trust), f"M{serial}")
    nhs = number(serial)
    return (Identifier(addresses.NHS_NUMBER, nhs), local) if nhs else (local,)


def _statements(serial: int) -> Iterator[Statement]:
    began = _BEGAN + timedelta(minutes=serial % 40_000)
    ended = began + timedelta(days=3)
    admitted = StayStated(f"V{serial}", "in-progress", "IMP", admitted=began.isoformat())
    left = StayStated(
        f"V{serial}",
        "finished",
        "IMP",
        admitted=began.isoformat(),
        discharged=ended.isoformat(),
        discharge_method="1",
        discharge_destination="19",
    )
    for trigger, at, stay in (("A01", began, admitted), ("A03", ended, left)):
        yield Statement(
            source=TRUSTS[serial % len(TRUSTS)],
            control_id=f"{trigger}{serial}",
            trigger=trigger,
            message_hash=f"urn:hash::sha256:{trigger}{serial}",
            recorded=at,
            identifiers=tuple(sorted(_identifiers(serial))),
            demographics=Demographics("EXAMPLE", (f"ADA{serial}",), "female", "1950-02-03"),
            practice=PRACTICE,
            stay=stay,
        )


def _row(cluster: int, said: Statement) -> tuple[int, str, str | None, str, str, str]:
    return (
        cluster,
        said.source,
        said.practice,
        said.content_hash,
        statements.control_order(said.control_id),
        statements.to_json(said).decode(),
    )
