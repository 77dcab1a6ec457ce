"""Authorization codes and access tokens of the local provider: in memory, good once and briefly."""

from __future__ import annotations

import hashlib
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass

LIFETIME = 60.0
LIMIT = 1000


@dataclass(frozen=True, slots=True)
class Grant:
    """What a code stands for: the person's claims, and the request it answers."""

    claims: dict[str, object]
    nonce: str | None
    code_challenge: str

    def is_proved_by(self, verifier: str) -> bool:
        """Takes a PKCE verifier; True if the challenge was made of it (RFC 7636, S256)."""
        made = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=")
        return secrets.compare_digest(made, self.code_challenge.encode())


class Kept:
    """Grants by a secret that is handed out, each taken once. `clock` counts seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._grants: dict[str, tuple[float, Grant]] = {}

    def put(self, grant: Grant) -> str:
        """Takes a grant; returns the secret that stands for it."""
        if len(self._grants) >= LIMIT:
            del self._grants[next(iter(self._grants))]
        secret = secrets.token_urlsafe(32)
        self._grants[secret] = self._clock() + LIFETIME, grant
        return secret

    def take(self, secret: str) -> Grant | None:
        """Takes a secret; returns its grant, None where there is none, no longer, or it was taken
        before."""
        until, grant = self._grants.pop(secret, (0.0, None))
        return grant if self._clock() < until else None
