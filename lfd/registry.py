"""`lfd registry`: a registry alone."""

from __future__ import annotations

from argparse import Namespace
from contextlib import AsyncExitStack

from lfd import logs, serving, traces
from lfd.console import Beside, running_named_console
from lfd.national import national_settings
from lfd.place import reachable
from lfd.processes import registry_application, running_registry, serving_http, until_told
from lfd.read_database import read_database
from lfd.retention import retention_said
from lfd.subscriptions import subscription_settings
from lfd.trust import jwks_hosts, trusted_issuers
from registry.limits.buckets import Limits, Rate
from registry.settings import RegistrySettings


def run(chosen: Namespace) -> int:
    """Takes the command's options; serves until told to stop."""
    return serve(chosen, running_named_console)


def serve(chosen: Namespace, console: Beside) -> int:
    """Takes the command's options and what runs the console beside the registry; serves until told
    to stop."""
    logs.configure(chosen.log_format, chosen.log_level)
    with reachable("the database"), traces.sent(chosen, "lfd-registry"):
        return serving.run(_serve(chosen, console))


async def _serve(chosen: Namespace, console: Beside) -> int:
    told = serving.stop_signal()
    base_url = chosen.public_url or f"http://{chosen.http}"
    settings = RegistrySettings(
        chosen.database,
        base_url,
        allow_test_numbers=chosen.allow_test_numbers,
        retention=retention_said(chosen),
        jwks_hosts=jwks_hosts(chosen),
        issuers=trusted_issuers(chosen),
        limits=Limits(Rate(chosen.client_rate), Rate(chosen.address_rate)),
        national=national_settings(chosen),
        subscriptions=subscription_settings(chosen),
        read_database=read_database(chosen),
        read_lag_seconds=chosen.read_lag_seconds,
    )
    async with AsyncExitStack() as stack:
        registry = await stack.enter_async_context(running_registry(settings))
        pages = await stack.enter_async_context(
            console(chosen, chosen.database, base_url, registry.api)
        )
        checks = serving.until_stopping(registry.ready, told)
        app = registry_application(registry, [], checks, pages)
        await stack.enter_async_context(serving_http(app, chosen.http))
        line = f"registry ready at {base_url}"
        return await until_told(stack.pop_all(), told, line, chosen.drain_seconds)
