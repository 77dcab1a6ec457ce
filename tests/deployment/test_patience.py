"""Who asks waits longer than who is asked tries: adapter, proxy, registry."""

from __future__ import annotations

import re

from adapter.registry_client import TIMEOUT
from registry import database
from registry.store.transaction import LOST_SECONDS
from tests.docs.pages import ROOT


async def test_each_waits_longer_than_the_next_tries() -> None:
    pool = database.pool("postgresql://nobody@127.0.0.1:1/none", 2)
    # A try that begins just in time may wait for a connection as long again.
    registry = LOST_SECONDS + pool.timeout
    written = (ROOT / "deployment/nginx/nginx.conf").read_text()
    found = re.search(r"^ *proxy_read_timeout (\d+)s;", written, re.MULTILINE)
    assert found is not None
    proxy = float(found[1])
    assert TIMEOUT.read is not None
    assert registry < proxy < TIMEOUT.read
