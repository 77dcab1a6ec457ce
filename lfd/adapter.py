"""`lfd adapter`: an adapter alone."""

from __future__ import annotations

import asyncio
import logging
import signal
from argparse import Namespace
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from adapter.metrics import Metrics
from adapter.security import Security
from adapter.token import Credentials
from lfd import logs, serving, traces
from lfd.adapter_security import is_loopback, security
from lfd.guarded_http import serving_guarded
from lfd.place import reachable
from lfd.processes import make_adapter, running_adapter, until_told
from lfd.reading import read_text
from lfd.site import site

_log = logging.getLogger(__name__)


def run(chosen: Namespace) -> int:
    """Takes the command's options; takes messages until told to stop."""
    logs.configure(chosen.log_format, chosen.log_level)
    with reachable("the database"), traces.sent(chosen, "lfd-adapter"):
        return serving.run(_serve(chosen))


async def _serve(chosen: Namespace) -> int:
    told = serving.stop_signal()
    metrics = Metrics()
    secure = security(chosen, metrics)
    adapter = make_adapter(
        chosen.database,
        chosen.registry,
        Credentials(chosen.client, read_text(chosen.key)),
        chosen.mllp,
        site(chosen.site, chosen.organisation),
        metrics,
        secure,
        shares_mllp_port=chosen.share_mllp_port,
    )
    _warn(chosen, secure)

    async def checks() -> Mapping[str, bool]:
        return adapter.ready()

    def refused(reason: str) -> None:
        metrics.connections_refused.labels("http", reason).inc()

    async with AsyncExitStack() as stack:
        await stack.enter_async_context(_kept_up_to_date(secure))
        await stack.enter_async_context(running_adapter(adapter, chosen.mllp))
        app = serving.application(adapter.routes(), serving.until_stopping(checks, told))
        tls = secure.http_context if secure.has_tls else None
        await stack.enter_async_context(serving_guarded(app, chosen.http, refused, tls))
        line = f"adapter ready: MLLP {chosen.mllp}, HTTP {chosen.http}"
        return await until_told(stack.pop_all(), told, line, chosen.drain_seconds)


def _warn(chosen: Namespace, secure: Security) -> None:
    """Says what is open. Plain MLLP is let be: many trusts carry it in a VPN."""
    if not secure.asks_certificates and not is_loopback(chosen.mllp.host):
        what = "who sends is not verified" if secure.has_tls else "neither encrypted nor verified"
        _log.warning("MLLP at %s: %s (--tls-cert, --tls-client-ca)", chosen.mllp, what)


@asynccontextmanager
async def _kept_up_to_date(secure: Security) -> AsyncGenerator[None]:
    """Reloads certificates and sender file on SIGHUP, and when they change."""
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, secure.reload)
    task = asyncio.create_task(secure.watch())
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
