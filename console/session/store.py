"""Sessions in the database, which all processes share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, LiteralString

from psycopg.types.json import Jsonb

from console.session.session import Session, SignedIn, digest, new_secret
from console.settings import SessionTerms
from console.sign_in.admission import Place
from registry.access.organisation_roles import TYPES_OF_ROLE
from registry.store.transaction import Connection

BEGIN: LiteralString = """
    INSERT INTO session (id_hash, person, name, places, id_token, organisation, role, job,
                         started_at, last_used_at)
    VALUES (%(id)s, %(person)s, %(name)s, %(places)s, %(id_token)s, %(organisation)s, %(role)s,
            %(job)s, %(started)s, %(now)s)
"""
# One statement, so that a session can't end between the question and the answer. The clocks of two
# processes may differ: the later use stands.
USE: LiteralString = """
    UPDATE session SET last_used_at = greatest(last_used_at, %(now)s)
     WHERE id_hash = %(id)s AND last_used_at > %(idle_since)s AND started_at > %(begun_since)s
    RETURNING person, name, places, id_token, session.organisation, role, job, started_at,
              (SELECT o.name FROM organisation o WHERE o.ods = session.organisation),
              (SELECT o.type FROM organisation o WHERE o.ods = session.organisation)
"""
LOOK: LiteralString = """
    SELECT person, name, places, id_token, session.organisation, role, job, started_at,
           (SELECT o.name FROM organisation o WHERE o.ods = session.organisation),
           (SELECT o.type FROM organisation o WHERE o.ods = session.organisation)
      FROM session
     WHERE id_hash = %(id)s AND last_used_at > %(idle_since)s AND started_at > %(begun_since)s
"""
# A few at a time, passing over what another process is removing: no waiting, no deadlock.
FORGET: LiteralString = """
    DELETE FROM session WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM session WHERE last_used_at <= %(idle_since)s
        ORDER BY last_used_at LIMIT 100 FOR UPDATE SKIP LOCKED))
"""


async def begin(connection: Connection, who: SignedIn, place: Place | None, now: datetime) -> str:
    """Takes who signed in, whom they act for (None: to be chosen) and the time; returns the secret
    of their new session."""
    return await _insert(connection, who, place, now, now)


async def use(
    connection: Connection, secret: str, now: datetime, terms: SessionTerms
) -> Session | None:
    """Takes what a cookie held and the time; returns the session, used now. None: there is none, it
    has ended, or its organisation is no longer one of the kind that its role is for."""
    return await _find(connection, USE, secret, now, terms)


async def look(
    connection: Connection, secret: str, now: datetime, terms: SessionTerms
) -> Session | None:
    """As `use`, but the session ends when it would have ended without this."""
    return await _find(connection, LOOK, secret, now, terms)


async def _find(
    connection: Connection, how: LiteralString, secret: str, now: datetime, terms: SessionTerms
) -> Session | None:
    values = {"id": digest(secret), "now": now, **_since(now, terms)}
    row = await (await connection.execute(how, values)).fetchone()
    if row is None:
        return None
    person, name, places, id_token, organisation, role, job, started, current, kind = row
    if organisation is not None and kind not in TYPES_OF_ROLE[role]:
        return None
    who = SignedIn(person, name, tuple(_place(one) for one in places), id_token)
    kept = Place(organisation, role, job) if organisation is not None else None
    # The row says which of the places was chosen; the place itself says all that it allows.
    place = kept and next((one for one in who.places if _is_same(one, kept)), kept)
    return Session(secret, who, place, current, started)


async def move(connection: Connection, session: Session, place: Place, now: datetime) -> str:
    """Takes a session and the place its person has chosen; returns the secret of the session that
    replaces it. It began when the first one did."""
    async with connection.transaction():
        await end(connection, session.secret)
        return await _insert(connection, session.who, place, session.started_at, now)


async def end(connection: Connection, secret: str) -> None:
    """Takes what a cookie held; ends the session, where there is one."""
    await connection.execute("DELETE FROM session WHERE id_hash = %s", (digest(secret),))


async def forget_ended(connection: Connection, now: datetime, terms: SessionTerms) -> None:
    """Takes the time; removes some of the sessions that have been idle too long."""
    await connection.execute(FORGET, _since(now, terms))


def _since(now: datetime, terms: SessionTerms) -> Mapping[str, datetime]:
    return {"idle_since": now - terms.idle, "begun_since": now - terms.absolute}


async def _insert(
    connection: Connection, who: SignedIn, place: Place | None, started: datetime, now: datetime
) -> str:
    secret = new_secret()
    values: dict[str, Any] = {
        "id": digest(secret),
        "person": who.person,
        "name": who.name,
        "places": Jsonb(
            [[one.organisation, one.role, one.job, one.integration] for one in who.places]
        ),
        "id_token": who.id_token,
        "organisation": place and place.organisation,
        "role": place and place.role,
        "job": place and place.job,
        "started": started,
        "now": now,
    }
    await connection.execute(BEGIN, values)
    return secret


def _place(stored: list[Any]) -> Place:
    organisation, role, job, *more = stored
    return Place(organisation, role, job, integration=more == [True])


def _is_same(one: Place, kept: Place) -> bool:
    return (one.organisation, one.role, one.job) == (kept.organisation, kept.role, kept.job)
