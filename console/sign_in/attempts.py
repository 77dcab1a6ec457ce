"""Sign-ins that were begun: what must come back, bound to the browser that began it, good once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import LiteralString

from console.session.session import digest, new_secret
from registry.store.transaction import Connection

LIFETIME = timedelta(minutes=15)

BEGIN: LiteralString = """
    INSERT INTO sign_in_attempt (state_hash, browser_hash, nonce, verifier, return_to, started_at)
    VALUES (%s, %s, %s, %s, %s, %s)
"""
FINISH: LiteralString = """
    DELETE FROM sign_in_attempt WHERE state_hash = %s AND browser_hash = %s
    RETURNING nonce, verifier, return_to, started_at
"""
FORGET: LiteralString = """
    DELETE FROM sign_in_attempt WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM sign_in_attempt WHERE started_at <= %s
        ORDER BY started_at LIMIT 100 FOR UPDATE SKIP LOCKED))
"""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One sign-in under way: `state` and `nonce` (OpenID Connect Core 1.0), the PKCE verifier (RFC
    7636), and the page to go to afterwards."""

    state: str
    nonce: str
    verifier: str
    return_to: str

    def __repr__(self) -> str:
        return "Attempt(...)"


async def begin(connection: Connection, browser: str, return_to: str, now: datetime) -> Attempt:
    """Takes the browser's secret, a safe page to return to and the time; returns a new attempt."""
    made = Attempt(new_secret(), new_secret(), new_secret(), return_to)
    values = (digest(made.state), digest(browser), made.nonce, made.verifier, return_to, now)
    await connection.execute(BEGIN, values)
    await connection.execute(FORGET, (now - LIFETIME,))
    return made


async def finish(connection: Connection, browser: str, state: str, now: datetime) -> Attempt | None:
    """Takes the browser's secret, the state that came back and the time; returns the attempt and
    uses it up. None: not begun by this browser, too long ago, or finished before."""
    row = await (await connection.execute(FINISH, (digest(state), digest(browser)))).fetchone()
    if row is None or row[3] <= now - LIFETIME:
        return None
    return Attempt(state, row[0], row[1], row[2])
