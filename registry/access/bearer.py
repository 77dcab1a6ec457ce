"""The caller of an HTTP request, by its access token (RFC 6750)."""

from __future__ import annotations

from typing import Literal

from starlette.requests import Request

from registry.access.caller import Caller
from registry.access.scopes import Interaction, permits
from registry.access.token_refusal import InvalidToken, IssuerUnavailable, NotAdmitted
from registry.access.tokens import AccessTokens

REALM = 'Bearer realm="learning-from-deaths"'


class AccessDenied(Exception):
    """The request may not go on: HTTP status, FHIR issue code, a text for the caller, and the
    headers that belong to them."""

    def __init__(
        self, status: Literal[401, 403, 503], code: str, text: str, error: str | None = None
    ) -> None:
        super().__init__(text)
        self.status: Literal[401, 403, 503] = status
        self.code = code
        self.text = text
        if status == 503:
            self.headers = {"Retry-After": "30"}
            return
        said = f', error="{error}", error_description="{text}"' if error else ""
        self.headers = {"WWW-Authenticate": REALM + said}


async def caller(request: Request) -> Caller:
    """Takes a request to an application whose `state.access_tokens` is an AccessTokens; returns who
    calls. AccessDenied 401: no token, not one that is trusted here, or expired; 403: a trusted
    issuer's, that does not say for whom; 503: its issuer's keys can't be had now."""
    tokens = request.app.state.access_tokens
    assert isinstance(tokens, AccessTokens)
    text = _token(request)
    try:
        return await tokens.verify(text)
    except InvalidToken as error:
        expired = error.why == "expired"
        raise AccessDenied(
            401,
            "expired" if expired else "login",
            "the access token has expired" if expired else "the access token is not valid",
            "invalid_token",
        ) from error
    except NotAdmitted as error:
        raise AccessDenied(403, "forbidden", str(error), "insufficient_scope") from error
    except IssuerUnavailable as error:
        again = "the keys of the token's issuer can't be had now; send the request again"
        raise AccessDenied(503, "transient", again) from error


def require(who: Caller, resource_type: str, interaction: Interaction) -> None:
    """AccessDenied 403 unless the caller's scopes permit the interaction on the resource type."""
    if not permits(who.scopes, resource_type, interaction):
        text = f"the token's scopes do not permit {interaction} of {resource_type}"
        raise AccessDenied(403, "forbidden", text, "insufficient_scope")


def _token(request: Request) -> str:
    headers = request.headers.getlist("authorization")
    if not headers:
        raise AccessDenied(401, "login", "an access token is needed")
    scheme, _, token = headers[0].partition(" ")
    if len(headers) > 1 or scheme.lower() != "bearer" or not token.strip():
        raise AccessDenied(401, "login", "send one header: Authorization: Bearer, then the token")
    return token.strip()
