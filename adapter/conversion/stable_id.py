"""Ids that depend only on what a thing is, so that the same message always gives the same bytes."""

from __future__ import annotations

from hashlib import sha1
from uuid import NAMESPACE_URL, uuid5

from conformance import canonical

_NAMESPACE = sha1(uuid5(NAMESPACE_URL, canonical.BASE).bytes, usedforsecurity=False)
_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}


def stable_id(*parts: str) -> str:
    """Takes what identifies a thing, most general first; returns its version-5 UUID."""
    # What uuid.uuid5 gives (RFC 9562 section 5.5), without its costly UUID object: this runs a
    # dozen times for every message.
    digest = _NAMESPACE.copy()
    digest.update("\x1f".join(parts).encode())
    text = digest.hexdigest()
    variant = _VARIANT[text[16]]
    return f"{text[:8]}-{text[8:12]}-5{text[13:16]}-{variant}{text[17:20]}-{text[20:32]}"
