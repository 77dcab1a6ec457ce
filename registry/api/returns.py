"""Returns over the API: as they are now, for the organisation itself; as they were published, for
it and, in the public version, for boards and the nation. Always of one organisation."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson

from registry.access.caller import Caller
from registry.api import report_parameters
from registry.api.call import Answer, Call, answer
from registry.api.outcomes import FhirError, forbidden, not_found
from registry.api.search.searchset import Entry, Searchset
from registry.api.service import Service
from registry.audit.act import Subject
from registry.returns.count import Version
from registry.returns.written import report
from registry.store import publications, returns
from registry.store.publications import Publication
from registry.store.returns import NoSuchOrganisation
from registry.store.transaction import Connection

Resource = dict[str, Any]
# Who sees other organisations' published public versions, one organisation at a time.
_READERS_OF_PUBLIC = ("icb", "national")


class Returns:
    """Evaluating a Measure, and reading what was published of it."""

    def __init__(self, service: Service) -> None:
        self._base = service.access.fhir_url

    async def evaluate(self, connection: Connection, call: Call) -> Answer:
        """Answers with the MeasureReport of the caller's own organisation as of now. FhirError 403:
        it is another's; 404: there is no such Measure."""
        kind = report_parameters.kind_of(call)
        period, named = report_parameters.evaluated(call, kind)
        own = own_organisation(call.caller)
        if named not in (None, own):
            raise forbidden(
                "A return is counted for your own organisation only. What others published is in "
                "MeasureReport."
            )
        await publications.name_reporter(connection, own)
        try:
            of = await returns.organisation(connection, own)
        except NoSuchOrganisation:
            raise not_found() from None
        now = datetime.now(UTC)
        found = await returns.current(connection, of, period, kind.version, now)
        before = found.published.document if found.published else None
        return answer(report(found.document, before))

    async def read(self, connection: Connection, call: Call) -> Answer:
        """Answers with a published return; 404 alike for what is not there and what is not the
        caller's to see."""
        refuse_in_bundle(call)
        if call.asked:
            raise FhirError(400, "invalid", "INVALID_VALUE", "This read takes no parameters.")
        reporter = call.resource_id.partition("-")[0]
        _refuse_others(call.caller, reporter)
        await publications.name_reporter(connection, reporter)
        found = await publications.one(connection, reporter, call.resource_id)
        if found is None:
            raise not_found()
        every = await publications.of_period(connection, reporter, found.period, found.version)
        shown = (Subject("MeasureReport", found.publication_id),)
        headers = {"ETag": 'W/"1"'}
        return Answer(200, orjson.dumps(published_report(found, every)), headers, shown)

    async def search(self, connection: Connection, call: Call) -> Answer:
        """Answers with what one organisation published, by period, version and publication."""
        refuse_in_bundle(call)
        reporter, measure, period = report_parameters.searched(call, self._base)
        address = f"{self._base}/MeasureReport"
        every: list[Publication] = []
        if may_see_published(call.caller, reporter):
            await publications.name_reporter(connection, reporter)
            every = await publications.of_organisation(
                connection, reporter, None if _is_own(call.caller, reporter) else Version.PUBLIC
            )
        entries: list[Entry] = []
        for one in every:
            if period not in (None, one.period):
                continue
            shown = published_report(one, every)
            if measure in (None, shown["measure"]):
                entries.append(Entry(f"{address}/{one.publication_id}", orjson.dumps(shown)))
        page = Searchset({"self": f"{address}?reporter={reporter}"}, total=len(entries))
        return Answer(200, page.bundle(entries))


def own_organisation(caller: Caller) -> str:
    """Takes a caller; returns the organisation whose returns are its own. FhirError 403: it is no
    provider of care."""
    if caller.role != "provider" or caller.organisation is None:
        raise forbidden("Returns are made by providers of care, each for itself.")
    return caller.organisation


def refuse_in_bundle(call: Call) -> None:
    """FhirError 422 in a Bundle: its answer could set two organisations' figures side by side."""
    if call.is_in_bundle:
        text = "Returns are asked for one at a time, not in a Bundle."
        raise FhirError(422, "not-supported", "UNSUPPORTED_SERVICE", text)


def published_report(one: Publication, every: list[Publication]) -> Resource:
    """Takes a publication, and publications of the same organisation among which the one before it
    may be; returns its MeasureReport."""
    shown = report(one.document, publications.before(one, every))
    (identifier,) = shown["identifier"]
    instant = one.published_at.astimezone(UTC).isoformat()
    return {
        "resourceType": "MeasureReport",
        "id": one.publication_id,
        "meta": {"versionId": "1", "lastUpdated": instant},
        **shown,
        "identifier": [{**identifier, "value": f"{identifier['value']}/{one.number}"}],
    }


def _is_own(caller: Caller, reporter: str) -> bool:
    return caller.role == "provider" and caller.organisation == reporter


def may_see_published(caller: Caller, reporter: str) -> bool:
    """Takes a caller and an organisation (ODS code); True where the caller sees what it published,
    of another organisation in the public version alone."""
    return _is_own(caller, reporter) or caller.role in _READERS_OF_PUBLIC


def _refuse_others(caller: Caller, reporter: str) -> None:
    if not may_see_published(caller, reporter):
        raise not_found()
