"""The standbys that reads may be answered from: there, of our cluster, and near enough."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping

import psycopg

from lfd.doctor.databases import SECONDS
from lfd.doctor.finding import Finding, fail, ok, warn
from registry.replicas.position import FLUSHED, REPLAYED

_PRIMARY = f"SELECT {FLUSHED}, (pg_control_system()).system_identifier"
_STANDBY = f"SELECT {REPLAYED}, (pg_control_system()).system_identifier"
_LOOK_EVERY = 0.1
_AWAY = "Its clients read from the others, or from the primary; look at the server and its log"


def examine(primary: str, servers: Mapping[str, str], most_lag: float) -> Iterator[Finding]:
    """Takes the connection string of the registry, those of the servers of `--read-database` by
    their names, and how many seconds a standby may be behind; gives what was found of each. Says
    nothing where the registry's own database is away: that is found elsewhere."""
    try:
        with psycopg.connect(primary, connect_timeout=SECONDS) as connection:
            row = connection.execute(_PRIMARY).fetchone()
    except psycopg.Error:
        return
    assert row is not None
    position, system = row
    for name, server in servers.items():
        try:
            with psycopg.connect(server, autocommit=True, connect_timeout=SECONDS) as connection:
                yield _judged(connection, f"standby {name}", position, system, most_lag)
        except psycopg.Error as error:
            # Its own words may repeat the string, and a password with it.
            yield warn(f"standby {name}", f"it cannot be asked ({type(error).__name__})", _AWAY)


def _judged(
    connection: psycopg.Connection[tuple[int | None, int]],
    check: str,
    position: int,
    system: int,
    most_lag: float,
) -> Finding:
    until = time.monotonic() + most_lag
    while True:
        row = connection.execute(_STANDBY).fetchone()
        assert row is not None
        replayed, own_system = row
        if own_system != system:
            advice = "Look at --read-database: its servers have to follow the one of --database"
            return fail(check, "it belongs to another cluster: nothing is read from it", advice)
        if replayed is None:
            return ok(check, "it is the primary now, and answers as such")
        if replayed >= position:
            return ok(check, "it follows the primary")
        if time.monotonic() > until:
            found = f"it has not in {most_lag:g} s what the primary had: nothing is read from it"
            return warn(check, found, "Look at its disk, its network, and long queries on it")
        time.sleep(_LOOK_EVERY)
