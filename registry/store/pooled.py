"""Connections out of the pool: asked whether they still work only after they have rested."""

from __future__ import annotations

import asyncio
import time
from typing import Any
from weakref import WeakKeyDictionary

from psycopg import AsyncConnection, OperationalError
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from registry.store.transaction import Connection

# A server that restarts takes longer than this to be back, and asking costs as much as a read.
FRESH_SECONDS = 1.0

# The pool itself doubles its pauses: a primary that was away for 20 seconds would stay away for as
# long again.
AGAIN_SECONDS = 0.25
PATIENCE_SECONDS = 10.0


class Persistent(AsyncConnection[TupleRow]):
    """A pool's connection: while nobody takes it, it tries again soon, and not ever later."""

    @classmethod
    async def connect(cls, conninfo: str = "", **options: Any) -> Connection:  # pyright: ignore[reportIncompatibleMethodOverride] (psycopg's options go on as they come)
        """As psycopg's; raises OperationalError when nobody took it for PATIENCE_SECONDS."""
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return await super().connect(conninfo, **options)
            except OperationalError:
                if time.monotonic() > until:
                    raise
            await asyncio.sleep(AGAIN_SECONDS)


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
