"""What a token request asks for: the form read and its parameters checked, nothing looked up."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl

from registry.access.oauth_error import OAuthError

MAX_BODY = 64 * 1024
MAX_FIELDS = 32
CONTENT_TYPE = "application/x-www-form-urlencoded"
GRANT_TYPE = "client_credentials"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """A client assertion, the scopes asked for (None: not said; empty: none, in words) and the
    client id if sent besides."""

    assertion: str
    scope: str | None
    client_id: str | None


def read(content_type: str, body: bytes) -> TokenRequest:
    """Takes the Content-Type and body of a token request (RFC 6749 section 4.4.2, RFC 7523 section
    2.2); returns what it asks for. OAuthError invalid_request or unsupported_grant_type."""
    if content_type.partition(";")[0].strip().lower() != CONTENT_TYPE:
        raise OAuthError("invalid_request", f"Content-Type must be {CONTENT_TYPE}")
    form = _form(body)
    if _required(form, "grant_type") != GRANT_TYPE:
        raise OAuthError("unsupported_grant_type", f"grant_type must be {GRANT_TYPE}")
    if _required(form, "client_assertion_type") != ASSERTION_TYPE:
        raise OAuthError("invalid_request", f"client_assertion_type must be {ASSERTION_TYPE}")
    return TokenRequest(
        _required(form, "client_assertion"), form.get("scope"), form.get("client_id")
    )


def _form(body: bytes) -> dict[str, str]:
    if len(body) > MAX_BODY:
        raise OAuthError("invalid_request", f"the body is longer than {MAX_BODY} bytes")
    try:
        sent = parse_qsl(body.decode("ascii"), True, errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError as error:
        raise OAuthError("invalid_request", "the form can't be read") from error
    # Parameters without a value count as not sent (RFC 6749 section 3.2), but for scope: who asks
    # for no scope at all must not get every one (the Bulk Data Tester, "Rejects empty scope").
    pairs = [(name, value) for name, value in sent if value or name == "scope"]
    form = dict(pairs)
    if len(form) != len(pairs):
        raise OAuthError("invalid_request", "a parameter is repeated")
    return form


def _required(form: dict[str, str], name: str) -> str:
    value = form.get(name)
    if value is None:
        raise OAuthError("invalid_request", f"{name} is required")
    return value
