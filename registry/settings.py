"""What a registry needs to know to start."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from registry.access.issuers.issuer import TrustedIssuers
from registry.access.settings import AccessSettings
from registry.core.retention.terms import RetentionSaid
from registry.limits.buckets import Limits
from registry.national.settings import NationalSettings
from registry.outgoing.address import AllowedHosts
from registry.subscriptions.settings import SubscriptionSettings


@dataclass(frozen=True, slots=True)
class RegistrySettings:
    """`database` is a PostgreSQL connection string; `base_url` the address clients use;
    `allow_test_numbers` lets the 999 range identify people, which production must not; None leaves
    it as the last process said. So does what `retention` leaves out. `jwks_hosts` are those that
    others' keys may be fetched from, `issuers` whose access tokens are trusted, `limits` how often
    one caller may ask, `national` how national services are read, None: not at all, `subscriptions`
    where notifications may be sent, and how. `read_database` is a connection string of the servers
    that reads may be answered from, None: the primary answers all; `read_lag_seconds` is how old
    the state of one may be."""

    database: str
    base_url: str
    allow_test_numbers: bool | None = None
    pool_size: int = 8
    retention: RetentionSaid = field(default_factory=RetentionSaid)
    jwks_hosts: AllowedHosts = field(default_factory=AllowedHosts)
    issuers: TrustedIssuers = field(default_factory=TrustedIssuers)
    limits: Limits = field(default_factory=Limits)
    national: NationalSettings | None = None
    subscriptions: SubscriptionSettings = field(default_factory=SubscriptionSettings)
    read_database: str | None = None
    read_lag_seconds: float = 5.0

    @property
    def access(self) -> AccessSettings:
        """The addresses that tokens are bound to."""
        own = AccessSettings.at(self.base_url)
        return replace(own, token_url_elsewhere=self.issuers.token_url_elsewhere)
