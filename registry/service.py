"""A running registry: pool, rules and tokens, opened and closed together."""

from __future__ import annotations

from collections.abc import Collection

from psycopg import Error
from psycopg_pool import PoolTimeout
from starlette.routing import Route

from registry import database
from registry.access import oauth_routes
from registry.access.settings import AccessSettings
from registry.access.tokens import AccessTokens
from registry.api import application
from registry.api.service import Service
from registry.clock import Clock
from registry.core.explanation import Explanation
from registry.core.identity import NumberPolicy
from registry.core.statement import Identifier
from registry.settings import RegistrySettings
from registry.store import explaining, recompute, retention_setting
from registry.store.recompute import Rules
from registry.store.transaction import Pool

PROBE_SECONDS = 2.0


async def recompute_mentioning(settings: RegistrySettings, codes: Collection[str]) -> int:
    """Takes the settings and the ODS codes whose directory entry changed; brings everybody up to
    date whose state may depend on them. Returns how many records that were."""
    if not codes:
        return 0
    async with database.pool(settings.database, size=2) as pool:
        return await recompute.recompute_mentioning(pool, codes, await _rules(settings, pool))


async def explanation(settings: RegistrySettings, identifier: Identifier) -> Explanation | None:
    """Takes the settings and an identifier; returns why the registry says what it says of that
    person, None where nothing is held."""
    async with database.pool(settings.database, size=2) as pool:
        rules = await _rules(settings, pool)
        async with pool.connection() as connection:
            return await explaining.explanation(connection, identifier, rules)


async def _rules(settings: RegistrySettings, pool: Pool) -> Rules:
    async with pool.connection() as connection:
        ids = await database.resource_ids(connection)
        allowed = await database.agree_on_test_numbers(connection, settings.allow_test_numbers)
    return Rules(NumberPolicy(allowed), ids)


class Registry:
    """The registry in one process. Processes share nothing but the database."""

    def __init__(self, settings: RegistrySettings) -> None:
        self._settings = settings
        self._pool = database.pool(settings.database, settings.pool_size)
        self._access = AccessSettings.at(settings.base_url)
        self.tokens = AccessTokens(self._access, self._pool)
        self.routes: list[Route] = []
        self._clock: Clock | None = None

    async def start(self) -> None:
        """Opens the pool, and has its routes from then on."""
        await self._pool.open(wait=True)
        rules = await _rules(self._settings, self._pool)
        async with self._pool.connection() as connection:
            await retention_setting.agree(connection, self._settings.retention)
        self._clock = Clock(self._pool, rules)
        self._clock.start()
        service = Service(self._pool, rules, self._access, self._clock.soon)
        self.routes = [*oauth_routes.routes(self.tokens, self._pool), *application.routes(service)]

    async def stop(self) -> None:
        """Stops the clock and closes the pool."""
        if self._clock is not None:
            await self._clock.stop()
        await self._pool.close()

    async def ready(self) -> dict[str, bool]:
        """Returns what has to work, each with True where it does."""
        try:
            async with self._pool.connection(timeout=PROBE_SECONDS) as connection:
                await connection.execute("SELECT FROM migration LIMIT 1")
        except (Error, PoolTimeout):
            return {"registry database": False}
        return {"registry database": True}
