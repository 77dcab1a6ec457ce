"""`lfd keys`: the keys that sign access tokens, changed while registries run."""

from __future__ import annotations

import time
from argparse import Namespace
from datetime import datetime
from typing import Any

from psycopg import Connection

from lfd.failure import Failure
from lfd.place import database
from nhs.london_time import LONDON
from registry import database as registry_database
from registry.access import signing_key_rotation as rotation
from registry.access.signing_key_rotation import RotationError


def run(chosen: Namespace) -> int:
    """Takes the action and its arguments; does it."""
    actions = {"list": _list, "rotate": _rotate, "retire": _retire}
    with database(chosen) as url:
        registry_database.prepare(url)
        with registry_database.connect(url) as connection:
            try:
                actions[chosen.action](connection, chosen)
            except RotationError as error:
                raise Failure(f"the signing keys stay as they were: {error}") from error
    return 0


def _list(connection: Connection[Any], _: Namespace) -> None:
    for one in rotation.listing(connection, time.time()):
        until = "" if one.ends is None else f", accepted until {_written(one.ends)}"
        print(f"{one.key.kid}  {one.state}  signs from {_written(one.key.signs_from)}{until}")


def _rotate(connection: Connection[Any], _: Namespace) -> None:
    key = rotation.rotate(connection, time.time())
    print(f"{key.kid} is published now and signs from {_written(key.signs_from)}")


def _retire(connection: Connection[Any], chosen: Namespace) -> None:
    instead = rotation.retire(connection, chosen.kid, time.time())
    print(f"{chosen.kid} is erased; running registries refuse it within a minute")
    if instead is not None:
        print(f"{instead.kid} signs from now on")


def _written(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, LONDON):%Y-%m-%d %H:%M:%S %Z}"
