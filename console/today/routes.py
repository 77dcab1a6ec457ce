"""Today: the first page, with what needs the organisation now."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from console.case.case import Case
from console.case.references import id_of
from console.case.review import Review
from console.pages import page
from console.record import Page, Record
from console.session.gate import Gate
from console.session.session import Session
from console.steps.done import done_said
from console.today.groups import GROUPS, SHOWN, Asked, Group, due_soon, is_taken_here, led, why
from nhs.london_time import london_date
from registry.api.in_process import InProcess

Resource = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Item:
    """A review or question with why it is there, and whom it is about: their case, None where the
    organisation sees the question alone."""

    review: Review
    why: str
    can_accept: bool
    about: Case | None


@dataclass(frozen=True, slots=True)
class Listed:
    """A group with what it shows, and how many there are."""

    group: Group
    items: tuple[Item, ...]
    total: int


class TodayRoutes:
    """The page. `clock` gives the time."""

    def __init__(self, gate: Gate, api: InProcess, clock: Callable[[], datetime]) -> None:
        self._api = api
        self._clock = clock
        self.routes = [Route("/", gate.page(self._today), methods=["GET"])]

    async def _today(self, request: Request, session: Session) -> Response:
        assert session.place is not None
        record, today = Record(self._api, request, session), london_date(self._clock())
        ods = session.place.organisation
        listed, soon, leading = await asyncio.gather(
            asyncio.gather(*(self._listed(record, group, session, today) for group in GROUPS)),
            _count(record, due_soon(ods, today)),
            _count(record, led(ods)),
        )
        return page(
            "today",
            session=session,
            area="today",
            listed=[one for one in listed if one.total],
            totals={one.group.name: one.total for one in listed},
            due_soon=soon,
            led=leading,
            form_id=uuid4,
            today=today,
            done=done_said(request, session),
        )

    async def _listed(self, record: Record, group: Group, session: Session, today: date) -> Listed:
        assert session.place is not None
        place = session.place
        asked = group.search(place.organisation, today)
        brought = (("_include", "Task:patient"), ("_include", "Task:focus"))
        found = await record.search("Task", *asked, *brought, ("_count", str(SHOWN)))
        reviews = [
            Review(one, place.organisation, place.role, today)
            for one in found.resources
            if one["resourceType"] == "Task"
        ]
        items = tuple(
            Item(
                review,
                why(review, group.name),
                is_taken_here(review, group.name),
                _about(review, found, session, today),
            )
            for review in reviews
        )
        more = bool(found.next_parameters)
        return Listed(group, items, await _count(record, asked) if more else len(items))


def _about(review: Review, found: Page, session: Session, today: date) -> Case | None:
    """The person and the death, among what was brought along."""
    assert session.place is not None
    focus = id_of(review.task.get("focus"))
    theirs = [
        one
        for one in found.resources
        if (one["resourceType"], one["id"]) in (("Patient", review.person), ("Observation", focus))
    ]
    if not any(one["resourceType"] == "Patient" for one in theirs):
        return None
    return Case(theirs, session.place.organisation, session.place.role, today)


async def _count(record: Record, asked: Asked) -> int:
    asked = tuple(pair for pair in asked if pair[0] != "_sort")
    return (await record.search("Task", *asked, ("_summary", "count"))).total or 0
