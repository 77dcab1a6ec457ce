"""When a step on a review is due: working days of England, or calendar months."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from holidays import country_holidays

from nhs.london_time import london_date
from registry.core.policy import Period
from registry.core.reviews import Review, State
from registry.core.rulebook import Due

# Now: the library takes a third of a second to find its countries, and a request would wait for it.
_BANK_HOLIDAYS = country_holidays("GB", subdiv="ENG")


def due_on(review: Review, began: datetime) -> date | None:
    """Takes a review and when it was first proposed; returns the last date in London for what is to
    be done next, None where nothing is waited for.

    A proposal is due for an answer, an accepted review for completion; a review on hold waits for
    somebody else.
    """
    due = review.route.due
    match review.state:
        case State.PROPOSED:
            asked = review.course.asked_at or began
            return working_days_after(london_date(asked), due.accept_working_days)
        case State.ACCEPTED | State.IN_PROGRESS:
            return _complete_by(due, london_date(began))
        case _:
            return None


def wakes_on(review: Review, began: datetime) -> date | None:
    """Takes the same; returns the first date on which the review is overdue and its board has not
    been told, None where there is nothing to tell."""
    due = due_on(review, began)
    told = review.course.escalated_at
    if due is None or (told is not None and (review.lead is None or told >= _led_since(review))):
        return None
    return due + timedelta(days=1)


def _led_since(review: Review) -> datetime:
    return review.course.lead_since or datetime.max.replace(tzinfo=UTC)


def _complete_by(due: Due, began: date) -> date | None:
    if due.complete_working_days is not None:
        return working_days_after(began, due.complete_working_days)
    if due.complete_months is not None:
        return Period(months=due.complete_months).after(began)
    return None


@lru_cache(maxsize=4096)
def working_days_after(start: date, days: int) -> date:
    """Takes a date in London and a number of working days; returns the date that many working days
    of England (no weekend, no bank holiday) later."""
    on = _BANK_HOLIDAYS.get_nth_working_day(start, days)
    return on.date() if isinstance(on, datetime) else on
