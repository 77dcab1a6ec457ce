"""A feed as the adapter's database holds it: messages that wait, and how many came."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from itertools import count

import psycopg

from tests.adapter.conftest import adt

NAME = "<script>alert(1)</script>^Robin"
REASON = ("101", "PID[1]-3", "PID-3 is empty.")
NUMBERS = count(1)


def keep(database: str, prefix: str, organisation: str = "RT1", **more: str) -> int:
    """Puts a message into quarantine, like no other of the module; returns its id."""
    control_id = f"{prefix}{next(NUMBERS)}"
    name = more.pop("name", NAME)
    raw = adt(control_id, organisation, **more) + f"NK1|1|{name}\r".encode()
    with psycopg.connect(database) as connection:
        row = connection.execute(
            "INSERT INTO adapter.inbox (organisation, control_id, trigger, sha256, raw, state,"
            " reason_code, reason_location, reason_text)"
            " VALUES (%s, %s, 'A03', %s, %s, 'quarantined', %s, %s, %s) RETURNING id",
            [organisation, control_id, hashlib.sha256(raw).digest(), raw, *REASON],
        ).fetchone()
    assert row is not None
    return int(row[0])


def fill_traffic(database: str) -> None:
    """RT1 sent every hour for five weeks, until five hours ago; its site only lately."""
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    with psycopg.connect(database) as connection, connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO adapter.traffic VALUES (%s, %s, %s, %s, %s)",
            [("RT1", now - timedelta(hours=n), "AA", 5 + n % 7, now - timedelta(minutes=60 * n - 9))
             for n in range(6, 5 * 168)]
            + [("RT1", now - timedelta(hours=9), "AE", 2, now - timedelta(hours=9)),
               ("RT101", now, "AA", 1, now)],
        )  # fmt: skip
        cursor.execute(
            "INSERT INTO adapter.refused (sender, organisation, control_id, trigger, sha256, size)"
            " VALUES ('another-supplier', 'RT1', 'x', 'A03', sha256('x'), 400)"
        )
