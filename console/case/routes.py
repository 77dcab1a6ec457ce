"""The page of a case, the page that explains it, and concerns about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import uuid4

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from console.case import concern_form
from console.case.case import Case
from console.case.explanation import read_explanation
from console.case.loading import load
from console.case.timeline_svg import drawn
from console.form_id import form_id
from console.pages import page
from console.record import Record
from console.session.gate import Gate
from console.session.session import Session
from console.steps.done import done_said, with_done
from nhs.london_time import london_date
from registry.api.in_process import InProcess

Resource = dict[str, Any]


class CaseRoutes:
    """The pages of one case. `clock` gives the time."""

    def __init__(self, gate: Gate, api: InProcess, clock: Callable[[], datetime]) -> None:
        self._api = api
        self._clock = clock
        concern = "/cases/{patient}/concern"
        back = "/cases/{patient}/concern/{request}/take-back"
        self.routes = [
            Route("/cases/{patient}", gate.page(self._case), methods=["GET"]),
            Route("/cases/{patient}/why", gate.page(self._why), methods=["GET"]),
            Route(concern, gate.page(self._concern), methods=["GET"]),
            Route(concern, gate.action(self._raise), methods=["POST"]),
            Route(back, gate.action(self._take_back), methods=["POST"]),
        ]

    async def _load(self, request: Request, session: Session) -> tuple[Case, Record]:
        record = Record(self._api, request, session)
        today = london_date(self._clock())
        case = await load(record, session, request.path_params["patient"], today)
        if case is None:
            raise HTTPException(404)
        return case, record

    async def _case(self, request: Request, session: Session) -> Response:
        case, _ = await self._load(request, session)
        picture = drawn(case.timeline) if case.timeline.is_drawn else None
        return page(
            "case",
            session=session,
            case=case,
            picture=picture,
            form_id=uuid4,
            done=done_said(request, session),
        )

    async def _why(self, request: Request, session: Session) -> Response:
        case, record = await self._load(request, session)
        explained = read_explanation(await record.explain(case.id))
        return page("why", session=session, case=case, explanation=explained)

    async def _concern(self, request: Request, session: Session) -> Response:
        case, _ = await self._load(request, session)
        return self._form(case, session, concern_form.Filled({}))

    def _form(self, case: Case, session: Session, sent: concern_form.Filled) -> Response:
        return page(
            "concern",
            status=400 if sent.errors else 200,
            session=session,
            case=case,
            form=concern_form.FORM,
            recommendations=concern_form.RECOMMENDATIONS,
            sent=sent,
            form_id=uuid4,
        )

    async def _raise(self, request: Request, session: Session, fields: dict[str, str]) -> Response:
        case, record = await self._load(request, session)
        sent = concern_form.filled(fields)
        if sent.errors:
            return self._form(case, session, sent)
        made = concern_form.request_of(sent.values, f"Patient/{case.id}")
        await record.create(made, form_id(fields))
        return RedirectResponse(with_done(f"/cases/{case.id}", "concern", session), 303)

    async def _take_back(
        self, request: Request, session: Session, fields: dict[str, str]
    ) -> Response:
        record = Record(self._api, request, session)
        patient, kept = request.path_params["patient"], request.path_params["request"]
        version = fields.get("version", "")
        shown = await record.version("ServiceRequest", kept, version)
        await record.update({**shown, "status": "revoked"}, version, form_id(fields))
        return RedirectResponse(with_done(f"/cases/{patient}", "take-back", session), 303)
