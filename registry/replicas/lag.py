"""How old the state of a standby is, and which standby a client reads from. Positions are those of
the write-ahead log, in bytes; times are seconds of one clock that never goes back."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Collection

# Longer ago than this nothing is looked for: such a standby is not read from.
REMEMBERED_SECONDS = 60.0


class Trail:
    """Where the primary was, and when."""

    def __init__(self) -> None:
        self._noted: deque[tuple[float, int]] = deque()

    def note(self, at: float, position: int) -> None:
        """Takes a time, and the position that the primary had then or later."""
        self._noted.append((at, position))
        while self._noted[0][0] < at - REMEMBERED_SECONDS:
            self._noted.popleft()

    def as_of(self, position: int) -> float | None:
        """Takes the position of a standby; returns the newest time noted such that it has
        everything that was committed before; None where it is older than what is remembered."""
        return next((at for at, then in reversed(self._noted) if then <= position), None)


def home(client: str, standbys: Collection[str]) -> str | None:
    """Takes a client and the names of the standbys in use; returns the one it reads from, the same
    in every process: one standby's state only goes forward. When one comes or goes, only its own
    clients move. None where there is none."""

    def weight(standby: str) -> bytes:
        return hashlib.sha256(f"{standby}\n{client}".encode()).digest()

    return max(standbys, key=weight, default=None)
