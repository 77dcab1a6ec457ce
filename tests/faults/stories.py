"""What is told: people of whom each message changes something, so that none can be missed."""

from __future__ import annotations

from itertools import count

from tests.end_to_end.adt import Person, Stay, new_nhs_number
from tests.end_to_end.telling import in_hospital

_SERIAL = count(1)


def people(how_many: int) -> list[str]:
    """Takes a number of people; returns the messages about as many new ones, told in turn."""
    stories = [_STORIES[next(_SERIAL) % len(_STORIES)](new_nhs_number()) for _ in range(how_many)]
    longest = max(map(len, stories), default=0)
    return [story[at] for at in range(longest) for story in stories if at < len(story)]


def _after_discharge(number: str) -> list[str]:
    """Left one trust alive; another tells of the death within 30 days."""
    one, two = Person("RT1", number, f"A{number}"), Person("RT2", number, f"B{number}")
    left = Stay(f"V{number}", "20260105090000", "20260110093000", "1", "19")
    return [
        one.message("A01", "20260105090000", stay=Stay(left.visit, left.admitted)),
        one.message("A03", "20260110100000", stay=left),
        two.message("A31", "20260121100000", died="20260120", indicator="Y"),
    ]


def _merged(number: str) -> list[str]:
    """Came in under one local number and died under another, which a merge joins."""
    known, again = Person("RT1", number, f"A{number}"), Person("RT1", number, f"C{number}")
    died = Stay(f"W{number}", "20260115090000", "20260116093000", "4", "79")
    return [
        known.message("A01", "20260105090000", stay=Stay(f"V{number}", "20260105090000")),
        again.message("A03", "20260116100000", stay=died, died="20260116", indicator="Y"),
        known.message("A40", "20260117100000", merges=again.mrn),
    ]


_STORIES = (in_hospital, _after_discharge, _merged)
