"""The pages of returns: figures, downloads, actions, publishing. Of one organisation at a time."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlencode
from uuid import uuid4

from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from console.form_id import form_id
from console.pages import page
from console.record import caller, origin
from console.returns import reading
from console.returns.reading import Shown
from console.session.gate import Gate
from console.session.session import Session
from console.wording import moment
from nhs.london_time import london_date
from registry.api.in_process import InProcess
from registry.api.outcomes import FhirError
from registry.api.report_parameters import KINDS, Kind
from registry.returns import wording
from registry.returns.count import Version
from registry.returns.definitions import POPULATIONS, Population
from registry.returns.frozen import Document, period_of
from registry.returns.page import account_page, quarterly_page
from registry.returns.periods import Quarter
from registry.returns.publication import Period, parse_period, period_code
from registry.returns.quarterly import QuarterlyReturn
from registry.returns.written import MEDIA_TYPES, Form, embedded_stylesheet, written
from registry.store.returns import NoSuchOrganisation
from registry.store.transaction import Connection

Result = TypeVar("Result")

PATH = "/returns"
ACTIONS, PUBLISH = f"{PATH}/actions", f"{PATH}/publish"
_ODS = re.compile(r"[A-Z0-9]{1,12}")
_IDS = {(kind.version, kind.is_account): measure for measure, kind in KINDS.items()}
_THEME = "theme-"
_REFUSED = 422


class ReturnsRoutes:
    """The pages of a provider's own returns, and for a board of what each provider published.
    `clock` gives the time."""

    def __init__(self, gate: Gate, api: InProcess, clock: Callable[[], datetime]) -> None:
        self._api = api
        self._clock = clock
        self.routes = [
            Route(PATH, gate.page(self._returns), methods=["GET"]),
            Route(f"{PATH}/download", gate.page(self._download), methods=["GET"]),
            Route(ACTIONS, gate.page(self._actions), methods=["GET"]),
            Route(ACTIONS, gate.action(self._record), methods=["POST"]),
            Route(PUBLISH, gate.page(self._ask), methods=["GET"]),
            Route(PUBLISH, gate.action(self._publish), methods=["POST"]),
        ]

    async def _returns(self, request: Request, session: Session) -> Response:
        if _role(session) != "provider":
            return await self._of_others(request, session)
        shown = await self._shown(request, session)
        document = shown.document
        today = self._today()
        period = _period(document)
        return page(
            "returns",
            session=session,
            area="returns",
            document=document,
            spoken=_spoken(period),
            code=period_code(period),
            periods=[(period_code(one), _spoken(one)) for one in reading.periods(today)],
            is_over=today > period.last_day,
            is_quarter=isinstance(period, Quarter),
            version=document.version,
            content=_content(shown),
            populations=_populations(document),
            has_charts=bool(shown.charts),
            published=list(reversed(shown.published)),
            publication=shown.publication,
            download=_address_of_download(request),
            done=request.query_params.get("done"),
            moment=moment,
        )

    async def _of_others(self, request: Request, session: Session) -> Response:
        """A board sees what one provider published, in the public version."""
        code = request.query_params.get("organisation", "").strip().upper()
        error = None if not code or _ODS.fullmatch(code) else "Enter one ODS code, such as RT1"
        shown: Shown | None = None
        if request.query_params.get("published"):
            shown = await self._shown(request, session)
        found = (
            await self._api.reading(caller(session), partial(reading.of_others, reporter=code))
            if code and error is None
            else []
        )
        return page(
            "returns_of_others",
            status=400 if error else 200,
            session=session,
            area="returns",
            code=code,
            error=error,
            found=found,
            shown=shown,
            spoken=_spoken,
            content=_content(shown) if shown else None,
            download=_address_of_download(request),
            caveat=wording.CAVEAT,
            moment=moment,
        )

    async def _shown(self, request: Request, session: Session) -> Shown:
        """The return that the address names, put on record. HTTPException 404: there is none."""
        said = request.query_params
        who = caller(session)
        publication_id = said.get("published")
        if publication_id:
            reporter = publication_id.partition("-")[0]
            if not _ODS.fullmatch(reporter):
                raise HTTPException(404)
            found = await self._api.reading(
                who,
                partial(reading.published, reporter=reporter, publication_id=publication_id),
            )
            if found is None:
                raise HTTPException(404)
            await self._note(request, session, "read", f"MeasureReport/{publication_id}")
            return found
        if _role(session) != "provider":
            raise HTTPException(404)
        period, version = self._asked(said)
        shown = await self._reading(
            session, partial(reading.current, period=period, version=version, now=self._clock())
        )
        asked = f"Measure/{_IDS[version, not isinstance(period, Quarter)]}"
        await self._note(request, session, "evaluate-measure", asked)
        return shown

    async def _download(self, request: Request, session: Session) -> Response:
        shown = await self._shown(request, session)
        try:
            form = Form(request.query_params.get("form", ""))
        except ValueError:
            raise HTTPException(404) from None
        document = shown.document
        text = written(document, shown.before, form, embedded_stylesheet(), shown.charts)
        name = (
            f"learning-from-deaths-{document.organisation.ods}-{period_of(document)}"
            f"-{document.version.value}.{form.value}"
        )
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(text, media_type=MEDIA_TYPES[form], headers=headers)

    async def _actions(self, request: Request, session: Session) -> Response:
        return await self._actions_page(session, request.query_params.get("period", ""))

    async def _actions_page(
        self,
        session: Session,
        code: str,
        error: str | None = None,
        sent: Mapping[str, str] | None = None,
    ) -> Response:
        quarter = _quarter(code)
        now = self._clock()
        found = await self._reading(
            session, partial(reading.themes_and_actions, period=quarter, now=now)
        )
        return page(
            "returns_actions",
            status=_REFUSED if error else 200,
            session=session,
            area="returns",
            code=str(quarter),
            spoken=quarter.spoken,
            actions=found.actions,
            error=error,
            sent={"id": "", "action": "", "impact": "", **(sent or {})},
            form_id=uuid4,
        )

    async def _record(self, request: Request, session: Session, fields: dict[str, str]) -> Response:
        code = str(_quarter(fields.get("period", "")))
        said = [_text("quarter", code)]
        if fields.get("id"):
            said.append(_text("id", fields["id"]))
        if "withdraw" in fields:
            said = [_text("id", fields.get("id", "")), _flag("withdrawn", is_set=True)]
        else:
            said.append(_text("action", fields.get("action", "").strip() or " "))
            if impact := fields.get("impact", "").strip():
                said.append(_text("impact", impact))
            said += [_flag(name, is_set=name in fields) for name in ("taken", "cleared")]
        try:
            await self._write(request, session, "Measure/$record-learning-action", said, fields)
        except FhirError as error:
            if error.status not in (400, _REFUSED):
                raise
            words = "Say in words what was or will be done."
            text = words if not fields.get("action", "").strip() else error.issues[0].text
            return await self._actions_page(session, code, text, fields)
        return RedirectResponse(f"{ACTIONS}?period={code}", 303)

    async def _ask(self, request: Request, session: Session) -> Response:
        return await self._publish_page(session, request.query_params.get("period", ""))

    async def _publish_page(
        self, session: Session, code: str, error: str | None = None
    ) -> Response:
        period = _parsed(code)
        found = await self._reading(
            session, partial(reading.themes_and_actions, period=period, now=self._clock())
        )
        return page(
            "returns_publish",
            status=_REFUSED if error else 200,
            session=session,
            area="returns",
            code=period_code(period),
            spoken=_spoken(period),
            themes=found.themes,
            theme_name=_THEME,
            form_id=uuid4,
            error=error,
            note=wording.DISCLOSURE_NOTE,
            caveat=wording.CAVEAT,
        )

    async def _publish(
        self, request: Request, session: Session, fields: dict[str, str]
    ) -> Response:
        period = _parsed(fields.get("period", ""))
        kind = Kind(Version.PUBLIC, not isinstance(period, Quarter))
        said = [
            _text("periodStart", period.first_day.isoformat()),
            _text("periodEnd", period.last_day.isoformat()),
            *(_text("theme", value) for name, value in fields.items() if name.startswith(_THEME)),
        ]
        path = f"Measure/{_IDS[kind.version, kind.is_account]}/$publish-return"
        try:
            await self._write(request, session, path, said, fields)
        except FhirError as error:
            if error.status != _REFUSED:
                raise
            return await self._publish_page(session, period_code(period), error.issues[0].text)
        code = period_code(period)
        return RedirectResponse(f"{PATH}?period={code}&version=public&done=published", 303)

    async def _write(
        self,
        request: Request,
        session: Session,
        path: str,
        said: list[dict[str, Any]],
        fields: Mapping[str, str],
    ) -> None:
        body = {"resourceType": "Parameters", "parameter": said}
        await self._api.write(
            "POST", caller(session), path, body, {}, form_id(fields), origin=origin(request)
        )

    async def _reading(
        self, session: Session, work: Callable[[Connection, str], Awaitable[Result]]
    ) -> Result:
        """What is read of the session's own organisation. HTTPException 403: it makes no returns;
        404: the directory does not know it."""
        who = caller(session)
        own = who.organisation
        if who.role != "provider" or own is None:
            raise HTTPException(403)
        try:
            return await self._api.reading(who, lambda connection: work(connection, own))
        except NoSuchOrganisation:
            raise HTTPException(404) from None

    def _asked(self, said: Mapping[str, str]) -> tuple[Period, Version]:
        code = said.get("period")
        period = _parsed(code) if code else reading.last_finished(self._today())
        try:
            return period, Version(said.get("version", Version.OWN.value))
        except ValueError:
            raise HTTPException(404) from None

    def _today(self) -> date:
        return london_date(self._clock())

    async def _note(self, request: Request, session: Session, what: str, asked: str) -> None:
        await self._api.note(caller(session), what, asked, origin(request))


def _role(session: Session) -> str:
    assert session.place is not None, "the gate lets nobody by who has not chosen"
    return session.place.role


def _period(document: Document) -> Period:
    return document.quarter if isinstance(document, QuarterlyReturn) else document.year


def _populations(document: Document) -> list[Population]:
    """Those that a quarterly return has a table of."""
    if not isinstance(document, QuarterlyReturn):
        return []
    has = {figure.population.code for figure in document.figures}
    return [one for one in POPULATIONS if one.code in has]


def _spoken(period: Period) -> str:
    """As people write it; a year is that of its Quality Account."""
    if isinstance(period, Quarter):
        return f"{period.spoken[0].upper()}{period.spoken[1:]}"
    return f"Quality Account {period}"


def _parsed(code: str) -> Period:
    """HTTPException 404: it is no period."""
    try:
        return parse_period(code)
    except ValueError:
        raise HTTPException(404) from None


def _quarter(code: str) -> Quarter:
    period = _parsed(code)
    if not isinstance(period, Quarter):
        raise HTTPException(404)
    return period


def _content(shown: Shown) -> Markup:
    """What stands below the page's heading. Its templates escape what is not ours."""
    document, before = shown.document, shown.before
    if not isinstance(document, QuarterlyReturn):
        return Markup(account_page(document, "", is_embedded=True))  # noqa: S704 - escaped there
    published = before if isinstance(before, QuarterlyReturn) else None
    made = quarterly_page(document, "", published, shown.charts, is_embedded=True)
    return Markup(made)  # noqa: S704 - escaped there


def _address_of_download(request: Request) -> str:
    """The address of what the page shows, to be taken away; a form is added."""
    said = request.query_params
    kept = {name: said[name] for name in ("period", "version", "published") if name in said}
    return f"{PATH}/download?{urlencode(kept)}{'&' if kept else ''}form="


def _text(name: str, value: str) -> dict[str, Any]:
    return {"name": name, "valueString": value}


def _flag(name: str, *, is_set: bool) -> dict[str, Any]:
    return {"name": name, "valueBoolean": is_set}
