"""The number that somebody is found by: an NHS number, or the number of a case."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from nhs import nhs_number

Kind = Literal["nhs", "case"]
_CASE = re.compile(r"[0-9a-f]{32}")


class NumberError(ValueError):
    """What was typed is no such number; str() says what to do, without the number."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number that can be looked for."""

    kind: Kind
    value: str

    def __repr__(self) -> str:
        return f"Number({self.kind})"


def read_number(text: str) -> Number:
    """Takes what somebody typed; returns the number. NumberError: it is neither."""
    typed = nhs_number.normalise(text).lower()
    if not typed:
        raise NumberError("Enter an NHS number or a case number")
    if _CASE.fullmatch(typed):
        return Number("case", typed)
    if not (typed.isascii() and typed.isdigit()):
        raise NumberError(
            "An NHS number has 10 digits; a case number has 32 characters, 0 to 9 and a to f"
        )
    if len(typed) != 10:
        raise NumberError("An NHS number has 10 digits")
    if not nhs_number.is_valid(typed):
        raise NumberError("This is not a valid NHS number: check each digit")
    return Number("nhs", typed)
