"""Connections out of the pool: asked whether they still work only after they have rested."""

from __future__ import annotations

import time
from weakref import WeakKeyDictionary

from psycopg_pool import AsyncConnectionPool

from registry.store.transaction import Connection

# A server that restarts takes longer than this to be back, and asking costs as much as a read.
FRESH_SECONDS = 1.0


class Rested:
    """When each connection of a pool was given back."""

    def __init__(self) -> None:
        self._given_back: WeakKeyDictionary[Connection, float] = WeakKeyDictionary()

    async def given_back(self, connection: Connection) -> None:
        """The pool's `reset`."""
        self._given_back[connection] = time.monotonic()

    async def check(self, connection: Connection) -> None:
        """The pool's `check`: raises OperationalError where the connection is broken."""
        since = self._given_back.get(connection)
        if since is None or time.monotonic() - since > FRESH_SECONDS:
            await AsyncConnectionPool.check_connection(connection)
