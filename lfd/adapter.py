"""`lfd adapter`: an adapter alone."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from contextlib import AsyncExitStack

from adapter.token import Credentials
from lfd import serving
from lfd.place import reachable
from lfd.processes import make_adapter, running_adapter, serving_http, until_told
from lfd.reading import read_text
from lfd.site import site


def run(chosen: Namespace) -> int:
    """Takes the command's options; takes messages until told to stop."""
    with reachable("the database"):
        return serving.run(_serve(chosen))


async def _serve(chosen: Namespace) -> int:
    told = serving.stop_signal()
    adapter = make_adapter(
        chosen.database,
        chosen.registry,
        Credentials(chosen.client, read_text(chosen.key)),
        chosen.mllp,
        site(chosen.site, chosen.organisation),
    )

    async def checks() -> Mapping[str, bool]:
        return adapter.ready()

    async with AsyncExitStack() as stack:
        await stack.enter_async_context(running_adapter(adapter, chosen.mllp))
        app = serving.application(adapter.routes(), checks)
        await stack.enter_async_context(serving_http(app, chosen.http))
        line = f"adapter ready: MLLP {chosen.mllp}, HTTP {chosen.http}"
        return await until_told(stack.pop_all(), told, line)
