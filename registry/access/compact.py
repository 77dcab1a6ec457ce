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

from registry.access.verification_key import VerificationKey

MAX_LENGTH = 8192
SEGMENT = re.compile(r"[A-Za-z0-9_-]+")

ACCEPTED = frozenset({"RS384", "RS512", "ES384"})
"""The algorithms we accept of clients: SMART's RS384 and ES384, the NHS API platform's RS512."""


class Malformed(ValueError):
    """The text is no JSON Web Token that we read; str() says why, without quoting it."""


@dataclass(frozen=True, slots=True)
class Compact:
    """A token whose form is right and whose signature is not yet checked."""

    text: str
    algorithm: str
    kid: str | None
    claims: dict[str, object]
    type: str | None = None
    key_address: str | None = None
    """`jku` of the header: where the sender says its keys are. Never fetched for saying so."""


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
    said = [header.get(name) for name in ("kid", "typ", "jku")]
    algorithm, texts = header.get("alg"), [text for text in said if isinstance(text, str | None)]
    if not isinstance(algorithm, str) or len(texts) != len(said):
        raise Malformed("alg, kid, typ and jku in the header must be text")
    kid, kind, key_address = texts
    return Compact(text, algorithm, kid, claims, kind, key_address)


def is_signed_by(token: Compact, key: VerificationKey) -> bool:
    """True if the key made the token's signature, by an algorithm that it may be used with."""
    if token.algorithm not in key.algorithms:
        return False
    registry = jws.JWSRegistry(algorithms=[token.algorithm], strict_check_header=False)
    registry.max_header_length = MAX_LENGTH
    try:
        jws.deserialize_compact(token.text, key.key, registry=registry)
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
