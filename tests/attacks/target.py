"""What is attacked: a running `lfd up` with two trusts' cases, and the clients that attack it."""

from __future__ import annotations

import base64
import hmac
import json
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

from tests.end_to_end.exchange import Exchange, Resource, lfd

FHIR = {"Content-Type": "application/fhir+json"}
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
PATIENCE = 30.0
# Shorter than an access token lives: a slow machine must not make every answer a 401.
RENEWED_AFTER = 120.0


def signed(header: Mapping[str, Any], claims: Mapping[str, Any], key: ECKey | RSAKey) -> str:
    """Takes header, claims and a key; returns the compact JWT, whatever is in the header."""
    registry = jws.JWSRegistry(
        algorithms=["RS256", "RS384", "RS512", "PS384", "ES256", "ES384"],
        strict_check_header=False,
    )
    registry.max_header_length = 100_000
    return jws.serialize_compact(dict(header), json.dumps(claims), key, registry=registry)


def unsigned(header: Mapping[str, Any], claims: Mapping[str, Any], signature: str = "") -> str:
    """Takes header, claims and what stands where the signature would; returns the token."""
    return f"{segment(header)}.{segment(claims)}.{signature}"


def with_secret(header: Mapping[str, Any], claims: Mapping[str, Any], secret: bytes) -> str:
    """Takes header (`alg` HS256 or HS384), claims and a secret; returns the JWT with its HMAC. By
    hand, because the library refuses to take a public key for a secret."""
    text = f"{segment(header)}.{segment(claims)}"
    digest = {"HS256": "sha256", "HS384": "sha384"}[header["alg"]]
    made = hmac.new(secret, text.encode(), digest).digest()
    return f"{text}.{base64.urlsafe_b64encode(made).rstrip(b'=').decode()}"


def segment(value: Mapping[str, Any]) -> str:
    """Takes a JSON object; returns it as a segment of a token."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def segments(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Takes a token; returns its header and claims."""
    read = [base64.urlsafe_b64decode(part + "==") for part in token.split(".")[:2]]
    return json.loads(read[0]), json.loads(read[1])


class Waiting(httpx.HTTPTransport):
    """Asks again when it may, where it asked too often: the limit of rates has tests of its own."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Takes a request; returns the first answer that is not 429."""
        while (answer := super().handle_request(request)).status_code == 429:
            answer.read()
            time.sleep(float(answer.headers["retry-after"]))
        return answer


@dataclass
class Registered:
    """A client that is registered, with its private key."""

    name: str
    key: ECKey | RSAKey

    @property
    def header(self) -> dict[str, Any]:
        """The header of a good assertion."""
        algorithm = "ES384" if isinstance(self.key, ECKey) else "RS384"
        return {"alg": algorithm, "typ": "JWT", "kid": self.key.thumbprint()}

    def claims(self, audience: str) -> dict[str, Any]:
        """The claims of a good assertion, each time new."""
        now = int(time.time())
        who = {"iss": self.name, "sub": self.name, "aud": audience}
        return {**who, "jti": str(uuid4()), "iat": now, "exp": now + 240}


@dataclass
class Target:
    """The running exchange; `case` is a Task of RT1's, which RT2 has no part in."""

    exchange: Exchange
    number: str
    case: Resource = field(default_factory=dict[str, Any])
    _clients: dict[str, Registered] = field(default_factory=dict[str, Registered])
    _tokens: dict[str, tuple[str, float]] = field(default_factory=dict[str, tuple[str, float]])

    @property
    def token_url(self) -> str:
        """The token endpoint."""
        return f"{self.exchange.url}/oauth2/token"

    def register(self, name: str, organisation: str, role: str, kind: str = "EC") -> Registered:
        """Registers a client by `lfd client add`, with a new key; once for each name."""
        if name not in self._clients:
            key = (
                ECKey.generate_key("P-384", private=True)
                if kind == "EC"
                else RSAKey.generate_key(2048, private=True)
            )
            public = self.exchange.data.parent / f"{name}.pub.pem"
            public.write_bytes(key.as_pem(private=False))
            who = ["--organisation", organisation, "--role", role]
            where = ["--public-key", str(public), "--data", str(self.exchange.data)]
            lfd("client", "add", name, *who, *where)
            self._clients[name] = Registered(name, key)
        return self._clients[name]

    def ask_token(self, assertion: str, **more: str) -> httpx.Response:
        """Takes an assertion; returns the token endpoint's answer."""
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION,
            "client_assertion": assertion,
        }
        with self.unknown() as client:
            return client.post(self.token_url, data=form | more)

    def token(self, organisation: str, role: str) -> str:
        """A good access token of an organisation's client."""
        name = f"{role}-{organisation}"
        text, until = self._tokens.get(name, ("", 0.0))
        if time.monotonic() >= until:
            client = self.register(name, organisation, role)
            answer = self.ask_token(
                signed(client.header, client.claims(self.token_url), client.key)
            )
            assert answer.status_code == 200, answer.text
            text, until = answer.json()["access_token"], time.monotonic() + RENEWED_AFTER
            self._tokens[name] = text, until
        return text

    def client(self, organisation: str, role: str = "provider") -> httpx.Client:
        """An HTTP client of an organisation, with a token."""
        return self.with_token(self.token(organisation, role))

    def with_token(self, token: str) -> httpx.Client:
        """An HTTP client with this token, whatever it is."""
        return httpx.Client(
            base_url=f"{self.exchange.url}/fhir",
            headers={"Authorization": f"Bearer {token}"},
            timeout=PATIENCE,
            transport=Waiting(),
        )

    def unknown(self) -> httpx.Client:
        """An HTTP client without a token."""
        return httpx.Client(base_url=self.exchange.url, timeout=PATIENCE, transport=Waiting())

    def connect(self) -> socket.socket:
        """A bare connection to its HTTP port."""
        host, _, port = self.exchange.http.rpartition(":")
        return socket.create_connection((host, int(port)), timeout=PATIENCE)

    def said_to(self, sent: bytes, silence: float = PATIENCE) -> bytes:
        """Takes bytes; sends them to its HTTP port and returns all that comes until it closes, or
        has been silent for some seconds."""
        with self.connect() as peer:
            peer.settimeout(silence)
            peer.sendall(sent)
            return _rest(peer)

    def is_well(self) -> bool:
        """True where it still serves, and its database answers."""
        return httpx.get(f"{self.exchange.url}/readyz", timeout=PATIENCE).status_code == 200

    def written(self) -> str:
        """All that it has written to its log."""
        return self.exchange.log()

    def key_of_registry(self) -> ECKey:
        """The private key that signs access tokens, taken out of the database."""
        rows = self.exchange.rows("SELECT jwk FROM registry.signing_key ORDER BY created_at DESC")
        return ECKey.import_key(rows[0][0])

    def folder(self) -> Path:
        """Where its data is."""
        return self.exchange.data


def _rest(peer: socket.socket) -> bytes:
    answer = bytearray()
    try:
        while chunk := peer.recv(65536):
            answer += chunk
    except OSError:
        pass  # cut off: what came before counts
    return bytes(answer)
