"""One assertion sent to several processes at the same moment: one of them takes it."""

from __future__ import annotations

import asyncio
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.registry.access.conftest import Signer

pytestmark = pytest.mark.usefixtures("registered")

# Waits on stdin after it has connected, so that all processes begin together.
PROCESS = textwrap.dedent("""
    import asyncio, sys
    from psycopg_pool import AsyncConnectionPool
    from registry.access import assertion
    from registry.access.client_authentication import ClientAuthentication
    from registry.outgoing.address import AllowedHosts
    from registry.access.jwks.fetching import JwksFetcher
    from registry.access.jwks.key_sets import KeySets
    from registry.access.oauth_error import OAuthError

    async def main(url, text):
        proof = assertion.read(text, {"http://127.0.0.1:8080/oauth2/token"}, 1.8e9)
        key_sets = KeySets(JwksFetcher(AllowedHosts()).fetch, lambda: 1.8e9)
        async with AsyncConnectionPool(url, min_size=1, max_size=1, open=False) as pool:
            await pool.wait()
            print("ready", flush=True)
            sys.stdin.readline()
            try:
                await ClientAuthentication(pool, key_sets).authenticate(proof, 1.8e9)
            except OAuthError as error:
                print(error.description)
            else:
                print("taken")

    asyncio.run(main(*sys.argv[1:]))
""")


async def start(url: str, assertion: str) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROCESS, url, assertion, stdin=pipe, stdout=pipe
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"ready\n"
    return process


async def test_four_processes_one_taker(database_url: str, ec_signer: Signer) -> None:
    assertion = ec_signer.sign()
    processes = await asyncio.gather(*(start(database_url, assertion) for _ in range(4)))
    outputs = await asyncio.gather(*(process.communicate(b"\n") for process in processes))
    said = sorted(out.decode().strip() for out, _ in outputs)
    assert said == ["client_assertion: its jti was used before"] * 3 + ["taken"]
