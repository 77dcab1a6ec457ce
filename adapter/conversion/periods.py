"""Periods that FHIR allows (invariant per-1): the start is not after the end, and can be compared.

Senders often know one of the two to the minute and the other to the day. FHIR cannot compare such
times where they touch, so the start is written as precisely as the end is: a day that something
began on as its first moment, which is the same boundary, and a moment as its day, which loses the
time and is noted. The end stays as it was stated: the 30-day rule counts from it.
"""

from __future__ import annotations

from datetime import UTC, datetime, time

from adapter.conversion.draft import Draft, Resource
from nhs.london_time import LONDON
from nhs.partial_date import PartialDate, Precision

_LENGTH = {Precision.YEAR: 4, Precision.MONTH: 7, Precision.DAY: 10}


def settle(period: Resource, where: str, draft: Draft) -> None:
    """Takes a Period and the field that its start is from; mends in place what per-1 forbids, and
    notes what that loses as a data-quality issue."""
    if "start" not in period or "end" not in period:
        return
    if _is_plain(period["start"], period["end"]):
        return
    start, end = PartialDate.parse(period["start"]), PartialDate.parse(period["end"])
    if _is_after(start, end):
        del period["start"]
        draft.note("period-reversed", where)
    elif start.precision is not end.precision and _dates(start)[1] >= _dates(end)[0]:
        period["start"] = _as_precise(start, end.precision)
        if len(period["start"]) < len(start.text):
            draft.note("period-precision", where)


def _is_plain(start: str, end: str) -> bool:
    """True for two times written alike, with one offset, the first of them no later: nearly all."""
    return len(start) == len(end) and start[19:] == end[19:] and start <= end


def _is_after(start: PartialDate, end: PartialDate) -> bool:
    if start.moment and end.moment:
        return start.moment > end.moment
    return start.earliest > end.latest


def _dates(when: PartialDate) -> tuple[str, str]:
    """The first and the last date it can be, on London's clock, the sender's or that of UTC."""
    dates = [when.earliest.isoformat(), when.latest.isoformat()]
    if when.moment:
        dates += [when.text[:10], when.moment.astimezone(UTC).date().isoformat()]
    return min(dates), max(dates)


def _as_precise(start: PartialDate, precision: Precision) -> str:
    """The start cut short to a precision, or its first day or moment where it is coarser."""
    first = start.earliest.isoformat()
    if precision is Precision.TIME:
        return datetime.combine(start.earliest, time.min, LONDON).isoformat()
    return first[: _LENGTH[precision]]
