"""`/returns/{ods}/{period}.html` and `.csv`: a return for people to read and to print, with the
same tokens and the same eyes as `MeasureReport`."""

from __future__ import annotations

from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from registry.access import bearer
from registry.access.bearer import AccessDenied
from registry.access.caller import Caller
from registry.api import report_parameters
from registry.api.auditing import Auditing, Ledger, Noted, denied
from registry.api.call import Call
from registry.api.interactions import Match
from registry.api.outcomes import FhirError, bad_parameter, forbidden, not_found
from registry.api.returns import may_see_published, own_organisation
from registry.api.service import Service
from registry.audit.act import Origin, Subject
from registry.limits.throttling import peer, require_room
from registry.returns import canonical_urls as urls
from registry.returns.count import Version
from registry.returns.page import STYLESHEET
from registry.returns.periods import Quarter
from registry.returns.publication import Period
from registry.returns.written import MEDIA_TYPES, Form, written
from registry.store import publications, returns
from registry.store.publications import Publication
from registry.store.reader import as_reader
from registry.store.returns import NoSuchOrganisation
from registry.store.transaction import Connection

PATH = "/returns/{organisation}/{name}"
STYLESHEET_PATH = "/returns/return.css"
_FORMS = (Form.HTML, Form.CSV)
_PARAMETERS = ("version", "publication")
# No script, nothing from elsewhere, in nobody's frame.
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}


class ReturnDocuments:
    """The documents."""

    def __init__(self, service: Service, auditing: Auditing) -> None:
        self._service = service
        self._auditing = auditing

    def routes(self) -> list[Route]:
        """Returns the routes of the documents and of their stylesheet."""

        async def document(request: Request) -> Response:
            return await self._document(request)

        async def stylesheet(_: Request) -> Response:
            return Response(STYLESHEET.read_bytes(), media_type="text/css")

        return [Route(STYLESHEET_PATH, stylesheet), Route(PATH, document)]

    async def _document(self, request: Request) -> Response:
        """Answers with the return; FhirError and AccessDenied are refusals."""
        period, form = _named(request.path_params["name"])
        version, publication = _asked(request)
        found = Match("evaluate-measure", "Measure", _measure(period, version))
        origin = Origin(
            getattr(request.state, "request_id", None),
            request.client.host if request.client else None,
        )
        ledger = Ledger()
        try:
            caller = await self._caller(request, found, origin, ledger)
            call = Call(caller, "Measure", found.resource_id, origin=origin)
            reporter = report_parameters.organisation(
                request.path_params["organisation"], "The organisation"
            )
            try:
                asked = (reporter, period, version, publication)
                text, shown = await self._text(caller, asked, form)
            except FhirError as error:
                ledger.noted.append(Noted(self._auditing.act(found, call, error.status), call))
                raise
            ledger.noted.append(Noted(self._auditing.act(found, call, 200, shown), call))
        except (FhirError, AccessDenied):
            await self._auditing.settle(ledger)
            raise
        # Not answered before it is on record that it was.
        await self._auditing.settle(ledger)
        return Response(text, 200, _HEADERS, MEDIA_TYPES[form])

    async def _caller(
        self, request: Request, found: Match, origin: Origin, ledger: Ledger
    ) -> Caller:
        try:
            caller = await bearer.caller(request)
        except AccessDenied:
            require_room(self._service.addresses, peer(request))
            ledger.noted.append(Noted(denied(found, origin)))
            raise
        require_room(self._service.clients, caller.client_id)
        bearer.require(caller, "MeasureReport", "read")
        return caller

    async def _text(
        self,
        caller: Caller,
        asked: tuple[str, Period, Version, int | None],
        form: Form,
    ) -> tuple[str, tuple[Subject, ...]]:
        reporter, period, version, publication = asked
        async with self._service.pool.connection() as connection, connection.transaction():
            await as_reader(connection, caller.organisation, caller.role)
            await publications.name_reporter(connection, reporter)
            if version is Version.OWN and publication is None:
                if own_organisation(caller) != reporter:
                    raise forbidden("The own version is for the organisation itself.")
                return await _current(connection, reporter, period, form), ()
            if not may_see_published(caller, reporter):
                raise not_found()
            every = await publications.of_period(connection, reporter, period, version)
            one = _published(every, publication)
            before = publications.before(one, every)
            is_page = form is Form.HTML and isinstance(period, Quarter)
            charts = (
                await returns.public_charts(connection, one)
                if is_page and version is Version.PUBLIC
                else ()
            )
            text = written(one.document, before, form, STYLESHEET_PATH, charts)
            return text, (Subject("MeasureReport", one.publication_id),)


async def _current(connection: Connection, reporter: str, period: Period, form: Form) -> str:
    now = datetime.now(UTC)
    try:
        of = await returns.organisation(connection, reporter)
    except NoSuchOrganisation:
        raise not_found() from None
    found = await returns.current(connection, of, period, Version.OWN, now)
    charts = (
        await returns.charts(connection, of, period, now)
        if form is Form.HTML and isinstance(period, Quarter)
        else ()
    )
    before = found.published.document if found.published else None
    return written(found.document, before, form, STYLESHEET_PATH, charts)


def _published(every: list[Publication], number: int | None) -> Publication:
    """The last publication, or that of the number."""
    chosen = every[-1:] if number is None else [one for one in every if one.number == number]
    if not chosen:
        raise not_found()
    return chosen[0]


def _measure(period: Period, version: Version) -> str:
    addresses = urls.QUARTERLY_MEASURE if isinstance(period, Quarter) else urls.ACCOUNT_MEASURE
    return addresses[version].rsplit("/", 1)[1]


def _named(name: str) -> tuple[Period, Form]:
    period, _, form = name.rpartition(".")
    if form not in _FORMS:
        raise bad_parameter("The address ends in a period and .html or .csv: 2026-27-Q1.html.")
    return report_parameters.period_of(period), Form(form)


def _asked(request: Request) -> tuple[Version, int | None]:
    said = dict(request.query_params)
    if len(request.query_params.multi_items()) != len(said) or set(said) - set(_PARAMETERS):
        raise bad_parameter(f"The parameters here, once each, are: {', '.join(_PARAMETERS)}.")
    version, number = said.get("version", Version.OWN), said.get("publication")
    if version not in list(Version):
        raise bad_parameter("version is own or public.")
    if number is None:
        return Version(version), None
    if not (number.isascii() and number.isdigit() and len(number) < 6):
        raise bad_parameter("publication is a number: 1 for the first publication.")
    return Version(version), int(number)
