"""Which of the registry's signing keys signs, which are only published, and when one is done.

A key is published before it signs, so that whoever keeps our key set for a while knows it when its
first token comes; and it stays after another has taken over, until its last token has expired.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from joserfc.jwk import ECKey

ANNOUNCED = 600.0
"""Seconds from publishing to signing: the key set may be kept for 300, and clocks differ."""
KEPT = 600.0
"""Seconds a key stays that no longer signs: tokens last 300, a process may notice 60 late."""

State = Literal["announced", "signing", "verifying", "expired"]


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key pair, and from when it signs, in seconds since 1970."""

    key: ECKey
    signs_from: float

    @property
    def kid(self) -> str:
        """The key's name."""
        return str(self.key.kid)


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A key, what it does now, and from when it is not accepted any more (None: not yet known)."""

    key: SigningKey
    state: State
    ends: float | None


def scheduled(keys: Sequence[SigningKey], now: float) -> list[Scheduled]:
    """Takes all keys and the time in seconds since 1970; returns them in the order in which they
    sign. Where all are announced only, the first signs: there must be one."""
    ordered = sorted(keys, key=lambda key: (key.signs_from, key.kid))
    begun = [number for number, key in enumerate(ordered) if key.signs_from <= now]
    signing = begun[-1] if begun else 0
    ends: list[float | None] = [after.signs_from + KEPT for after in ordered[1:]]
    ends += [None] * (len(ordered) - len(ends))
    return [
        Scheduled(key, _state(number - signing, end, now), end)
        for number, (key, end) in enumerate(zip(ordered, ends, strict=True))
    ]


def _state(place: int, end: float | None, now: float) -> State:
    if place >= 0:
        return "announced" if place else "signing"
    return "verifying" if end is not None and now < end else "expired"
