"""The token endpoint, SMART discovery and the registry's public signing keys over HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from psycopg_pool import AsyncConnectionPool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from registry.access import assertion, clients, scopes, token_request
from registry.access.client_authentication import ClientAuthentication
from registry.access.clients import Client
from registry.access.jwks.key_sets import KeySets
from registry.access.oauth_error import OAuthError
from registry.access.settings import AccessSettings
from registry.access.tokens import LIFETIME, AccessTokens
from registry.audit.act import Actor
from registry.audit.recorder import NotRecorded

NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
WELL_KNOWN = "/.well-known/smart-configuration"

Keep = Callable[[Actor, str | None, int, str], Awaitable[None]]
"""Puts on record who asked for a token, from where, the status of the answer and the scopes."""


def routes(
    tokens: AccessTokens, pool: AsyncConnectionPool[Any], key_sets: KeySets, keep: Keep
) -> list[Route]:
    """Takes the tokens (which know the settings and the clock), a pool, the keys that clients
    publish, and what puts it on record that a token was asked for; returns the routes.

    Discovery stands at the origin and under the FHIR address: real clients look in either.
    """

    authentication = ClientAuthentication(pool, key_sets)

    async def token(request: Request) -> Response:
        network = request.client.host if request.client else None
        try:
            try:
                client, answer = await _grant(request, tokens, authentication)
            except OAuthError as error:
                await keep(await _claimed(pool, error.client_id), network, error.status, "")
                return JSONResponse(error.body(), error.status, NO_STORE)
            await keep(_actor(client), network, 200, str(answer["scope"]))
        except NotRecorded:
            away = {"error": "temporarily_unavailable"}
            return JSONResponse(away, 503, {**NO_STORE, "Retry-After": "5"})
        return JSONResponse(answer, headers=NO_STORE)

    async def discovery(_: Request) -> Response:
        return JSONResponse(smart_configuration(tokens.settings), headers=_public(300))

    async def keys(_: Request) -> Response:
        return JSONResponse({"keys": await tokens.keys.public()}, headers=_public(300))

    found = [Route(WELL_KNOWN, discovery), Route(f"/fhir{WELL_KNOWN}", discovery)]
    if not tokens.settings.issues_tokens:
        return found
    issuing = [Route("/oauth2/token", token, methods=["POST"]), Route("/oauth2/jwks", keys)]
    return [*issuing, *found]


def smart_configuration(settings: AccessSettings) -> dict[str, object]:
    """Returns what we publish for discovery (SMART App Launch 2.2, "Conformance"): `issuer` is left
    out, as it must be where nobody signs in."""
    granted = frozenset[tuple[str, str]]().union(*scopes.OF_ROLE.values())
    ours = {"jwks_uri": f"{settings.base_url}/oauth2/jwks"} if settings.issues_tokens else {}
    return {
        "token_endpoint": settings.token_url,
        **ours,
        "grant_types_supported": [token_request.GRANT_TYPE],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": assertion.ACCEPTED,
        "scopes_supported": scopes.text_of(granted).split(),
        # Required by the specification also where no authorisation code is ever given.
        "code_challenge_methods_supported": ["S256"],
        "capabilities": ["client-confidential-asymmetric", "permission-v1", "permission-v2"],
    }


def _actor(client: Client) -> Actor:
    return Actor(client.id, client.organisation, client.role)


async def _claimed(pool: AsyncConnectionPool[Any], client_id: str | None) -> Actor:
    """Whom a refused request called itself, where that is a client of ours: any other name could
    be anything."""
    if client_id is None:
        return Actor()
    async with pool.connection() as connection:
        found = await clients.find(connection, client_id)
    return _actor(found.client) if found else Actor()


async def _grant(
    request: Request, tokens: AccessTokens, authentication: ClientAuthentication
) -> tuple[Client, Mapping[str, object]]:
    content_type = request.headers.get("content-type", "")
    asked = token_request.read(content_type, await _body(request))
    now = tokens.clock()
    proof = assertion.read(asked.assertion, tokens.settings.token_urls, now)
    try:
        if asked.client_id not in (None, proof.client_id):
            raise OAuthError("invalid_client", "client_id must be the sub of client_assertion")
        client = await authentication.authenticate(proof, now)
        try:
            granted = scopes.grant(asked.scope, client.role)
        except scopes.InvalidScope as error:
            raise OAuthError("invalid_scope", str(error)) from error
    except OAuthError as error:
        error.client_id = proof.client_id
        raise
    return client, {
        "access_token": await tokens.issue(client, granted),
        "token_type": "bearer",
        "expires_in": LIFETIME,
        "scope": scopes.text_of(granted),
    }


async def _body(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > token_request.MAX_BODY:
            break
    return body


def _public(seconds: int) -> dict[str, str]:
    return {"Cache-Control": f"public, max-age={seconds}"}
