"""The addresses of this registry that tokens are bound to."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

# Two names of one loopback: a client on the same machine may use either.
TWIN = {"127.0.0.1": "localhost", "localhost": "127.0.0.1"}


@dataclass(frozen=True, slots=True)
class AccessSettings:
    """The registry's own address, without a slash at its end, the token addresses that a client
    assertion may name as its audience, and the token endpoint of another issuer where this registry
    gives out no tokens itself."""

    base_url: str
    token_urls: frozenset[str]
    token_url_elsewhere: str | None = None

    @property
    def issues_tokens(self) -> bool:
        """True if the registry gives out access tokens and accepts its own."""
        return self.token_url_elsewhere is None

    @property
    def fhir_url(self) -> str:
        """Where the FHIR API is: the audience of access tokens."""
        return f"{self.base_url}/fhir"

    @property
    def token_url(self) -> str:
        """Where clients fetch tokens, as we publish it."""
        return self.token_url_elsewhere or f"{self.base_url}/oauth2/token"

    @classmethod
    def at(cls, base_url: str, *more_token_urls: str) -> AccessSettings:
        """Takes the registry's address (and further token addresses, where a proxy gives it other
        names); returns the settings, for a loopback address with both names of the loopback."""
        base_url = base_url.rstrip("/")
        names = {f"{base}/oauth2/token" for base in (base_url, _twin(base_url))}
        return cls(base_url, frozenset(names | set(more_token_urls)))


def _twin(base_url: str) -> str:
    host = urlsplit(base_url).hostname or ""
    return base_url.replace(f"://{host}", f"://{TWIN[host]}", 1) if host in TWIN else base_url
