"""The token endpoint, SMART discovery and the registry's public signing keys over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psycopg_pool import AsyncConnectionPool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from registry.access import assertion, scopes, token_request
from registry.access.client_authentication import authenticate
from registry.access.oauth_error import OAuthError
from registry.access.settings import AccessSettings
from registry.access.tokens import LIFETIME, AccessTokens

NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
WELL_KNOWN = "/.well-known/smart-configuration"


def routes(tokens: AccessTokens, pool: AsyncConnectionPool[Any]) -> list[Route]:
    """Takes the tokens (which know the settings and the clock) and a pool; returns the routes.

    Discovery stands at the origin and under the FHIR address: real clients look in either.
    """

    async def token(request: Request) -> Response:
        try:
            answer = await _grant(request, tokens, pool)
        except OAuthError as error:
            return JSONResponse(error.body(), error.status, NO_STORE)
        return JSONResponse(answer, headers=NO_STORE)

    async def discovery(_: Request) -> Response:
        return JSONResponse(smart_configuration(tokens.settings), headers=_public(300))

    async def keys(_: Request) -> Response:
        return JSONResponse({"keys": await tokens.keys.public()}, headers=_public(300))

    return [
        Route("/oauth2/token", token, methods=["POST"]),
        Route(WELL_KNOWN, discovery),
        Route(f"/fhir{WELL_KNOWN}", discovery),
        Route("/oauth2/jwks", keys),
    ]


def smart_configuration(settings: AccessSettings) -> dict[str, object]:
    """Returns what we publish for discovery (SMART App Launch 2.2, "Conformance")."""
    granted = frozenset[tuple[str, str]]().union(*scopes.OF_ROLE.values())
    return {
        "token_endpoint": settings.token_url,
        "jwks_uri": f"{settings.base_url}/oauth2/jwks",
        "grant_types_supported": [token_request.GRANT_TYPE],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": assertion.ACCEPTED,
        "scopes_supported": scopes.text_of(granted).split(),
        # Required by the specification also where no authorisation code is ever given.
        "code_challenge_methods_supported": ["S256"],
        "capabilities": ["client-confidential-asymmetric", "permission-v1", "permission-v2"],
    }


async def _grant(
    request: Request, tokens: AccessTokens, pool: AsyncConnectionPool[Any]
) -> Mapping[str, object]:
    content_type = request.headers.get("content-type", "")
    asked = token_request.read(content_type, await _body(request))
    now = tokens.clock()
    proof = assertion.read(asked.assertion, tokens.settings.token_urls, now)
    if asked.client_id not in (None, proof.client_id):
        raise OAuthError("invalid_client", "client_id must be the sub of client_assertion")
    async with pool.connection() as connection:
        client = await authenticate(connection, proof, now)
    try:
        granted = scopes.grant(asked.scope, client.role)
    except scopes.InvalidScope as error:
        raise OAuthError("invalid_scope", str(error)) from error
    return {
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
