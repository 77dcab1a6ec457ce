"""Counts, by sender, the fields with a value that no mapping read; the labels are bounded."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter

OTHER = "other"
MOST_ORGANISATIONS = 50
MOST_FIELDS = 200
"""For each organisation; a sender cannot fill the memory of the process with names of fields."""


class UnmappedFields:
    """The counter `adapter_unmapped_fields_total`; what is beyond the bounds counts as `other`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._counter = Counter(
            "adapter_unmapped_fields",
            "Fields with a value that no mapping read, in messages that were converted",
            ["organisation", "field"],
            registry=registry,
        )
        self._known: dict[str, dict[str, Counter]] = {}

    def count(self, organisation: str, fields: Iterable[str]) -> None:
        """Takes the sender's ODS code, '' where it is not known, and names of fields."""
        organisation = organisation or "unknown"
        if organisation not in self._known and len(self._known) >= MOST_ORGANISATIONS:
            organisation = OTHER
        known = self._known.setdefault(organisation, {})
        for field in fields:
            label = field if field in known or len(known) < MOST_FIELDS else OTHER
            if label not in known:
                known[label] = self._counter.labels(organisation, label)
            known[label].inc()
