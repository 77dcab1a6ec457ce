"""Reads JSON Web Keys and sets of them.

Source: RFC 7517 (members, sets), RFC 7518 section 6 (RSA and EC), SMART App Launch 2.2 "Client
Authentication: Asymmetric" (`kid` is required).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import cast

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from registry.access.public_key import MIN_RSA_BITS, PublicKeyError, accepted, algorithms
from registry.access.verification_key import VerificationKey

MAX_KEYS = 50
MAX_NAME = 255
PRIVATE = ("d", "p", "q", "dp", "dq", "qi", "oth", "k")

Jwk = Mapping[str, object]


def key(jwk: Jwk) -> VerificationKey:
    """Takes a public JSON Web Key; returns it with its name and the algorithms it may be used
    with. PublicKeyError: private, not for signatures, without a `kid`, or of a kind not accepted.
    """
    if any(name in jwk for name in PRIVATE):
        raise PublicKeyError(
            "there is a private or symmetric key in it: keep it secret and give only the public "
            "members; nothing was stored"
        )
    name = jwk.get("kid")
    if not isinstance(name, str) or not 0 < len(name) <= MAX_NAME or not name.isprintable():
        raise PublicKeyError(f"a key needs a kid of 1 to {MAX_NAME} printable characters")
    if jwk.get("use", "sig") != "sig" or not _may_verify(jwk.get("key_ops")):
        raise PublicKeyError("a key is not for signatures (use, key_ops)")
    public = accepted(_imported(jwk))
    may, said = algorithms(public), jwk.get("alg")
    if said is None:
        return VerificationKey(public, name, may)
    if not isinstance(said, str) or said not in may:
        raise PublicKeyError("a key's alg does not fit the key, or is not accepted")
    return VerificationKey(public, name, frozenset({said}))


def usable_keys(document: object) -> tuple[VerificationKey, ...]:
    """Takes a fetched set; returns the keys in it that can be used, passing over the others as RFC
    7517 section 5 asks. PublicKeyError: not a set, or too many keys."""
    found: list[VerificationKey] = []
    for jwk in _members(document):
        try:
            found.append(key(jwk))
        except PublicKeyError:
            continue
    return tuple(found)


def read(text: str) -> tuple[VerificationKey, ...]:
    """Takes the text of a set that somebody registers; returns all its keys. PublicKeyError: it
    can't be read, is empty, or any key in it can't be used or shares its name with another."""
    try:
        document: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise PublicKeyError("this is not JSON") from error
    keys = tuple(map(key, _members(document)))
    if not keys:
        raise PublicKeyError("there is no key in the set")
    if len({one.name for one in keys}) != len(keys):
        raise PublicKeyError("two keys have the same kid")
    return keys


def _members(document: object) -> list[Jwk]:
    members = cast(Jwk, document).get("keys") if isinstance(document, dict) else None
    if not isinstance(members, list):
        raise PublicKeyError('a JSON Web Key Set is expected: {"keys": [...]}')
    listed = cast(list[object], members)
    if len(listed) > MAX_KEYS:
        raise PublicKeyError(f"there are more than {MAX_KEYS} keys in the set")
    if not all(isinstance(member, dict) for member in listed):
        raise PublicKeyError("a key in the set is not a JSON object")
    return cast(list[Jwk], listed)


def _may_verify(operations: object) -> bool:
    return operations is None or (
        isinstance(operations, list) and "verify" in cast(list[object], operations)
    )


def _imported(jwk: Jwk) -> object:
    """The key itself: what else the owner wrote beside it must not steer the library."""
    kinds = {"RSA": (RSAKey, ("n", "e")), "EC": (ECKey, ("crv", "x", "y"))}
    kind, names = kinds.get(str(jwk.get("kty")), (None, ()))
    numbers = {name: jwk.get(name) for name in names}
    if kind is None or not all(isinstance(number, str) for number in numbers.values()):
        raise PublicKeyError("a key is neither RSA nor EC, or its numbers are missing")
    # Before the library sees it, which would say so on standard error.
    if kind is RSAKey and len(str(numbers["n"])) * 6 < MIN_RSA_BITS:
        raise PublicKeyError(f"an RSA key has fewer than {MIN_RSA_BITS} bits")
    members = {"kty": str(jwk["kty"]), **{name: str(number) for name, number in numbers.items()}}
    try:
        return kind.import_key(cast(dict[str, str | list[str]], members)).public_key
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        raise PublicKeyError("a key's numbers can't be read") from error
