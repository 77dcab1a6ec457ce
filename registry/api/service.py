"""What every interaction of the API works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from registry.access.settings import AccessSettings
from registry.api.page_tokens import PageTokens
from registry.audit.query import Hashing
from registry.audit.recorder import Recorder
from registry.limits.buckets import Buckets
from registry.replicas.reading import Replicas
from registry.store.recompute import Rules
from registry.store.transaction import Pool
from registry.store.watermark import Watermark
from registry.subscriptions.offering import Offering


@dataclass(frozen=True, slots=True)
class Service:
    """The registry's pool, rules and addresses, what has its clock tick soon, the tokens of its
    pages, the writer of the audit record and the key of the hashes in it, and how much clients, and
    addresses without a valid token, have asked; what has exports that wait be made soon; what
    subscriptions need; up to when all that was written is seen; and the standbys that reads may be
    answered from, None where there are none."""

    pool: Pool
    rules: Rules
    access: AccessSettings
    wake_clock: Callable[[], None]
    recorder: Recorder
    hashing: Hashing
    page_tokens: PageTokens
    clients: Buckets
    addresses: Buckets
    wake_exporter: Callable[[], None]
    subscriptions: Offering
    watermark: Watermark
    replicas: Replicas | None = None
