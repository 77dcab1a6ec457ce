"""Tokens through two registry processes: an assertion good once, and signing keys changed while
both run, by the commands an operator has."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time

import httpx
import psycopg
from joserfc.jwk import ECKey
from psycopg_pool import AsyncConnectionPool

from adapter.token import ASSERTION_TYPE, Credentials, assertion
from registry import database
from registry.access import clients
from registry.access.clients import Client
from registry.access.scopes import OF_ROLE
from registry.access.settings import AccessSettings
from registry.access.tokens import AccessTokens
from tests.registry.core.stating import T1
from tests.registry.served.conftest import PUBLIC

CLIENT = "trust-one"


def lfd(*words: str, fails: bool = False) -> str:
    """Runs a command; returns what it printed."""
    done = subprocess.run([sys.executable, "-m", "lfd", *words], capture_output=True, text=True)
    assert (done.returncode != 0) == fails, done.stderr
    return done.stderr if fails else done.stdout


def registered(url: str) -> Credentials:
    key = ECKey.generate_key("P-384")
    with database.connect(url) as connection:
        public = key.as_pem(private=False).decode()
        clients.add(connection, CLIENT, T1, "provider", public)
    return Credentials(CLIENT, key.as_pem(private=True).decode())


def signed(credentials: Credentials) -> dict[str, str]:
    return {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": assertion(credentials, f"{PUBLIC}/oauth2/token", int(time.time())),
    }


async def status(http: httpx.AsyncClient, url: str, token: str) -> int:
    answer = await http.get(f"{url}/fhir/Task", headers={"Authorization": f"Bearer {token}"})
    return answer.status_code


async def kids(http: httpx.AsyncClient, url: str) -> list[str]:
    return [key["kid"] for key in (await http.get(f"{url}/oauth2/jwks")).json()["keys"]]


async def test_an_assertion_is_good_once_whichever_process_it_comes_to(
    processes: list[str], database_url: str
) -> None:
    credentials = registered(database_url)
    async with httpx.AsyncClient(timeout=60) as http:
        for _ in range(5):
            form = signed(credentials)
            answers = await asyncio.gather(
                *(http.post(f"{url}/oauth2/token", data=form) for url in processes * 4)
            )
            codes = sorted(answer.status_code for answer in answers)
            assert codes == [200, *[401] * 7]


async def fresh_token(url: str) -> str:
    """A token as a third process would give it, that has just started."""
    async with AsyncConnectionPool(url, min_size=1, max_size=1, open=False) as pool:
        tokens = AccessTokens(AccessSettings.at(PUBLIC), pool)
        return await tokens.issue(Client(CLIENT, T1, "provider"), OF_ROLE["provider"])


async def test_signing_keys_change_under_both_processes(
    processes: list[str], database_url: str
) -> None:
    where = ["--database", database_url]
    credentials = registered(database_url)

    def listed() -> list[tuple[str, str]]:
        lines = lfd("keys", "list", *where).splitlines()
        return [(line.split()[0], line.split()[1]) for line in lines]

    async with httpx.AsyncClient(timeout=60) as http:
        answer = await http.post(f"{processes[0]}/oauth2/token", data=signed(credentials))
        token = answer.json()["access_token"]
        for url in processes:
            assert await status(http, url, token) == 200

        lfd("keys", "rotate", *where)
        assert "announced already" in lfd("keys", "rotate", *where, fails=True)
        (first, _), (second, _) = listed()
        assert listed() == [(first, "signing"), (second, "announced")]

        # Ten minutes pass.
        with psycopg.connect(database_url) as connection:
            connection.execute(
                "UPDATE registry.signing_key SET signs_from = signs_from - interval '10 minutes'"
            )
        assert listed() == [(first, "verifying"), (second, "signing")]
        of_second, unseen = await fresh_token(database_url), await fresh_token(database_url)
        for url in processes:
            assert await status(http, url, of_second) == 200, "a key it did not know"
            assert await status(http, url, token) == 200, "a token of the key before"
            assert await kids(http, url) == [first, second]
        answer = await http.post(f"{processes[1]}/oauth2/token", data=signed(credentials))
        assert await status(http, processes[0], answer.json()["access_token"]) == 200

        said = lfd("keys", "retire", second, *where)
        assert "no key" in lfd("keys", "retire", second, *where, fails=True)
        (_, (third, state)) = listed()
        assert f"{third} signs from now on" in said
        assert state == "signing"
        of_third = await fresh_token(database_url)
        for url in processes:
            assert await status(http, url, of_third) == 200
            assert await status(http, url, unseen) == 401, "a token of the retired key"
            assert await status(http, url, token) == 200
            assert await kids(http, url) == [first, third]
