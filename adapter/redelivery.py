"""Messages that the registry had and has no more: it was restored to an earlier point in time.

They are converted and delivered once more. What the registry still has of them changes nothing
there, so `since` may be earlier than need be.
"""

from __future__ import annotations

from datetime import datetime
from typing import LiteralString

from psycopg import Connection
from psycopg.rows import TupleRow

ROWS = 1000

_NOW: LiteralString = "SELECT clock_timestamp()"
# `until` keeps out those that were delivered again in the meantime.
_AGAIN: LiteralString = """
    UPDATE adapter.inbox SET state = 'received', state_since = clock_timestamp()
    WHERE id IN (
        SELECT id FROM adapter.inbox
        WHERE state = 'delivered' AND state_since >= %s AND state_since < %s AND id > %s
        ORDER BY id LIMIT %s FOR UPDATE
    )
    RETURNING id
"""


def again(connection: Connection[TupleRow], since: datetime) -> int:
    """Takes a connection outside any transaction and an instant; has all that was delivered from
    then on processed and delivered again by the adapter, running or started later. Returns how many
    messages that is. Commits piece by piece; interrupted, it is run again with the same instant.
    """
    row = connection.execute(_NOW).fetchone()
    connection.commit()
    assert row is not None
    until: datetime = row[0]
    count = last = 0
    while True:
        with connection.transaction():
            found = connection.execute(_AGAIN, [since, until, last, ROWS]).fetchall()
        ids: list[int] = [one[0] for one in found]
        if not ids:
            return count
        count += len(ids)
        last = max(ids)
