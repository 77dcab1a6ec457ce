"""What an authorization request must say (OpenID Connect Core 1.0 section 3.1.2.1, RFC 7636)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


class NotOurClient(ValueError):
    """The request is not of the client we know, so it must not be answered by a redirect."""


class BadRequest(ValueError):
    """The client asks for what it may not have; str() is the error code for it."""


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """A request that may be granted; `fields` are its parameters as they came."""

    redirect_uri: str
    state: str
    nonce: str | None
    code_challenge: str
    fields: dict[str, str]


NAMES = (
    "client_id",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
)


def read(parameters: Mapping[str, str], client_id: str, redirect_uri: str) -> AuthorizationRequest:
    """Takes a request's parameters and the one client with its one address; returns the request.
    NotOurClient, BadRequest."""
    if parameters.get("client_id") != client_id or parameters.get("redirect_uri") != redirect_uri:
        raise NotOurClient("the request is not of the console that runs here")
    if parameters.get("response_type") != "code":
        raise BadRequest("unsupported_response_type")
    if "openid" not in parameters.get("scope", "").split():
        raise BadRequest("invalid_scope")
    challenge = parameters.get("code_challenge", "")
    if parameters.get("code_challenge_method") != "S256" or not CHALLENGE.fullmatch(challenge):
        raise BadRequest("invalid_request")
    return AuthorizationRequest(
        redirect_uri,
        parameters.get("state", ""),
        parameters.get("nonce"),
        challenge,
        {name: parameters[name] for name in NAMES if name in parameters},
    )
