"""What the console needs to know to start."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from console.address import AddressError, checked, origin
from console.sign_in.admission import Admission


@dataclass(frozen=True, slots=True)
class Credential:
    """What proves to the identity provider that the console asks: a private key (PEM, RSA or EC)
    for private_key_jwt, or a client secret."""

    kind: Literal["key", "secret"]
    value: str

    def __repr__(self) -> str:
        return f"Credential({self.kind})"


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """The identity provider, and who we are to it. AddressError: the issuer is neither https nor on
    this machine."""

    issuer: str
    client_id: str
    credential: Credential

    def __post_init__(self) -> None:
        checked(self.issuer, "the identity provider's issuer")


@dataclass(frozen=True, slots=True)
class SessionTerms:
    """How long a session lives without a request, and how long at most."""

    idle: timedelta = timedelta(minutes=30)
    absolute: timedelta = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class ConsoleSettings:
    """`database` is a PostgreSQL connection string; `base_url` the address people use, without a
    slash at its end. AddressError: cookies could not be kept safe at that address."""

    database: str
    base_url: str
    provider: ProviderSettings
    admission: Admission
    terms: SessionTerms = SessionTerms()
    pool_size: int = 4

    def __post_init__(self) -> None:
        checked(self.base_url, "the console's address (--public-url)")
        object.__setattr__(self, "base_url", self.base_url.rstrip("/"))
        if origin(self.base_url) != self.base_url:
            raise AddressError("the console's address (--public-url) must have no path")

    @property
    def is_https(self) -> bool:
        """True where browsers reach the console by https."""
        return self.base_url.startswith("https:")
