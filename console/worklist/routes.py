"""The worklist's pages: the list, the part of it that is fetched anew, and the list as CSV."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import date, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from console.pages import message, page
from console.record import Page, Record, caller
from console.session.gate import Gate
from console.session.session import Session
from console.wording import day, days, spaced
from console.worklist import filters, worklist_csv
from console.worklist.filters import Asked, Filter
from console.worklist.rows import rows
from nhs.london_time import london_date
from registry.api.in_process import InProcess
from registry.api.outcomes import FhirError
from registry.rules.reading import national

PATH = "/worklist"
CSV_PAGE = 250
_TASK = "Task"
_TOKEN = "_page"  # noqa: S105 - the name of a parameter


class WorklistRoutes:
    """The worklist of the organisation of a session. `clock` gives the time."""

    def __init__(self, gate: Gate, api: InProcess, clock: Callable[[], datetime]) -> None:
        self._api = api
        self._clock = clock
        self._filters: tuple[Filter, ...] = filters.filters(national())
        self.routes = [
            Route(PATH, gate.page(self._page), methods=["GET"]),
            Route(f"{PATH}/table", gate.watch(self._table), methods=["GET"]),
            Route(f"{PATH}/changes", gate.watch(self._changes), methods=["GET"]),
            Route(f"{PATH}.csv", gate.page(self._csv), methods=["GET"]),
        ]

    async def _page(self, request: Request, session: Session) -> Response:
        return await self._shown(request, session, "worklist")

    async def _table(self, request: Request, session: Session) -> Response:
        return await self._shown(request, session, "worklist_table")

    async def _shown(self, request: Request, session: Session, template: str) -> Response:
        asked = filters.asked(self._filters, dict(request.query_params))
        # Before the page is read: what changes while it is made is then noticed.
        mark = await self._api.mark(caller(session), _TASK)
        try:
            found = await self._found(request, session, asked)
        except FhirError as error:
            return _refused(session, asked, error)
        today = self._today()
        code = _organisation(session)
        return page(
            template,
            session=session,
            area="worklist",
            has_script=True,
            filters=self._filters,
            asked=asked,
            rows=rows(found.resources, code, today),
            total=found.total,
            mark=mark,
            links=_links(asked, found),
            day=day,
            days=days,
            spaced=spaced,
        )

    async def _found(self, request: Request, session: Session, asked: Asked) -> Page:
        record = Record(self._api, request, session)
        if asked.page:
            return await record.search(_TASK, (_TOKEN, asked.page))
        wanted = filters.search(asked, _organisation(session), self._today(), filters.PAGE_SIZE)
        return await record.search(_TASK, *wanted, ("_total", "accurate"))

    async def _changes(self, _: Request, session: Session) -> Response:
        return JSONResponse({"mark": await self._api.mark(caller(session), _TASK)})

    async def _csv(self, request: Request, session: Session) -> Response:
        asked = filters.asked(self._filters, dict(request.query_params))
        code, today = _organisation(session), self._today()
        record = Record(self._api, request, session)
        try:
            first = await record.search(_TASK, *filters.search(asked, code, today, CSV_PAGE))
        except FhirError as error:
            return _refused(session, asked, error)
        name = f"learning-from-deaths-worklist-{code}-{today.isoformat()}.csv"
        return StreamingResponse(
            _lines(record, first, code, today),
            media_type="text/csv; charset=utf-8; header=present",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    def _today(self) -> date:
        return london_date(self._clock())


async def _lines(record: Record, first: Page, code: str, today: date) -> AsyncIterator[str]:
    """Page after page: however long the list is, no more than one is held."""
    yield worklist_csv.header()
    found = first
    while True:
        yield worklist_csv.lines(rows(found.resources, code, today))
        if not found.next_parameters:
            return
        found = await record.search(_TASK, *found.next_parameters)


def _organisation(session: Session) -> str:
    assert session.place is not None, "the gate lets nobody by who has not chosen"
    return session.place.organisation


def _links(asked: Asked, found: Page) -> dict[str, Any]:
    """The addresses of the pages before and after, and of the list as CSV."""
    before, after = dict(found.previous_parameters), dict(found.next_parameters)
    return {
        "previous": _address(asked.at(before[_TOKEN])) if before else None,
        "next": _address(asked.at(after[_TOKEN])) if after else None,
        "first": _address(asked.at("")),
        "csv": _address(asked.at(""), f"{PATH}.csv"),
        "table": _address(asked, f"{PATH}/table"),
    }


def _address(asked: Asked, path: str = PATH) -> str:
    return f"{path}?{asked.query}" if asked.query else path


def _refused(session: Session, asked: Asked, error: FhirError) -> Response:
    """A page's token is good for a day: behind an older one the list begins anew."""
    if asked.page and error.status == 400:
        return RedirectResponse(_address(asked.at("")), 303)
    return message(
        error.status,
        "The worklist can’t be shown now",
        ["Set more of the filters, so that the list is shorter, or try again in a few minutes."],
        session=session,
        link=(PATH, "Go to the whole worklist"),
    )
