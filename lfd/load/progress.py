"""How fast a load is and how long it will take: a line written over on a terminal, else now and
then a line of its own, for a load of hours is left to run by itself."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import timedelta
from time import monotonic
from typing import TextIO

_ON_A_TERMINAL = 0.5
_IN_A_FILE = 60.0


class LoadProgress:
    """Says how far it is, not more often than anybody reads."""

    def __init__(
        self, total_bytes: int, to: TextIO | None = None, clock: Callable[[], float] = monotonic
    ) -> None:
        """Takes the size of all files together, where to write, and a clock in seconds."""
        self._to = to or sys.stderr
        self._is_terminal = self._to.isatty()
        self._every = _ON_A_TERMINAL if self._is_terminal else _IN_A_FILE
        self._total = total_bytes
        self._clock = clock
        self._began = self._last = clock()
        self._before: tuple[int, int] | None = None

    def show(self, messages: int, done_bytes: int, quarantined: int, left_out: int) -> None:
        """Takes the messages done since the start, the bytes that are behind us (those of an
        earlier run too), and what went wrong."""
        now = self._clock()
        if self._before is None:
            # What an earlier run did, and starting, say nothing about the rate of this one.
            self._began, self._before = now, (messages, done_bytes)
        if now - self._last < self._every or now == self._began:
            return
        self._last = now
        messages -= self._before[0]
        new_bytes, left = done_bytes - self._before[1], self._total - done_bytes
        text = said(messages, new_bytes, left, now - self._began)
        text += f", {quarantined:,} in quarantine, {left_out:,} left out"
        self._to.write(f"\r\x1b[K{text}" if self._is_terminal else f"{text}\n")
        self._to.flush()

    def note(self, text: str) -> None:
        """Takes something that somebody should know now; writes it on a line of its own."""
        self._to.write(f"\r\x1b[Klfd: {text}\n" if self._is_terminal else f"lfd: {text}\n")
        self._to.flush()

    def end(self) -> None:
        """Takes the line away."""
        if self._is_terminal:
            self._to.write("\r\x1b[K")
            self._to.flush()


def said(messages: int, done_bytes: int, bytes_left: int, seconds: float) -> str:
    """Takes what this run did in how many seconds, and what is left; returns it for people."""
    text = f"{messages:,} messages, {messages / seconds:,.0f}/s"
    if done_bytes <= 0:
        return text
    left = timedelta(seconds=round(max(0, bytes_left) * seconds / done_bytes))
    return f"{text}, {done_bytes / (done_bytes + max(0, bytes_left)):.0%}, {left} left"
