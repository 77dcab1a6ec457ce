"""`lfd feeds`: the pages about a trust's own feed, beside its adapter, with the registry elsewhere.

Sessions, the directory of organisations and the audit record of who looked are in the adapter's
database, in the tables that a registry has for them: one implementation of each, and one command
that checks the record. The tables about deaths are there too, and stay empty.
"""

from __future__ import annotations

import asyncio
from argparse import Namespace
from contextlib import AsyncExitStack

from adapter import database as adapter_database
from adapter.integration import Integration
from lfd import logs, serving, traces
from lfd.console import console_settings, running_feeds_console
from lfd.failure import Failure
from lfd.guarded_http import OF_REGISTRY, serving_guarded
from lfd.place import reachable
from lfd.processes import running_registry, until_told
from registry.api.traced import trace
from registry.metrics import Metrics
from registry.settings import RegistrySettings


def run(chosen: Namespace) -> int:
    """Takes the command's options; serves until told to stop."""
    logs.configure(chosen.log_format, chosen.log_level)
    with reachable("the database"), traces.sent(chosen, "lfd-feeds"):
        return serving.run(_serve(chosen))


async def _serve(chosen: Namespace) -> int:
    told = serving.stop_signal()
    base_url = chosen.public_url or f"http://{chosen.http}"
    named = console_settings(chosen, chosen.database, base_url)
    if named is None:
        # What senders wrote is shown to nobody who did not sign in, on no machine.
        raise Failure("lfd feeds needs --oidc-issuer: the identity provider that signs people in")
    # Of a registry, its database and its record of who did what: its API is served to nobody.
    settings = RegistrySettings(chosen.database, base_url)
    metrics = Metrics()

    def refused(reason: str) -> None:
        metrics.connections_refused.labels(reason).inc()

    async with AsyncExitStack() as stack:
        await asyncio.to_thread(adapter_database.prepare, chosen.database)
        registry = await stack.enter_async_context(running_registry(settings))
        inbox = Integration(chosen.database)
        pages = await stack.enter_async_context(running_feeds_console(named, registry.api, inbox))
        app = serving.application(pages, serving.until_stopping(registry.ready, told))
        trace(app)
        await stack.enter_async_context(
            serving_guarded(app, chosen.http, refused, limits=OF_REGISTRY)
        )
        line = f"feeds ready at {base_url}"
        return await until_told(stack.pop_all(), told, line, chosen.drain_seconds)
