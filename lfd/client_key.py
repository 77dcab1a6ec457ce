"""`lfd client key`: the keys of one client, changed without downtime."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from psycopg import Connection

from lfd.client import key_source
from lfd.failure import Failure
from lfd.place import database
from registry import database as registry_database
from registry.access import client_keys
from registry.access.client_error import ClientError


def run(chosen: Namespace) -> int:
    """Takes the action, the client and its key; does it."""
    actions = {"list": _list, "add": _add, "remove": _remove}
    with database(chosen) as url:
        registry_database.prepare(url)
        with registry_database.connect(url) as connection:
            try:
                actions[chosen.action](connection, chosen)
            except ClientError as error:
                raise Failure(f"the keys of {chosen.id} stay as they were: {error}") from error
    return 0


def _list(connection: Connection[Any], chosen: Namespace) -> None:
    for key in client_keys.listing(connection, chosen.id):
        named = "named by the client" if key.is_named else "under any name"
        print(f"{key.kid}  {key.kind}  {named}  added {key.added_at:%Y-%m-%d %H:%M %Z}")


def _add(connection: Connection[Any], chosen: Namespace) -> None:
    if chosen.kid is not None and chosen.jwks is not None:
        raise Failure("--kid goes with --public-key: the keys of a set have their kid in it")
    keys = key_source(chosen, chosen.kid).keys
    client_keys.add(connection, chosen.id, keys)
    print(f"{chosen.id} may also sign with {len(keys)} more")


def _remove(connection: Connection[Any], chosen: Namespace) -> None:
    client_keys.remove(connection, chosen.id, chosen.kid)
    print(f"{chosen.id} gets no token with {chosen.kid} any more")
