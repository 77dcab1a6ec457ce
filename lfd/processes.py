"""The long-running commands put together: a registry, an adapter, or both in one process."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from starlette.applications import Starlette
from starlette.routing import BaseRoute

from adapter import rules
from adapter.metrics import Metrics as AdapterMetrics
from adapter.mllp.server import Listening
from adapter.security import Security
from adapter.service import Adapter, Settings
from adapter.token import Credentials
from lfd import serving
from lfd.collector import spare_the_collector
from lfd.endpoint import Endpoint
from lfd.guarded_http import OF_REGISTRY, serving_guarded
from lfd.listening import not_listening
from mappings import Site
from registry import database as registry_database
from registry.api.application import install
from registry.metrics import Metrics, StandingMetrics
from registry.replicas.metrics import ReplicaMetrics
from registry.service import Registry
from registry.settings import RegistrySettings

Checks = Callable[[], Awaitable[Mapping[str, bool]]]


@asynccontextmanager
async def running_registry(settings: RegistrySettings) -> AsyncGenerator[Registry]:
    """Takes the settings; gives a registry whose database is up to date, until the end."""
    await asyncio.to_thread(registry_database.prepare, settings.database)
    has_replicas = settings.read_database is not None
    registry = Registry(settings, StandingMetrics(), ReplicaMetrics() if has_replicas else None)
    try:
        await registry.start()
        yield registry
    finally:
        await registry.stop()


def make_adapter(
    database: str,
    registry_url: str,
    credentials: Credentials,
    mllp: Endpoint,
    site: Site,
    metrics: AdapterMetrics | None = None,
    security: Security | None = None,
    *,
    shares_mllp_port: bool = False,
) -> Adapter:
    """Takes what an adapter is told, who may send to it (None: anybody), and whether others may
    listen at its MLLP address too; returns it, not yet started."""
    tls = security.mllp_context if security is not None and security.has_tls else None
    settings = Settings(
        database=database,
        registry=f"{registry_url.rstrip('/')}/fhir",
        credentials=credentials,
        listening=Listening(host=mllp.host, port=mllp.port, tls=tls, shares_port=shares_mllp_port),
        converts_aside=True,
    )
    return Adapter(settings, rules.door(site), rules.treatment(site), metrics, security)


@asynccontextmanager
async def running_adapter(adapter: Adapter, mllp: Endpoint) -> AsyncGenerator[Adapter]:
    """Takes an adapter; runs it until the end."""
    try:
        await adapter.start()
    except OSError as error:
        raise not_listening("listen for MLLP", mllp, "--mllp", error) from error
    try:
        yield adapter
    finally:
        await adapter.stop()


@asynccontextmanager
async def serving_http(app: Starlette, where: Endpoint) -> AsyncGenerator[None]:
    """Takes an application of `registry_application` and where to serve it; serves it until the
    end."""
    metrics = app.state.metrics
    assert isinstance(metrics, Metrics)

    def refused(reason: str) -> None:
        metrics.connections_refused.labels(reason).inc()

    async with serving_guarded(app, where, refused, limits=OF_REGISTRY):
        yield


def registry_application(
    registry: Registry,
    more_routes: Sequence[BaseRoute],
    checks: Checks,
    last_routes: Sequence[BaseRoute] = (),
) -> Starlette:
    """Takes a started registry, what else to serve beside it, the checks of readiness, and routes
    that take every path which nothing else does."""
    app = serving.application([*more_routes, *registry.routes, *last_routes], checks)
    install(app, registry.tokens, Metrics())
    return app


async def until_told(
    stack: AsyncExitStack, told: asyncio.Event, line: str, drain_seconds: int | None = None
) -> int:
    """Takes what runs, the event of being told to stop, a line for people, and for how many seconds
    to go on once told (not being ready any more); waits, then stops everything in the reverse
    order."""
    async with stack:
        spare_the_collector()
        print(line, flush=True)
        await told.wait()
        if drain_seconds:
            await asyncio.sleep(drain_seconds)
        with contextlib.suppress(BrokenPipeError):
            print("stopping", file=sys.stderr, flush=True)
    return 0
