"""Callers of tokens that were verified before: a signature costs half a millisecond, a look-up
none."""

from __future__ import annotations

from registry.access.caller import Caller

LIMIT = 2048


class Remembered:
    """Verified tokens with their caller and expiry (seconds since 1970), the newest LIMIT of
    them."""

    def __init__(self) -> None:
        self._tokens: dict[str, tuple[Caller, float]] = {}

    def __len__(self) -> int:
        return len(self._tokens)

    def get(self, text: str) -> tuple[Caller, float] | None:
        """Returns whose verified token this is and until when; None where it was not seen."""
        return self._tokens.get(text)

    def put(self, text: str, caller: Caller, expires: float) -> None:
        """Keeps a verified token; the oldest gives way."""
        if len(self._tokens) >= LIMIT:
            del self._tokens[next(iter(self._tokens))]
        self._tokens[text] = (caller, expires)
