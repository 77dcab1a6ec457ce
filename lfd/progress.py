"""How fast a long command is and how long it will take, on a terminal."""

from __future__ import annotations

import sys
import time
from typing import TextIO

_OFTEN_ENOUGH = 0.5


class Progress:
    """A line on standard error that is written over; nothing where nobody sits there."""

    def __init__(self, total_bytes: int | None, to: TextIO | None = None) -> None:
        self._to = to or sys.stderr
        # Lines of output in between would tear it.
        self._shown = self._to.isatty() and not sys.stdout.isatty()
        self._total = total_bytes
        self._started = self._last = time.monotonic()

    def show(self, messages: int, done_bytes: int) -> None:
        """Takes how much is done since the start; writes it when it is time to."""
        now = time.monotonic()
        if self._shown and now - self._last >= _OFTEN_ENOUGH:
            self._last = now
            self._to.write(
                f"\r\x1b[K{said(messages, done_bytes, self._total, now - self._started)}"
            )
            self._to.flush()

    def end(self) -> None:
        """Takes the line away."""
        if self._shown:
            self._to.write("\r\x1b[K")
            self._to.flush()


def said(messages: int, done_bytes: int, total_bytes: int | None, seconds: float) -> str:
    """Takes what is done of what, and the time it took; returns it as people read it."""
    text = f"{messages:,} messages, {messages / seconds:,.0f}/s"
    if not total_bytes or not done_bytes:
        return text
    left = round(seconds * (total_bytes - done_bytes) / done_bytes)
    return f"{text}, {min(done_bytes / total_bytes, 1):.0%}, {_duration(max(left, 0))} left"


def _duration(seconds: int) -> str:
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
