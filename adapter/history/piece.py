"""One message of a file of history, before anybody judged it."""

from __future__ import annotations

from dataclasses import dataclass

from adapter.reason import Reason


@dataclass(frozen=True, slots=True)
class Piece:
    """A message, or the message that a row of a CSV stands for.

    `number` counts in the file from 1; `place` is the byte at which the message begins, from 0
    (None where the file is decoded first), or the line of the row. With `faults` there is no
    message: they say why. The number 0 is the file itself.
    """

    number: int
    place: int | None
    raw: bytes
    faults: tuple[Reason, ...] = ()
