"""What writes were answered, by client and request id: the same request twice is done once."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from psycopg.types.json import Jsonb

from registry.store.transaction import Connection

_CLAIM = """
    INSERT INTO answered_request (client, request_id, fingerprint) VALUES (%s, %s, %s)
    ON CONFLICT DO NOTHING
"""
_READ = """
    SELECT fingerprint, status, headers, body FROM answered_request
    WHERE client = %s AND request_id = %s
"""
_KEEP = """
    UPDATE answered_request SET status = %s, headers = %s, body = %s
    WHERE client = %s AND request_id = %s
"""
# A few at a time: no request should wait for a day's worth.
_FORGET = """
    DELETE FROM answered_request WHERE (client, request_id) IN (
        SELECT client, request_id FROM answered_request
        WHERE answered_at < now() - interval '1 day'
        ORDER BY answered_at LIMIT 20 FOR UPDATE SKIP LOCKED)
"""


class OtherRequest(Exception):
    """The request id was used before, for something else."""


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer as it was given: HTTP status, headers and body."""

    status: int
    headers: dict[str, str]
    body: bytes


async def claim(
    connection: Connection, client: str, request_id: UUID, fingerprint: bytes
) -> Answered | None:
    """Takes a client, its request id and a hash of the request; returns what that was answered, or
    None where it is new, and then holds the id until the transaction ends. OtherRequest: the id
    stands for another request."""
    await connection.execute(_FORGET)
    claimed = await connection.execute(_CLAIM, (client, request_id, fingerprint))
    if claimed.rowcount == 1:
        return None
    row = await (await connection.execute(_READ, (client, request_id))).fetchone()
    assert row is not None
    if bytes(row[0]) != fingerprint:
        raise OtherRequest
    return Answered(row[1], row[2], bytes(row[3]))


async def keep(connection: Connection, client: str, request_id: UUID, answer: Answered) -> None:
    """Takes a claimed request id and its answer; keeps it, in the transaction that did the
    work."""
    headers = Jsonb(answer.headers)
    await connection.execute(_KEEP, (answer.status, headers, answer.body, client, request_id))
