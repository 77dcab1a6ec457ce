"""A running registry: pool, rules and tokens, opened and closed together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psycopg import Error
from psycopg_pool import PoolTimeout
from starlette.routing import Route

from registry import database
from registry.access import oauth_routes
from registry.access.settings import AccessSettings
from registry.access.tokens import AccessTokens
from registry.api import application
from registry.api.service import Service
from registry.core.identity import NumberPolicy
from registry.settings import RegistrySettings
from registry.store.recompute import Rules

PROBE_SECONDS = 2.0


class Registry:
    """The registry in one process. Processes share nothing but the database."""

    def __init__(self, settings: RegistrySettings) -> None:
        self._settings = settings
        self._pool = database.pool(settings.database, settings.pool_size)
        self._access = AccessSettings.at(settings.base_url)
        self.tokens = AccessTokens(self._access, self._pool)

    async def start(self) -> list[Route]:
        """Opens the pool; returns the routes to serve."""
        await self._pool.open(wait=True)
        async with self._pool.connection() as connection:
            ids = await database.resource_ids(connection)
        rules = Rules(NumberPolicy(self._settings.allow_test_numbers), ids)
        service = Service(self._pool, rules, self._access)
        return [*oauth_routes.routes(self.tokens, self._pool), *application.routes(service)]

    async def stop(self) -> None:
        """Closes the pool."""
        await self._pool.close()

    async def ready(self) -> Mapping[str, Any]:
        """Returns what has to work, each with True where it does."""
        try:
            async with self._pool.connection(timeout=PROBE_SECONDS) as connection:
                await connection.execute("SELECT FROM migration LIMIT 1")
        except (Error, PoolTimeout):
            return {"registry database": False}
        return {"registry database": True}
