"""Verifies an ID token (OpenID Connect Core 1.0, section 3.1.3.7)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from authlib.oidc.core import CodeIDToken
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from console.sign_in.fault import SignInRefused

LEEWAY = 60
"""Seconds that two clocks may differ."""
MAX_LENGTH = 16 * 1024
MIN_RSA_BITS = 2048

# Never `none`, and never HS256: a public key would serve as its secret.
ALGORITHMS: dict[str, frozenset[str]] = {
    "RSA": frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}),
    "EC": frozenset({"ES256", "ES384", "ES512"}),
}

VerificationKey = RSAKey | ECKey


class UnknownKey(SignInRefused):
    """The token names a key that is not among those given: the provider may have a new one."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a token must say: who made it, for whom, and in answer to which request."""

    issuer: str
    client_id: str
    nonce: str


def verification_keys(key_set: dict[str, object]) -> list[VerificationKey]:
    """Takes a JSON Web Key Set (RFC 7517); returns the keys in it that may verify a signature, and
    leaves out all others: secrets, keys for encryption, weak and unreadable ones."""
    listed = key_set.get("keys")
    rows = cast(list[object], listed) if isinstance(listed, list) else []
    found = (_key(cast(dict[str, Any], row)) for row in rows if isinstance(row, dict))
    return [key for key in found if key is not None]


def _key(row: dict[str, Any]) -> VerificationKey | None:
    kinds: dict[str, type[RSAKey] | type[ECKey]] = {"RSA": RSAKey, "EC": ECKey}
    kind = kinds.get(str(row.get("kty")))
    if kind is None or row.get("use", "sig") != "sig" or "d" in row:
        return None
    if kind is RSAKey and len(str(row.get("n", ""))) * 6 < MIN_RSA_BITS:
        return None
    try:
        return kind.import_key(row)
    except (JoseError, ValueError, TypeError, KeyError):
        return None


def verify(
    text: str, keys: Sequence[VerificationKey], expected: Expected, now: float
) -> dict[str, object]:
    """Takes an ID token, the provider's keys, what it must say and the time in seconds since 1970;
    returns its claims. UnknownKey: none of the keys is its. SignInRefused: it proves nothing."""
    if len(text) > MAX_LENGTH:
        raise SignInRefused("the ID token is too long")
    try:
        header = jws.extract_compact(text.encode()).headers()
        if "crit" in header:
            raise SignInRefused("the ID token has an extension that we do not know")
        algorithm = header.get("alg")
        key = _signer(keys, header.get("kid"), algorithm)
        token = jwt.decode(text, key, algorithms=[str(algorithm)])
        claims = CodeIDToken(
            token.claims,
            token.header,
            {
                "iss": {"essential": True, "value": expected.issuer},
                "aud": {"essential": True, "value": expected.client_id},
                "sub": {"essential": True},
            },
            {"nonce": expected.nonce, "client_id": expected.client_id},
        )
        check = cast(Callable[[int, int], None], claims.validate)  # Authlib has no types
        check(int(now), LEEWAY)
    except (JoseError, ValueError, TypeError) as error:
        said = error.error if isinstance(error, JoseError) else type(error).__name__
        raise SignInRefused(f"the ID token is not good: {said}") from error
    return dict(token.claims)


def _signer(keys: Sequence[VerificationKey], kid: object, algorithm: object) -> VerificationKey:
    if not any(algorithm in names for names in ALGORITHMS.values()):
        raise SignInRefused("the ID token is not signed in a way we accept")
    fitting = [
        key
        for key in keys
        if algorithm in ALGORITHMS[key.key_type] and (key.alg or algorithm) == algorithm
    ]
    named = [key for key in fitting if kid is None or key.kid == kid]
    if kid is None and len(named) > 1:
        raise SignInRefused("the ID token names no key, and the provider has several")
    if not named:
        raise UnknownKey("the ID token is signed with a key that the provider does not show")
    return named[0]
