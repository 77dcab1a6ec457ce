"""A running registry: pool, rules and tokens, opened and closed together."""

from __future__ import annotations

import time
from collections.abc import Collection

from psycopg import Error
from psycopg_pool import PoolTimeout
from starlette.routing import Route

from registry import database
from registry.access import oauth_routes
from registry.access.issuers.tokens import IssuedElsewhere
from registry.access.jwks.fetching import JwksFetcher
from registry.access.jwks.key_sets import KeySets
from registry.access.tokens import AccessTokens
from registry.api import application
from registry.api.in_process import InProcess
from registry.api.page_tokens import PageTokens
from registry.api.service import Service
from registry.audit.recorder import Recorder
from registry.audit.tokens import TokenAudit
from registry.clock import Clock
from registry.core.explanation import Explanation
from registry.core.identity import NumberPolicy
from registry.core.statement import Identifier
from registry.limits.buckets import Buckets
from registry.limits.throttling import throttled
from registry.settings import RegistrySettings
from registry.store import explaining, recompute, retention_setting
from registry.store.reader import WRITER
from registry.store.recompute import Rules
from registry.store.transaction import Pool

PROBE_SECONDS = 2.0
# One writes the audit record, one links it.
AUDIT_CONNECTIONS = 2


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
        self._pool = database.pool(settings.database, settings.pool_size, WRITER)
        # Apart from the requests' connections, which wait for what is written here.
        self._audit_pool = database.pool(settings.database, AUDIT_CONNECTIONS, WRITER)
        self.recorder = Recorder(self._audit_pool)
        self._access = settings.access
        self._key_sets = KeySets(JwksFetcher(settings.jwks_hosts).fetch, time.monotonic)
        elsewhere = IssuedElsewhere(
            settings.issuers, self._key_sets, self._pool, self._access.fhir_url
        )
        self.tokens = AccessTokens(self._access, self._pool, elsewhere=elsewhere)
        self.routes: list[Route] = []
        self._api: InProcess | None = None
        self._clock: Clock | None = None

    async def start(self) -> None:
        """Opens the pool, and has its routes from then on."""
        await self._pool.open(wait=True)
        await self._audit_pool.open(wait=True)
        rules = await _rules(self._settings, self._pool)
        page_tokens = PageTokens()
        async with self._pool.connection() as connection:
            await retention_setting.agree(connection, self._settings.retention)
            await page_tokens.prepare(connection)
            hashing = await database.hashing(connection)
        self._clock = Clock(self._pool, rules)
        await self._clock.make_audit_partitions()
        self._clock.start()
        self.recorder.start()
        limits = self._settings.limits
        addresses = Buckets(limits.address, time.monotonic)
        service = Service(
            self._pool,
            rules,
            self._access,
            self._clock.soon,
            self.recorder,
            hashing,
            page_tokens,
            Buckets(limits.client, time.monotonic),
            addresses,
        )
        token_audit = TokenAudit(self.recorder, self._access.fhir_url)
        oauth = oauth_routes.routes(self.tokens, self._pool, self._key_sets, token_audit.keep)
        self._api = InProcess(service)
        self.routes = [
            *(
                throttled(route, addresses) if "POST" in (route.methods or ()) else route
                for route in oauth
            ),
            *application.routes(service),
        ]

    @property
    def api(self) -> InProcess:
        """The FHIR API for the pages of this process; there from the start on."""
        assert self._api is not None, "the registry is not started"
        return self._api

    async def stop(self) -> None:
        """Stops the clock and the audit record's writer, and closes the pools."""
        if self._clock is not None:
            await self._clock.stop()
        await self.recorder.stop()
        await self._audit_pool.close()
        await self._pool.close()

    async def ready(self) -> dict[str, bool]:
        """Returns what has to work, each with True where it does."""
        try:
            async with self._pool.connection(timeout=PROBE_SECONDS) as connection:
                await connection.execute("SELECT FROM migration LIMIT 1")
        except (Error, PoolTimeout):
            return {"registry database": False}
        return {"registry database": True}
