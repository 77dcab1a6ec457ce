"""A running registry: pool, rules and tokens, opened and closed together."""

from __future__ import annotations

import time
from collections.abc import Collection
from contextlib import AsyncExitStack

from prometheus_client import CollectorRegistry
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
from registry.audit import operators
from registry.audit.operators import Operator
from registry.audit.recorder import Recorder
from registry.audit.tokens import TokenAudit
from registry.clock import Clock
from registry.core.explanation import Explanation
from registry.core.identity import NumberPolicy
from registry.core.statement import Identifier
from registry.export.exporter import CONNECTIONS as EXPORT_CONNECTIONS
from registry.export.exporter import Exporter, Recording
from registry.limits.buckets import Buckets
from registry.limits.throttling import throttled
from registry.measuring import Measuring
from registry.metrics import StandingMetrics
from registry.national.feed import Feed
from registry.national.mesh.mailbox import Mailbox
from registry.replicas.hosts import each_host
from registry.replicas.marks import Forgetting
from registry.replicas.metrics import ReplicaMetrics
from registry.replicas.reading import Replicas
from registry.replicas.standby import Standby
from registry.settings import RegistrySettings
from registry.store import explaining, recompute, retention_setting
from registry.store.reader import WRITER
from registry.store.recompute import Rules
from registry.store.transaction import Pool
from registry.store.watermark import Watermark
from registry.subscriptions.channel import Channel, Channels
from registry.subscriptions.delivering import Telling
from registry.subscriptions.mesh import MeshChannel
from registry.subscriptions.offering import Offering
from registry.subscriptions.posting import RestHook
from registry.subscriptions.running import Subscriptions
from registry.subscriptions.signing import Signing

PROBE_SECONDS = 2.0
# One writes the audit record, one links it.
AUDIT_CONNECTIONS = 2
# The clock, what is measured, the watermark, marks that are forgotten, and the national feed where
# there is one.
BACKGROUND_CONNECTIONS = 4


async def recompute_mentioning(settings: RegistrySettings, codes: Collection[str]) -> int:
    """Takes the settings and the ODS codes whose directory entry changed; brings everybody up to
    date whose state may depend on them. Returns how many records that were."""
    if not codes:
        return 0
    async with database.pool(settings.database, size=2) as pool:
        return await recompute.recompute_mentioning(pool, codes, await _rules(settings, pool))


async def explanation(
    settings: RegistrySettings, identifier: Identifier, by: Operator
) -> Explanation | None:
    """Takes the settings, an identifier and who asks; returns why the registry says what it says of
    that person, None where nothing is held. That they asked is on record by then."""
    async with database.pool(settings.database, size=2) as pool:
        rules = await _rules(settings, pool)
        async with pool.connection() as connection:
            found = await explaining.explanation(connection, identifier, rules)
            await operators.keep(
                connection, by, "operator-explain", identifier, is_found=found is not None
            )
    return found


async def _rules(settings: RegistrySettings, pool: Pool) -> Rules:
    async with pool.connection() as connection:
        ids = await database.resource_ids(connection)
        allowed = await database.agree_on_test_numbers(connection, settings.allow_test_numbers)
    return Rules(NumberPolicy(allowed), ids)


def _replicas(
    settings: RegistrySettings, primary: Pool, metrics: ReplicaMetrics | None
) -> Replicas | None:
    if settings.read_database is None:
        return None
    size = settings.pool_size
    standbys = [
        Standby(name, of_one, database.standby_pool(of_one, size))
        for name, of_one in each_host(settings.read_database).items()
    ]
    shown = metrics or ReplicaMetrics(CollectorRegistry())
    return Replicas(primary, standbys, settings.read_lag_seconds, shown)


class Registry:
    """The registry in one process. Processes share nothing but the database."""

    def __init__(
        self,
        settings: RegistrySettings,
        standing: StandingMetrics | None = None,
        replica_metrics: ReplicaMetrics | None = None,
    ) -> None:
        """Takes the settings, and the metrics that show how the work and the standbys stand (None:
        none do)."""
        self._settings = settings
        self._pool = database.pool(settings.database, settings.pool_size, WRITER, by_key=True)
        # For what looks at many rows now and then, and must not wait behind requests.
        self._background_pool = database.pool(settings.database, BACKGROUND_CONNECTIONS, WRITER)
        self._measuring = None if standing is None else Measuring(self._background_pool, standing)
        self.watermark = Watermark(self._background_pool)
        # Apart from the requests' connections, which wait for what is written here.
        self._audit_pool = database.pool(
            settings.database, AUDIT_CONNECTIONS, WRITER, is_autocommit=True
        )
        self.recorder = Recorder(self._audit_pool)
        # An export holds its snapshot for as long as it takes.
        self._export_pool = database.pool(settings.database, EXPORT_CONNECTIONS, WRITER)
        self.replicas = _replicas(settings, self._pool, replica_metrics)
        self._marks = Forgetting(self._background_pool)
        self._exporter: Exporter | None = None
        self._access = settings.access
        self._key_sets = KeySets(JwksFetcher(settings.jwks_hosts).fetch, time.monotonic)
        elsewhere = IssuedElsewhere(
            settings.issuers, self._key_sets, self._pool, self._access.fhir_url
        )
        self.tokens = AccessTokens(self._access, self._pool, elsewhere=elsewhere)
        self.routes: list[Route] = []
        self._api: InProcess | None = None
        self._clock: Clock | None = None
        self._feed: Feed | None = None
        # A delivery holds one while it waits for its endpoint.
        at_once = settings.subscriptions.at_once
        self._subscription_pool = database.pool(settings.database, at_once + 2, WRITER)
        self._subscriptions: Subscriptions | None = None
        self._open = AsyncExitStack()

    async def start(self) -> None:
        """Opens the pool, and has its routes from then on."""
        await self._pool.open(wait=True)
        await self._background_pool.open(wait=True)
        await self._audit_pool.open(wait=True)
        await self._export_pool.open(wait=True)
        await self._subscription_pool.open(wait=True)
        rules = await _rules(self._settings, self._pool)
        page_tokens = PageTokens()
        async with self._pool.connection() as connection:
            await retention_setting.agree(connection, self._settings.retention)
            await page_tokens.prepare(connection)
            hashing = await database.hashing(connection)
            export_secret = await database.export_secret(connection)
            signing = Signing(await database.subscription_secret(connection))
        self._clock = Clock(self._background_pool, rules)
        await self._clock.make_audit_partitions()
        self._clock.start()
        await self.watermark.note()
        self.watermark.start()
        self.recorder.start()
        self._marks.start()
        if self.replicas is not None:
            await self.replicas.start()
        recording = Recording(self._access.fhir_url, self.recorder)
        self._exporter = Exporter(self._export_pool, export_secret, recording)
        self._exporter.start()
        offering = Offering(await self._channels(), signing)
        self._subscriptions = Subscriptions(self._subscription_pool, self._telling(offering))
        self._subscriptions.start()
        if self._measuring is not None:
            self._measuring.start()
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
            wake_exporter=self._exporter.soon,
            subscriptions=offering,
            watermark=self.watermark,
            replicas=self.replicas,
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
        if self._settings.national is not None:
            self._feed = Feed(
                self._background_pool,
                rules,
                self._settings.national,
                self.recorder,
                self._access.fhir_url,
            )
            await self._feed.start()
            self.routes.append(self._feed.route(service.clients, addresses))

    async def _channels(self) -> Channels:
        told = self._settings.subscriptions
        channels: dict[str, Channel] = {"rest-hook": RestHook(told.endpoints)}
        national = self._settings.national
        if told.mailboxes and national is not None and national.mailbox is not None:
            mailbox = await self._open.enter_async_context(Mailbox(national.mailbox))
            channels["message"] = MeshChannel(mailbox, told.mailboxes, told.workflow)
        return Channels(channels)

    def _telling(self, offering: Offering) -> Telling:
        return Telling(
            offering.channels,
            offering.signing,
            self._settings.subscriptions,
            self._access.fhir_url,
            self.recorder.sealed_soon,
        )

    @property
    def api(self) -> InProcess:
        """The FHIR API for the pages of this process; there from the start on."""
        assert self._api is not None, "the registry is not started"
        return self._api

    async def stop(self) -> None:
        """Stops the clock and the audit record's writer, and closes the pools."""
        if self._feed is not None:
            await self._feed.stop()
        if self._clock is not None:
            await self._clock.stop()
        await self.watermark.stop()
        await self._marks.stop()
        if self.replicas is not None:
            await self.replicas.stop()
        if self._measuring is not None:
            await self._measuring.stop()
        if self._exporter is not None:
            await self._exporter.stop()
        if self._subscriptions is not None:
            await self._subscriptions.stop()
        await self._open.aclose()
        await self._subscription_pool.close()
        await self._export_pool.close()
        await self.recorder.stop()
        await self._audit_pool.close()
        await self._background_pool.close()
        await self._pool.close()

    async def ready(self) -> dict[str, bool]:
        """Returns what has to work, each with True where it does."""
        try:
            async with self._pool.connection(timeout=PROBE_SECONDS) as connection:
                await connection.execute("SELECT FROM migration LIMIT 1")
        except (Error, PoolTimeout):
            return {"registry database": False}
        return {"registry database": True}
