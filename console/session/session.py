"""A session as a request sees it, and the secrets that name it."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime

from console.navigation import Area
from console.sign_in.admission import Place

SECRET_BYTES = 32


def new_secret() -> str:
    """Returns 256 random bits as base64url text."""
    return secrets.token_urlsafe(SECRET_BYTES)


def digest(secret: str) -> bytes:
    """Takes a secret; returns what is stored of it: its SHA-256."""
    return hashlib.sha256(secret.encode()).digest()


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who a session is of: the id and name the identity provider gave, and the places they may
    choose from."""

    person: str
    name: str
    places: tuple[Place, ...]
    id_token: str

    def __repr__(self) -> str:
        return "SignedIn(...)"


@dataclass(frozen=True, slots=True)
class Session:
    """A session in use. `secret` is what the cookie holds; `place` None: the person has several and
    has not chosen; `organisation_name` is the directory's of now; `areas` are the parts of the
    console that it is a session of, None: all there are."""

    secret: str
    who: SignedIn
    place: Place | None
    organisation_name: str | None
    started_at: datetime
    areas: frozenset[Area] | None = None

    def __repr__(self) -> str:
        return "Session(...)"

    @property
    def csrf_token(self) -> str:
        """What a form of this session must send back: made of the secret, which no page holds."""
        made = hmac.digest(self.secret.encode(), b"csrf", "sha256")
        return urlsafe_b64encode(made).rstrip(b"=").decode()

    def seal(self, text: str) -> str:
        """Takes what an address is to say; returns what only this session could have put beside
        it."""
        made = hmac.digest(self.secret.encode(), b"seal " + text.encode(), "sha256")
        return urlsafe_b64encode(made[:12]).decode()

    def is_sealed(self, text: str, seal: str) -> bool:
        """Takes what an address says and what stands beside it; True if this session made both."""
        return hmac.compare_digest(self.seal(text).encode(), seal.encode())

    def is_token(self, sent: str | None) -> bool:
        """Takes what a form sent; True if it is this session's token."""
        return sent is not None and hmac.compare_digest(self.csrf_token.encode(), sent.encode())
