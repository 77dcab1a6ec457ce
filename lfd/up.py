"""`lfd up`: registry, one adapter and embedded PostgreSQL in one process, for a laptop."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

from adapter.integration import Integration
from adapter.token import Credentials
from lfd import logs, serving, traces
from lfd.console import running_local_console
from lfd.endpoint import Endpoint
from lfd.keys import private_key, public_key
from lfd.national import national_settings
from lfd.place import DATABASE, acquired, reachable
from lfd.processes import (
    make_adapter,
    registry_application,
    running_adapter,
    running_registry,
    serving_http,
    until_told,
)
from lfd.retention import retention_said
from lfd.site import of_a_test_system, site
from lfd.subscriptions import ON_ONE_MACHINE
from lfd.trust import jwks_hosts
from postgres.embedded import Lease, ensure_database
from postgres.error import PostgresError
from registry import database as registry_database
from registry.access import clients
from registry.limits.buckets import Limits, Rate
from registry.settings import RegistrySettings

CLIENT = "adapter-of-lfd-up"
WATCH_SECONDS = 1.0


def run(chosen: Namespace) -> int:
    """Takes the command's options; runs until told to stop."""
    logs.configure(chosen.log_format, chosen.log_level)
    with reachable(f"the database in {chosen.data}"), acquired(chosen.data) as lease:
        ensure_database(lease.server, DATABASE)
        with traces.sent(chosen, "lfd-up"):
            return serving.run(_serve(chosen, lease))


async def _serve(chosen: Namespace, lease: Lease) -> int:
    told = serving.stop_signal()
    database, base_url = lease.server.url(DATABASE), _base_url(chosen.http)
    registry_settings = RegistrySettings(
        database,
        base_url,
        allow_test_numbers=True,
        retention=retention_said(chosen),
        jwks_hosts=jwks_hosts(chosen),
        national=national_settings(chosen),
        subscriptions=ON_ONE_MACHINE,
        limits=Limits(Rate(chosen.client_rate), Rate(chosen.address_rate)),
    )
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(_kept_running(lease))
        registry = await stack.enter_async_context(running_registry(registry_settings))
        credentials = await asyncio.to_thread(_credentials, database, chosen.data)
        adapter = make_adapter(
            database,
            base_url,
            credentials,
            chosen.mllp,
            of_a_test_system(site(chosen.site, chosen.organisation)),
        )

        async def checks() -> Mapping[str, bool]:
            return {**await registry.ready(), **adapter.ready()}

        console = await stack.enter_async_context(
            running_local_console(chosen, database, base_url, registry.api, Integration(database))
        )
        stopping = serving.until_stopping(checks, told)
        app = registry_application(registry, adapter.routes(), stopping, console)
        await stack.enter_async_context(serving_http(app, chosen.http))
        await stack.enter_async_context(running_adapter(adapter, chosen.mllp))
        line = f"ready: registry {base_url}/fhir, HL7 v2 by MLLP {chosen.mllp} and {base_url}/hl7v2"
        line += f", console {base_url}/" if console else ""
        return await until_told(stack.pop_all(), told, line, chosen.drain_seconds)


def _credentials(database: str, data: Path) -> Credentials:
    """The adapter's own client: its key is kept with the data, and it may speak for any sender."""
    private = private_key(data / "keys" / "adapter.pem")
    with registry_database.connect(database) as connection:
        clients.add(
            connection, CLIENT, None, "adapter", public_key(private), for_any_organisation=True
        )
    return Credentials(CLIENT, private)


def _base_url(http: Endpoint) -> str:
    """The address we publish; a server that listens everywhere is called by its loopback name."""
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - recognised, not bound
    return f"http://{Endpoint(everywhere.get(http.host, http.host), http.port)}"


@asynccontextmanager
async def _kept_running(lease: Lease) -> AsyncGenerator[None]:
    """Starts the embedded server again if it should die while we run."""

    async def watch() -> None:
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            with suppress(PostgresError):
                await asyncio.to_thread(lease.ensure_running)

    task = asyncio.create_task(watch())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
