"""JSON Web Tokens in their compact form: read strictly, then the signature checked.

Reading comes first so that joserfc is only ever asked about one algorithm that fits the key.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import cast

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

MAX_LENGTH = 8192
SEGMENT = re.compile(r"[A-Za-z0-9_-]+")

ALGORITHMS = {"RSA": frozenset({"RS384", "RS512"}), "EC": frozenset({"ES384"})}
"""By key type, the algorithms we accept: SMART's RS384 and ES384, the NHS API platform's RS512."""


class Malformed(ValueError):
    """The text is no JSON Web Token that we read; str() says why, without quoting it."""


@dataclass(frozen=True, slots=True)
class Compact:
    """A token whose form is right and whose signature is not yet checked."""

    text: str
    algorithm: str
    kid: str | None
    claims: dict[str, object]


def read(text: str) -> Compact:
    """Takes a compact JWT; returns its parts. Malformed: too long, not three base64url segments,
    not JSON objects without repeated names, or a header that demands an extension."""
    segments = text.split(".")
    if len(text) > MAX_LENGTH:
        raise Malformed(f"longer than {MAX_LENGTH} characters")
    if len(segments) != 3 or not all(map(SEGMENT.fullmatch, segments)):
        raise Malformed("not three base64url segments joined by dots")
    header, claims = _object(segments[0]), _object(segments[1])
    if "crit" in header or "b64" in header:
        raise Malformed("the header demands an extension that is not supported")
    algorithm, kid = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or not isinstance(kid, str | None):
        raise Malformed("alg and kid in the header must be text")
    return Compact(text, algorithm, kid, claims)


def is_signed_by(token: Compact, key: RSAKey | ECKey) -> bool:
    """True if the key made the token's signature, by an algorithm that is accepted for that key."""
    allowed = ALGORITHMS[key.key_type]
    if token.algorithm not in allowed:
        return False
    registry = jws.JWSRegistry(algorithms=sorted(allowed), strict_check_header=False)
    registry.max_header_length = MAX_LENGTH
    try:
        jws.deserialize_compact(token.text, key, registry=registry)
    except (JoseError, ValueError):
        return False
    return True


def _object(segment: str) -> dict[str, object]:
    try:
        raw = base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
        value: object = json.loads(raw, object_pairs_hook=_without_repeats)
    except (binascii.Error, ValueError, RecursionError) as error:
        raise Malformed("header and claims must be JSON objects without repeated names") from error
    if not isinstance(value, dict):
        raise Malformed("header and claims must be JSON objects without repeated names")
    return cast(dict[str, object], value)


def _without_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name is repeated")
    return members
