"""What every interaction of the API works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from registry.access.settings import AccessSettings
from registry.api.page_tokens import PageTokens
from registry.store.recompute import Rules
from registry.store.transaction import Pool


@dataclass(frozen=True, slots=True)
class Service:
    """The registry's pool, rules and addresses, what has its clock tick soon, and the tokens of
    its pages."""

    pool: Pool
    rules: Rules
    access: AccessSettings
    wake_clock: Callable[[], None]
    page_tokens: PageTokens = field(default_factory=PageTokens)
