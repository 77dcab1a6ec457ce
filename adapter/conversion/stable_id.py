"""Ids that depend only on what a thing is, so that the same message always gives the same bytes."""

from __future__ import annotations

from uuid import NAMESPACE_URL, uuid5

from conformance import canonical

_NAMESPACE = uuid5(NAMESPACE_URL, canonical.BASE)


def stable_id(*parts: str) -> str:
    """Takes what identifies a thing, most general first; returns its version-5 UUID."""
    return str(uuid5(_NAMESPACE, "\x1f".join(parts)))
