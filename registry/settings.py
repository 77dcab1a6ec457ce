"""What a registry needs to know to start."""

from __future__ import annotations

from dataclasses import dataclass

from registry.core.retention_terms import RetentionSaid


@dataclass(frozen=True, slots=True)
class RegistrySettings:
    """`database` is a PostgreSQL connection string; `base_url` the address clients use;
    `allow_test_numbers` lets the 999 range identify people, which production must not; None leaves
    it as the last process said. So does what `retention` leaves out."""

    database: str
    base_url: str
    allow_test_numbers: bool | None = None
    pool_size: int = 8
    retention: RetentionSaid = RetentionSaid()
