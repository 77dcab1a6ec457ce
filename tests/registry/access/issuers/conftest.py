"""An invented issuer of access tokens, with its keys at an address of this machine."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import ECKey
from psycopg_pool import AsyncConnectionPool

from registry.access.issuers.issuer import ClaimPaths, Issuer, Place, TrustedIssuers
from registry.access.issuers.tokens import IssuedElsewhere
from registry.access.jwks.key_sets import KeySets
from registry.access.settings import AccessSettings
from registry.access.tokens import AccessTokens
from tests.registry.access.conftest import NOW, AnyHeader, Clock
from tests.registry.access.jwks.conftest import KeyServer, public, started

ISSUER = "https://login.example"
AUDIENCE = "http://127.0.0.1:8080/fhir"


@dataclass
class Login:
    """Signs tokens as the issuer does."""

    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-384"))
    header: dict[str, object] = field(default_factory=lambda: {"kid": "login-1", "typ": "at+jwt"})

    def claims(self, **changes: object) -> dict[str, object]:
        """The claims of a good token, with changes; a change to None leaves the claim out."""
        good: dict[str, object] = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "client_id": "reviews",
            "sub": "reviews",
            "iat": NOW,
            "exp": NOW + 600,
            "ods": "RXA",
            "groups": ["staff", "trust"],
            "scope": "email system/Task.rs system/Patient.r",
        }
        return {name: value for name, value in (good | changes).items() if value is not None}

    def sign(self, **changes: object) -> str:
        """A signed token."""
        header = {"alg": "ES384"} | self.header
        body = json.dumps(self.claims(**changes))
        return jws.serialize_compact(header, body, self.key, registry=AnyHeader(["ES384"]))


@pytest.fixture
def login() -> Login:
    return Login()


@pytest.fixture
async def key_server(login: Login) -> AsyncIterator[KeyServer]:
    server = KeyServer(keys=[public("login-1", login.key)])
    listening = await started(server)
    yield server
    listening.close()


@pytest.fixture
def issuer(key_server: KeyServer) -> Issuer:
    """Says organisation and role in claims, and knows one client that does not."""
    return Issuer(
        "login",
        ISSUER,
        key_server.url,
        claims=ClaimPaths(organisation=("ods",), role=("groups",)),
        roles={"trust": "provider", "board": "icb", "surgery": "gp"},
        places={"surgery-app": Place("A81001", "gp")},
    )


@pytest.fixture
def trusting(
    issuer: Issuer, key_server: KeyServer, pool: AsyncConnectionPool[Any], clock: Clock
) -> AccessTokens:
    """The registry's tokens, with the issuer trusted beside it."""
    key_sets = KeySets(key_server.fetcher().fetch, clock)
    elsewhere = IssuedElsewhere(TrustedIssuers((issuer,)), key_sets, pool, AUDIENCE)
    return AccessTokens(AccessSettings.at("http://127.0.0.1:8080"), pool, clock, elsewhere)
