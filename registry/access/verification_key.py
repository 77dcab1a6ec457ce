"""A public key with all that decides whether it may verify a signature."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from joserfc.jwk import ECKey, RSAKey

PublicKey = RSAKey | ECKey

ALGORITHMS_OF_RSA = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})
ALGORITHM_OF_CURVE = {"P-256": "ES256", "P-384": "ES384"}
ALL_ALGORITHMS = ALGORITHMS_OF_RSA | frozenset(ALGORITHM_OF_CURVE.values())
"""All that are asymmetric and sound; who verifies says which of them it accepts."""


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """A public key, the `kid` its owner gave it (None: none, it may be called anything), and the
    algorithms it may be used with."""

    key: PublicKey
    name: str | None
    algorithms: frozenset[str]


def candidates(
    keys: Iterable[VerificationKey], kid: str | None, algorithm: str
) -> list[VerificationKey]:
    """Takes an owner's keys and the header of a token; returns those that may have signed it: the
    ones of that name, or where there is none the ones without a name, if the algorithm is theirs.
    """
    known = list(keys)
    named = [key for key in known if key.name is not None and key.name == kid]
    chosen = named or [key for key in known if key.name is None]
    return [key for key in chosen if algorithm in key.algorithms]
