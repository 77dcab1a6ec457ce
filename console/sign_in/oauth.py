"""The OAuth 2.0 requests of a sign-in, as Authlib writes them. The only module that knows how."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast
from urllib.parse import quote_plus

from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749 import parameters
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oauth2.rfc7636 import challenge
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from console.settings import Credential, ProviderSettings
from console.sign_in.attempts import Attempt
from console.sign_in.discovery import ProviderMetadata

# Authlib has no types.
_grant_uri = cast(Callable[..., str], parameters.prepare_grant_uri)
_token_request = cast(Callable[..., str], parameters.prepare_token_request)
_challenge = cast(Callable[[str], str], challenge.create_s256_code_challenge)

FORM = "application/x-www-form-urlencoded"
RSA_ALGORITHMS = ("RS512", "RS384", "PS256", "RS256")
EC_ALGORITHMS = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}


class CredentialError(ValueError):
    """The client's key can't sign; str() says what to give instead, without the key."""


def authorization_url(
    provider: ProviderMetadata,
    client_id: str,
    redirect_uri: str,
    attempt: Attempt,
    *,
    scopes: tuple[str, ...],
    acr_values: tuple[str, ...],
) -> str:
    """Takes the provider, who asks for what, and the attempt; returns where to send the browser
    (authorization code with PKCE S256: RFC 6749 section 4.1.1, RFC 7636)."""
    return _grant_uri(
        provider.authorization_endpoint,
        client_id=client_id,
        response_type="code",
        redirect_uri=redirect_uri,
        scope=" ".join(scopes),
        state=attempt.state,
        nonce=attempt.nonce,
        code_challenge=_challenge(attempt.verifier),
        code_challenge_method="S256",
        acr_values=" ".join(acr_values) or None,
    )


def token_request(
    provider: ProviderMetadata,
    settings: ProviderSettings,
    redirect_uri: str,
    code: str,
    attempt: Attempt,
) -> tuple[dict[str, str], str]:
    """Takes the provider, who we are, and the code with its attempt; returns the headers and the
    form to post (RFC 6749 section 4.1.3), with the proof that it is us."""
    form = _token_request(
        "authorization_code", redirect_uri=redirect_uri, code=code, code_verifier=attempt.verifier
    )
    auth = _client_auth(settings, provider)
    prepare = cast(Callable[..., tuple[str, dict[str, str], str]], auth.prepare)
    _, headers, body = prepare("POST", provider.token_endpoint, {"Content-Type": FORM}, form)
    return headers, body


def check(credential: Credential) -> None:
    """CredentialError: the credential can't be used."""
    if credential.kind == "key":
        _key(credential.value)


def _client_auth(settings: ProviderSettings, provider: ProviderMetadata) -> ClientAuth:
    credential = settings.credential
    if credential.kind == "secret":
        # Encoded as in a form first (RFC 6749 section 2.3.1), which Authlib leaves to us.
        names = (quote_plus(settings.client_id), quote_plus(credential.value))
        return ClientAuth(*names, "client_secret_basic")
    key = _key(credential.value)
    header = {"kid": key.thumbprint(), "typ": "JWT"}
    algorithm = _algorithm(key, provider.client_algorithms)
    proof: Any = PrivateKeyJWT(provider.token_endpoint, headers=header, alg=algorithm)
    return ClientAuth(settings.client_id, key, proof)


def _algorithm(key: RSAKey | ECKey, accepted: frozenset[str]) -> str:
    """The strongest the provider says it takes; what it takes unsaid is left to it."""
    if isinstance(key, ECKey):
        return EC_ALGORITHMS[key.curve_name]
    return next((name for name in RSA_ALGORITHMS if name in accepted), RSA_ALGORITHMS[0])


def _key(pem: str) -> RSAKey | ECKey:
    for kind in (RSAKey, ECKey):
        try:
            key = kind.import_key(pem)
        except (JoseError, ValueError, TypeError):
            continue
        if key.is_private and (isinstance(key, RSAKey) or key.curve_name in EC_ALGORITHMS):
            return key
    raise CredentialError(
        "expected a private key (PEM, without a password): RSA, or EC on P-256, P-384 or P-521"
    )
