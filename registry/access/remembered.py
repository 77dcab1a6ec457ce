"""Callers of tokens that were verified a moment ago: a signature costs half a millisecond, a
look-up none."""

from __future__ import annotations

from registry.access.caller import Caller

LIMIT = 2048


class Remembered:
    """Verified tokens with their caller, each until a time (seconds since 1970); the newest LIMIT
    of them."""

    def __init__(self) -> None:
        self._tokens: dict[str, tuple[Caller, float]] = {}

    def __len__(self) -> int:
        return len(self._tokens)

    def get(self, text: str, now: float) -> Caller | None:
        """Returns whose verified token this is; None where it was not seen, or too long ago."""
        caller, until = self._tokens.get(text, (None, 0.0))
        return caller if now < until else None

    def put(self, text: str, caller: Caller, until: float) -> None:
        """Keeps a verified token; the oldest gives way."""
        self._tokens.pop(text, None)
        if len(self._tokens) >= LIMIT:
            del self._tokens[next(iter(self._tokens))]
        self._tokens[text] = (caller, until)
