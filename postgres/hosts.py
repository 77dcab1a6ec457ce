"""Connection strings that name several hosts: the nodes of a cluster, one of which takes writes."""

from __future__ import annotations

from psycopg.conninfo import conninfo_to_dict, make_conninfo

# A dead server is noticed within seconds, not after TCP's own quarter of an hour.
NOTICING = {
    "connect_timeout": "5",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "10000",
}


def of_writer(database: str) -> str:
    """Takes a libpq connection string; returns it with what leads to the node that takes writes,
    and away from one that is dead.

    What it says itself stands. Where it names several hosts and no `target_session_attrs`, that is
    `read-write`: libpq alone would take the first host that answers, a standby as well.
    Raises psycopg.ProgrammingError where it is no connection string.
    """
    said = conninfo_to_dict(database)
    if "," in f"{said.get('host', '')}{said.get('hostaddr', '')}":
        said.setdefault("target_session_attrs", "read-write")
    return make_conninfo("", **{**NOTICING, **said})
