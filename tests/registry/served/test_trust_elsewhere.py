"""A registry process as an operator starts it to trust others: a client's published keys, and the
access tokens of another issuer."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import httpx
import psycopg
from joserfc import jwt
from joserfc.jwk import ECKey

from registry import database
from registry.access import client_keys, clients
from registry.access.token_request import ASSERTION_TYPE
from registry.directory import loading
from tests.end_to_end.exchange import free_port
from tests.registry.access.jwks.conftest import KeyServer, public, started
from tests.registry.core.stating import DIRECTORY, T1
from tests.registry.served.conftest import PATIENCE

ISSUERS = """
issuers:
  - name: login
    issuer: https://login.example
    jwks: {url}
    claims: {{organisation: ods, role: role}}
    roles: {{reviewer: provider}}
"""


@asynccontextmanager
async def running(*words: str) -> AsyncGenerator[str]:
    """A registry process with these options; gives where it serves."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "lfd", "registry", "--http", f"127.0.0.1:{port}", *words),
        stdout=asyncio.subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    until = time.monotonic() + PATIENCE
    try:
        async with httpx.AsyncClient(base_url=url) as http:
            while not await _is_ready(http):
                assert process.returncode is None, "it did not start"
                assert time.monotonic() < until, "it is not ready"
                await asyncio.sleep(0.1)
        yield url
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _is_ready(http: httpx.AsyncClient) -> bool:
    try:
        return (await http.get("/readyz")).status_code == 200
    except httpx.TransportError:
        return False


def signed(key: ECKey, **claims: object) -> str:
    header = {"alg": "ES384", "kid": "k1", "typ": "JWT"}
    return jwt.encode(header, {"exp": int(time.time()) + 200, **claims}, key, algorithms=["ES384"])


async def test_published_keys_and_tokens_of_another_issuer(
    database_url: str, tmp_path: Path
) -> None:
    key, server = ECKey.generate_key("P-384"), KeyServer()
    server.keys = [public("k1", key)]
    listening = await started(server)
    with psycopg.connect(database_url) as connection:
        loading.load(connection, DIRECTORY.values())
    with database.connect(database_url) as connection:
        source = client_keys.from_url(server.url)
        clients.add(connection, "publisher", T1, "provider", source)
    issuers = tmp_path / "issuers.yaml"
    issuers.write_text(ISSUERS.format(url=server.url))
    host = f"127.0.0.1:{server.port}"
    options = ["--database", database_url, "--issuers", str(issuers), "--jwks-host", host]
    async with running(*options) as url, httpx.AsyncClient(base_url=url, timeout=60) as http:

        async def status(token: str) -> int:
            headers = {"Authorization": f"Bearer {token}"}
            return (await http.get("/fhir/Task", headers=headers)).status_code

        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": signed(
                key, iss="publisher", sub="publisher", aud=f"{url}/oauth2/token", jti=str(uuid4())
            ),
        }
        answer = await http.post("/oauth2/token", data=form)
        assert answer.status_code == 200, answer.text
        assert await status(answer.json()["access_token"]) == 200

        said = {"iss": "https://login.example", "aud": f"{url}/fhir", "client_id": "c1"}
        said |= {"ods": T1, "role": "reviewer", "scope": "system/Task.rs"}
        assert await status(signed(key, **said)) == 200
        assert await status(signed(key, **said | {"role": "porter"})) == 403
        assert await status(signed(key, **said | {"scope": "system/Patient.rs"})) == 403
        assert await status(signed(key, **said | {"aud": url})) == 401
        assert await status(signed(ECKey.generate_key("P-384"), **said)) == 401
    assert len(server.requests) == 1
    listening.close()


async def test_an_issuers_file_that_cannot_be_used_is_said_at_the_start(
    database_url: str, tmp_path: Path
) -> None:
    issuers = tmp_path / "issuers.yaml"
    issuers.write_text(ISSUERS.format(url="https://keys.example/jwks"))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "lfd", "registry", "--database", database_url),
        *("--issuers", str(issuers)),
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()
    assert process.returncode == 1
    assert b"issuers.yaml, line 5" in said
    assert b"--jwks-host" in said
