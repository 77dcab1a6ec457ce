"""NHS numbers: the check digit, and the numbers that pass it and still identify nobody.

Source: NHS Data Dictionary, NHS NUMBER (modulus 11). All ten repeated-digit numbers satisfy the
check, and senders use them as dummies, so they are never an identity. 999 000 0000 to
999 999 9999 is the range for test people.
"""

from __future__ import annotations

from collections.abc import Iterator

WEIGHTS = range(10, 1, -1)
TEST_PREFIX = "999"
_TEST_STEMS = 1_000_000


def normalise(text: str) -> str:
    """Takes an NHS number as people write it; returns its digits, spaces and hyphens removed."""
    return text.replace(" ", "").replace("-", "").strip()


def check_digit(first_nine: str) -> int | None:
    """Takes nine digits; returns the tenth, or None where no valid number begins so."""
    remainder = sum(w * int(d) for w, d in zip(WEIGHTS, first_nine, strict=True)) % 11
    digit = (11 - remainder) % 11
    return None if digit == 10 else digit


def is_valid(number: str) -> bool:
    """Takes ten digits; True if they can identify a person.

    Wrong length, other characters, a wrong check digit and ten equal digits are all False.
    """
    return (
        len(number) == 10
        and number.isascii()
        and number.isdigit()
        and len(set(number)) > 1
        and check_digit(number[:9]) == int(number[9])
    )


def is_test(number: str) -> bool:
    """True for the range that is kept for test people (999…)."""
    return number.startswith(TEST_PREFIX)


def of_test_range(first: int = 0) -> Iterator[str]:
    """Takes the six digits to begin with after 999; yields the valid numbers of the test range from
    there on, in order, each once."""
    for serial in range(first, _TEST_STEMS):
        nine = f"{TEST_PREFIX}{serial:06}"
        number = f"{nine}{check_digit(nine)}"
        if is_valid(number):
            yield number
