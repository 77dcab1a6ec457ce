"""What an answer of a national service means for what was asked: pure, so each case has a test.

Source: NHS England API platform: 429 with Retry-After; Personal Demographics Service: 404 with
INVALIDATED_RESOURCE or RESOURCE_NOT_FOUND, in an OperationOutcome.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any

from registry.national.demographics import INVALIDATED_RESOURCE, error_codes

# A token that holds but is not taken, a client that may not ask: people have to mend it.
_FOR_PEOPLE_SECONDS = 3600.0
_LONGEST_SECONDS = 3600.0
_FIRST_SECONDS = 2.0
# A service that asks for more patience than this is asked again all the same.
_LONGEST_HOLD = 3600.0


class Outcome(StrEnum):
    """What came of asking."""

    FOUND = "found"
    NOT_FOUND = "not-found"
    INVALIDATED = "invalidated"
    UNAUTHORISED = "unauthorised"
    FORBIDDEN = "forbidden"
    REFUSED = "refused"
    TOO_MANY = "too-many-requests"
    UNWELL = "service-unwell"
    UNREACHABLE = "unreachable"
    UNREADABLE = "unreadable"
    FAILED = "failed-here"
    NO_TOKEN = "no-token"  # noqa: S105 - the name of an outcome


# What is known then: nothing is asked again.
SETTLED = {Outcome.FOUND, Outcome.NOT_FOUND, Outcome.INVALIDATED}
_FOR_PEOPLE = {Outcome.FORBIDDEN, Outcome.REFUSED, Outcome.UNREADABLE, Outcome.FAILED}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of asking, the JSON of it, its hash, and for how many seconds the service does not
    want to be asked anything (0: it did not say)."""

    outcome: Outcome
    body: Any = None
    answer_hash: str = ""
    hold_seconds: float = 0.0


def outcome_of(status: int, body: Any) -> Outcome:
    """Takes an HTTP status and the JSON of the answer; returns what it means."""
    if status == 200:
        return Outcome.FOUND
    if status == 404:
        is_invalid = INVALIDATED_RESOURCE in error_codes(body)
        return Outcome.INVALIDATED if is_invalid else Outcome.NOT_FOUND
    if status >= 500:
        return Outcome.UNWELL
    named = {401: Outcome.UNAUTHORISED, 403: Outcome.FORBIDDEN, 429: Outcome.TOO_MANY}
    return named.get(status, Outcome.REFUSED)


def hold_seconds(status: int, headers: Mapping[str, str], now: datetime) -> float:
    """Takes the status and headers of an answer and the time; returns for how long its service does
    not want to be asked: Retry-After, in seconds or as a date; a second where a 429 has none."""
    if status != 429 and status < 500:
        return 0.0
    said = headers.get("retry-after", "")
    if said.isascii() and said.isdigit():
        return min(float(said), _LONGEST_HOLD)
    try:
        until = parsedate_to_datetime(said)
    except ValueError:
        return 1.0 if status == 429 else 0.0
    moment = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max((moment - now).total_seconds(), 0.0), _LONGEST_HOLD)


def back_off(outcome: Outcome, attempts: int, jitter: float) -> float:
    """Takes what came of asking, how often it was tried (this time counted) and a number from 0 to
    1; returns the seconds until the next try: twice as long each time, up to an hour; an hour at
    once where only people can mend it."""
    if outcome in _FOR_PEOPLE:
        return _FOR_PEOPLE_SECONDS
    longest = min(_FIRST_SECONDS * 2.0 ** min(attempts - 1, 20), _LONGEST_SECONDS)
    return longest * (0.5 + jitter / 2)
