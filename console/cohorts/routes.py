"""The pages of cohorts: the list, one of them, proposing, agreeing, withdrawing, and exports."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from console.cohorts import exports, proposal
from console.cohorts.cohort import ELEMENTS, Cohort, cohort, is_cohort
from console.cohorts.exports import Export
from console.cohorts.proposal import Filled
from console.form_id import form_id
from console.pages import page
from console.record import Record, caller, origin
from console.session.gate import Gate
from console.session.session import Session
from console.steps.done import done_said, with_done
from console.wording import moment
from nhs.london_time import london_date
from registry.api.in_process import InProcess
from registry.api.outcomes import FhirError
from registry.store.organisations import directory_of

PATH = "/cohorts"
PROPOSE = f"{PATH}/new"
_ASKED = {"Accept": "application/fhir+json", "Prefer": "respond-async"}
_REFUSED = (400, 403, 422)


class CohortRoutes:
    """The pages of the cohorts that an organisation takes part in. `clock` gives the time."""

    def __init__(self, gate: Gate, api: InProcess, clock: Callable[[], datetime]) -> None:
        self._api = api
        self._clock = clock
        one = f"{PATH}/{{cohort:str}}"
        export = f"{PATH}/exports/{{export:str}}"
        self.routes = [
            Route(PATH, gate.page(self._list), methods=["GET"]),
            Route(PROPOSE, gate.page(self._form), methods=["GET"]),
            Route(PROPOSE, gate.action(self._propose), methods=["POST"]),
            Route(f"{export}/remove", gate.action(self._remove), methods=["POST"]),
            Route(f"{export}/files/{{number:int}}", gate.page(self._file), methods=["GET"]),
            Route(one, gate.page(self._one), methods=["GET"]),
            Route(f"{one}/exports", gate.watch(self._exports), methods=["GET"]),
            Route(f"{one}/exports/changes", gate.watch(self._changes), methods=["GET"]),
            Route(f"{one}/export", gate.action(self._export), methods=["POST"]),
            Route(f"{one}/agree", gate.action(self._agree), methods=["POST"]),
            Route(f"{one}/withdraw", gate.page(self._ask_to_withdraw), methods=["GET"]),
            Route(f"{one}/withdraw", gate.action(self._withdraw), methods=["POST"]),
        ]

    async def _list(self, request: Request, session: Session) -> Response:
        record = Record(self._api, request, session)
        groups = (await record.search("Group")).resources
        found = [cohort(one) for one in groups if is_cohort(one)]
        found.sort(key=lambda one: (one.month, one.id), reverse=True)
        own = _own(session)
        return page(
            "cohorts",
            session=session,
            area="cohorts",
            cohorts=found,
            waiting=[one for one in found if one.said_by(own) == "asked"],
            own=own,
            names=await self._names(session, {one.proposer for one in found}),
        )

    async def _one(self, request: Request, session: Session) -> Response:
        record = Record(self._api, request, session)
        shown = await _read(record, request)
        made = await self._made(session, shown)
        return page(
            "cohort",
            session=session,
            area="cohorts",
            has_script=bool(made),
            cohort=shown,
            own=_own(session),
            names=await self._names(session, [one.organisation for one in shown.parts]),
            done=done_said(request, session),
            form_id=uuid4,
            moment=moment,
            **_told(made),
        )

    async def _exports(self, request: Request, session: Session) -> Response:
        shown = await _read(Record(self._api, request, session), request)
        made = await self._made(session, shown)
        return page(
            "cohort_exports",
            session=session,
            cohort=shown,
            form_id=uuid4,
            moment=moment,
            **_told(made),
        )

    async def _changes(self, request: Request, session: Session) -> Response:
        code: str = request.path_params["cohort"]
        who = caller(session)
        made = await self._api.reading(who, lambda c: exports.of_cohort(c, who, code))
        return JSONResponse({"mark": exports.mark(made)})

    async def _made(self, session: Session, shown: Cohort) -> list[Export]:
        """Its exports: of one that not all agree to, there are none."""
        who = caller(session)
        return await self._api.reading(who, lambda c: exports.of_cohort(c, who, shown.id))

    async def _form(self, _: Request, session: Session) -> Response:
        return self._proposing(session, proposal.empty())

    def _proposing(self, session: Session, sent: Filled) -> Response:
        return page(
            "cohort_propose",
            status=400 if sent.errors else 200,
            session=session,
            area="cohorts",
            sent=sent,
            months=list(proposal.months(self._today())),
            samples=proposal.SAMPLES,
        )

    async def _propose(
        self, request: Request, session: Session, fields: dict[str, str]
    ) -> Response:
        """What was written, shown with the names of those who would be asked; then the cohort:
        nobody is asked by a mistyped code."""
        sent = proposal.filled(fields, _own(session), self._today())
        record = Record(self._api, request, session)
        names = await self._names(session, sent.organisations) if not sent.errors else {}
        unknown = [code for code in sent.organisations if code not in names]
        if not sent.errors and unknown:
            sent.errors["organisations"] = f"There is no organisation with the code {unknown[0]}"
        if sent.errors or sent.group is None or "change" in fields:
            return self._proposing(session, sent)
        if "confirmed" not in fields:
            return page(
                "cohort_check",
                session=session,
                area="cohorts",
                sent=sent,
                own=_own(session),
                names=names,
                samples=proposal.SAMPLES,
                form_id=uuid4,
            )
        try:
            made = await record.create(sent.group, form_id(fields))
        except FhirError as error:
            if error.status not in _REFUSED:
                raise
            sent.errors["name"] = error.issues[0].text
            return self._proposing(session, sent)
        where = f"{PATH}/{made['id']}"
        return RedirectResponse(with_done(where, "cohort-proposed", session), 303)

    async def _agree(self, request: Request, session: Session, fields: dict[str, str]) -> Response:
        return await self._say(request, session, fields, "$agree", "cohort-agreed")

    async def _ask_to_withdraw(self, request: Request, session: Session) -> Response:
        return page(
            "cohort_withdraw",
            session=session,
            area="cohorts",
            cohort=await _read(Record(self._api, request, session), request),
            own=_own(session),
            form_id=uuid4,
        )

    async def _withdraw(
        self, request: Request, session: Session, fields: dict[str, str]
    ) -> Response:
        return await self._say(request, session, fields, "$withdraw", "cohort-withdrawn")

    async def _say(
        self, request: Request, session: Session, fields: dict[str, str], step: str, done: str
    ) -> Response:
        code: str = request.path_params["cohort"]
        await self._write("POST", f"Group/{code}/{step}", request, session, fields)
        return RedirectResponse(with_done(f"{PATH}/{code}", done, session), 303)

    async def _export(self, request: Request, session: Session, fields: dict[str, str]) -> Response:
        code: str = request.path_params["cohort"]
        await self._write("POST", f"Group/{code}/$export", request, session, fields)
        where = with_done(f"{PATH}/{code}", "export-asked", session)
        return RedirectResponse(f"{where}#exports", 303)

    async def _remove(self, request: Request, session: Session, fields: dict[str, str]) -> Response:
        export: str = request.path_params["export"]
        await self._write("DELETE", f"$export-status/{export}", request, session, fields)
        code = fields.get("cohort", "")
        where = f"{PATH}/{code}" if code.isalnum() and code.isascii() else PATH
        return RedirectResponse(with_done(where, "export-removed", session), 303)

    async def _file(self, request: Request, session: Session) -> Response:
        """A file of an export, put on record before its first byte is sent."""
        export: str = request.path_params["export"]
        number: int = request.path_params["number"]
        path = f"$export-file/{export}/{number}"
        answer = await self._api.read(caller(session), path, (), origin(request))
        assert answer.stream is not None, "a file of an export is streamed"
        name = f"learning-from-deaths-export-{export[:8]}-{number}.ndjson"
        headers = {
            **answer.headers,
            "Content-Disposition": f'attachment; filename="{name}"',
        }
        return StreamingResponse(answer.stream, headers=headers)

    async def _write(
        self, method: str, path: str, request: Request, session: Session, fields: dict[str, str]
    ) -> None:
        headers = _ASKED if path.endswith("$export") else {}
        await self._api.write(
            method, caller(session), path, None, headers, form_id(fields), origin=origin(request)
        )

    async def _names(self, session: Session, codes: Collection[str]) -> dict[str, str]:
        """Takes ODS codes; returns the names of those that the directory has."""
        found = await self._api.reading(caller(session), lambda c: directory_of(c, codes))
        return {code: found[code].name for code in codes if code in found}

    def _today(self) -> date:
        return london_date(self._clock())


def _told(made: list[Export]) -> dict[str, Any]:
    return {"exports": made, "mark": exports.mark(made), "size": exports.size}


def _own(session: Session) -> str:
    assert session.place is not None, "the gate lets nobody by who has not chosen"
    return session.place.organisation


async def _read(record: Record, request: Request) -> Cohort:
    """The cohort that the address names. HTTPException 404: it names the organisation's own deaths;
    FhirError 404: nothing that is here for it."""
    code: str = request.path_params["cohort"]
    found = await record.read("Group", code, ("_elements", ELEMENTS))
    if not is_cohort(found):
        raise HTTPException(404)
    return cohort(found)
