"""Keys and assertions of an invented client, and the token endpoint on a fixed clock."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey
from psycopg_pool import AsyncConnectionPool
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from registry.access import bearer, clients, oauth_routes
from registry.access.jwks.fetching import JwksFetcher
from registry.access.jwks.key_sets import KeySets
from registry.access.settings import AccessSettings
from registry.access.tokens import AccessTokens
from registry.audit.act import Actor
from registry.directory.loading import load
from registry.directory.organisation import Organisation
from registry.outgoing.address import AllowedHosts

NOW = 1_800_000_000.0
TOKEN_URL = "http://127.0.0.1:8080/oauth2/token"


class AnyHeader(jws.JWSRegistry):
    """Signs whatever stands in the header: bad tokens have to be made too."""

    def __init__(self, algorithms: list[str]) -> None:
        super().__init__(algorithms=algorithms, strict_check_header=False)

    def check_header(self, header: dict[str, Any]) -> None:
        """Has no objection."""


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


@dataclass
class Signer:
    """A client's private key, and the assertions it signs."""

    client_id: str
    key: RSAKey | ECKey
    pem: str
    algorithm: str
    header: dict[str, object] = field(default_factory=dict[str, object])

    def claims(self, **changes: object) -> dict[str, object]:
        """The claims of a good assertion, with changes; a change to None leaves the claim out."""
        good: dict[str, object] = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": TOKEN_URL,
            "jti": str(uuid.uuid4()),
            "exp": int(NOW) + 300,
        }
        return {name: value for name, value in (good | changes).items() if value is not None}

    def sign(self, **changes: object) -> str:
        """A signed assertion."""
        header = {"alg": self.algorithm, "typ": "JWT"} | self.header
        body = json.dumps(self.claims(**changes))
        return jws.serialize_compact(header, body, self.key, registry=AnyHeader([self.algorithm]))


def segment(value: object) -> str:
    """One part of a token, from JSON or text."""
    text = value if isinstance(value, str) else json.dumps(value)
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


@pytest.fixture(scope="session", name="segment")
def segment_fixture() -> Callable[[object], str]:
    return segment


@pytest.fixture(scope="session")
def ec_signer() -> Signer:
    private = ec.generate_private_key(ec.SECP384R1())
    return Signer("clinic-ec", ECKey.import_key(private), _pem(private), "ES384")


@pytest.fixture(scope="session")
def rsa_signer() -> Signer:
    private = rsa.generate_private_key(65537, 2048)
    return Signer("trust-rsa", RSAKey.import_key(private), _pem(private), "RS512")


def _pem(private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    public = private.public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A database with an acute trust, a practice and an ICB."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        load(
            connection,
            [
                Organisation("RXA", "Moor Trust", "acute", "QM1"),
                Organisation("A81001", "Moor Surgery", "gp", "QM1"),
                Organisation("QM1", "Moor ICB", "icb"),
            ],
        )
        yield connection


@pytest.fixture
def registered(
    connection: psycopg.Connection[Any], ec_signer: Signer, rsa_signer: Signer
) -> psycopg.Connection[Any]:
    """The database with both signers as clients: a practice (EC key) and a trust (RSA key)."""
    clients.add(connection, ec_signer.client_id, "A81001", "gp", ec_signer.pem)
    clients.add(connection, rsa_signer.client_id, "RXA", "provider", rsa_signer.pem)
    return connection


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[AsyncConnectionPool[Any]]:
    async with AsyncConnectionPool(database_url, min_size=1, max_size=4, open=False) as pool:
        yield pool


@pytest.fixture
def tokens(pool: AsyncConnectionPool[Any], clock: Clock) -> AccessTokens:
    return AccessTokens(AccessSettings.at("http://127.0.0.1:8080"), pool, clock)


@pytest.fixture
def key_sets(clock: Clock) -> KeySets:
    """Key sets of a registry that may fetch from nowhere; a test may give others."""
    return KeySets(JwksFetcher(AllowedHosts()).fetch, clock)


@pytest.fixture
async def api(
    tokens: AccessTokens, pool: AsyncConnectionPool[Any], key_sets: KeySets
) -> AsyncIterator[httpx.AsyncClient]:
    """The token endpoint, and /fhir/who which says who calls."""

    async def keep(actor: Actor, network: str | None, status: int, scope: str) -> None:
        """The audit record has tests of its own."""

    async def who(request: Request) -> Response:
        try:
            caller = await bearer.caller(request)
            bearer.require(caller, "Task", "update")
        except bearer.AccessDenied as denied:
            return JSONResponse({"code": denied.code}, denied.status, denied.headers)
        return JSONResponse([caller.client_id, caller.organisation, caller.role])

    app = Starlette(
        routes=[*oauth_routes.routes(tokens, pool, key_sets, keep), Route("/fhir/who", who)]
    )
    app.state.access_tokens = tokens
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client:
        yield client
