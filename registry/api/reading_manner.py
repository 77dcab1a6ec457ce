"""How the database is to read what is asked for: planned anew for its values, or by key."""

from __future__ import annotations

from registry.api.interactions import Match
from registry.store.reader import Manner

# Longer than this nobody waits for a search, and others wait behind it.
SEARCH_LIMIT = "20s"
# These are not read as they are stored: they are made of much else.
_MADE = frozenset({"AuditEvent", "Group", "Measure", "MeasureReport", "Subscription"})
# Whoever names these is answered from the rows of one person, or from one row.
_KEYS = frozenset(
    {
        "_id",
        "identifier",
        *(f"{name}{suffix}" for name in ("patient", "subject")
          for suffix in ("", ".identifier", ":identifier", ":Patient")),
    }
)  # fmt: skip


def manner(found: Match, asked: tuple[tuple[str, str], ...]) -> Manner:
    """Takes what is asked for and its parameters; returns how to read it."""
    is_stored = found.resource_type not in _MADE
    if found.code == "search-type":
        is_of_one = any(name in _KEYS and "," not in value for name, value in asked)
        return Manner(is_stored and is_of_one, SEARCH_LIMIT)
    return Manner(is_stored and found.code in ("read", "vread"))
