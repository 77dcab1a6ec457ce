"""The key sets of others as this process knows them: fetched when needed, kept for a while."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from registry.access.jwks.fetching import Fetched, JwksUnavailable
from registry.access.verification_key import VerificationKey

ASK_AGAIN = 30.0
"""Seconds between two fetches of one set, whatever tokens say: nobody makes us flood its host."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Known:
    """`good_until` and `ask_from` are times of the clock."""

    keys: tuple[VerificationKey, ...] = ()
    good_until: float = 0.0
    ask_from: float = 0.0
    why_not: str = "not asked yet"
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    def has(self, kid: str | None, now: float) -> bool:
        """True if the set is still good and holds a key of that name."""
        return now < self.good_until and any(key.name == kid for key in self.keys)


class KeySets:
    """`fetch` gets a set from its address; `clock` counts seconds."""

    def __init__(
        self, fetch: Callable[[str], Awaitable[Fetched]], clock: Callable[[], float]
    ) -> None:
        self._fetch = fetch
        self._clock = clock
        self._sets: dict[str, _Known] = {}

    async def keys(self, url: str, kid: str | None) -> tuple[VerificationKey, ...]:
        """Takes the address of a set and the key a token names; returns the set's keys, fetched
        anew where they are too old, or do not have that key and were not asked for just now.

        JwksUnavailable: none can be had. A key that its owner took out is gone at the latest when
        the set is too old; keys too old are never used, though its host may not answer.
        """
        known = self._sets.setdefault(url, _Known())
        if not known.has(kid, self._clock()):
            async with known.asking:
                now = self._clock()
                if not known.has(kid, now) and now >= known.ask_from:
                    await self._ask(url, known)
        if self._clock() >= known.good_until:
            raise JwksUnavailable(known.why_not)
        return known.keys

    async def _ask(self, url: str, known: _Known) -> None:
        try:
            fetched = await self._fetch(url)
        except JwksUnavailable as error:
            known.why_not = str(error)
            _log.warning("keys not fetched host=%s reason=%s", urlsplit(url).hostname, error)
        else:
            known.keys, known.good_until = fetched.keys, self._clock() + fetched.keep
        known.ask_from = self._clock() + ASK_AGAIN
