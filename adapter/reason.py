"""Why a message is not accepted, in words for the people who can mend it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """A code of HL7 table 0357, the place (`PID[1]-3`, '' if none) and a text without any value.

    The text says what is wrong and what to do; it never holds content of the message.
    """

    code: str
    location: str
    text: str
