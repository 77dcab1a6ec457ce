"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How good or bad it is."""

    OK = "OK"
    WARN = "WARN"
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class Finding:
    """How bad, which check, what it found, and what to do about it ("": nothing). Never holds
    personal data or secrets."""

    level: Level
    check: str
    found: str
    advice: str = ""

    @property
    def line(self) -> str:
        """The finding for people, on one line."""
        advice = f". {self.advice}" if self.advice else ""
        return f"{self.level:<4} {self.check}: {self.found}{advice}"


def ok(check: str, found: str) -> Finding:
    """Takes a check and what it found; returns that nothing is wrong."""
    return Finding(Level.OK, check, found)


def warn(check: str, found: str, advice: str) -> Finding:
    """Takes a check, what it found and what to do; returns a warning: it works, for now."""
    return Finding(Level.WARN, check, found, advice)


def fail(check: str, found: str, advice: str) -> Finding:
    """Takes a check, what it found and what to do; returns that it does not work."""
    return Finding(Level.FAIL, check, found, advice)
