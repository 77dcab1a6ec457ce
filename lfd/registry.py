"""`lfd registry`: a registry alone."""

from __future__ import annotations

from argparse import Namespace
from contextlib import AsyncExitStack

from lfd import serving
from lfd.place import reachable
from lfd.processes import registry_application, running_registry, serving_http, until_told
from registry.settings import RegistrySettings


def run(chosen: Namespace) -> int:
    """Takes the command's options; serves until told to stop."""
    with reachable("the database"):
        return serving.run(_serve(chosen))


async def _serve(chosen: Namespace) -> int:
    told = serving.stop_signal()
    base_url = chosen.public_url or f"http://{chosen.http}"
    settings = RegistrySettings(
        chosen.database, base_url, allow_test_numbers=chosen.allow_test_numbers
    )
    async with AsyncExitStack() as stack:
        registry = await stack.enter_async_context(running_registry(settings))
        app = registry_application(registry, [], registry.ready)
        await stack.enter_async_context(serving_http(app, chosen.http))
        return await until_told(stack.pop_all(), told, f"registry ready at {base_url}")
