"""`python -m benchmarks.area.registry`: a registry as `lfd registry`, that may send notifications
to this machine without TLS."""

from __future__ import annotations

import argparse
import sys
from contextlib import AsyncExitStack

from lfd import serving
from lfd.endpoint import endpoint
from lfd.processes import registry_application, running_registry, serving_http, until_told
from lfd.subscriptions import ON_ONE_MACHINE
from registry.limits.buckets import Limits, Rate
from registry.settings import RegistrySettings


async def _serve(chosen: argparse.Namespace) -> int:
    told = serving.stop_signal()
    settings = RegistrySettings(
        chosen.database,
        f"http://{chosen.http}",
        allow_test_numbers=True,
        subscriptions=ON_ONE_MACHINE,
        limits=Limits(Rate(100_000), Rate(100_000)),
    )
    async with AsyncExitStack() as stack:
        registry = await stack.enter_async_context(running_registry(settings))
        app = registry_application(registry, [], registry.ready)
        await stack.enter_async_context(serving_http(app, chosen.http))
        return await until_told(stack.pop_all(), told, "ready")


def main() -> int:
    """Serves until told to stop; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.area.registry", description=__doc__)
    parser.add_argument("--database", required=True)
    parser.add_argument("--http", type=endpoint, required=True)
    return serving.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
