"""`--read-database` and `--read-lag-seconds`: the standbys that reads may be answered from."""

from __future__ import annotations

from argparse import Namespace

from psycopg import ProgrammingError

from lfd.failure import Failure
from registry.replicas.hosts import each_host

# A standby is looked at twice a second, so what is known of it is up to a second old.
LEAST_LAG_SECONDS = 2


def read_database(chosen: Namespace) -> str | None:
    """Takes the command's options; returns the connection string of the standbys, None where there
    are none. Failure: it cannot be read, or the lag is too short to tell."""
    text: str | None = chosen.read_database
    if text is None:
        return None
    if chosen.read_lag_seconds < LEAST_LAG_SECONDS:
        raise Failure(f"--read-lag-seconds: say {LEAST_LAG_SECONDS} or more")
    try:
        each_host(text)
    except ProgrammingError as error:
        # libpq's own words would repeat the string, and a password with it.
        text = "--read-database: no PostgreSQL connection string; like postgresql://USER@HOST/NAME"
        raise Failure(text) from error
    except ValueError as error:
        raise Failure(f"--read-database: {error}; name one port, or one for each host") from error
    return text
