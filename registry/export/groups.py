"""Groups over the API: an organisation's own deaths, and the cohorts it takes part in.

A cohort is proposed by one organisation and becomes active when each one named has agreed; each may
take that back at any time. Whoever takes part in an active one sees all deaths in it, because those
whose they are agreed to that; a practice sees its own patients among them. To everybody else it is
not there.
"""

from __future__ import annotations

import secrets

import orjson

from registry.access.scopes import Interaction, permits
from registry.api.call import Answer, Call
from registry.api.outcomes import FhirError, bad_parameter, forbidden, not_found
from registry.api.search.searchset import Entry, Searchset
from registry.api.search.values import either
from registry.api.service import Service
from registry.audit.act import Subject
from registry.core.fhir.elements import Resource
from registry.core.visibility import SUBSETTED
from registry.export import cohorts, group, jobs
from registry.export.cohort import Cohort, Member, Said
from registry.export.group import UnreadableGroup
from registry.export.reading import OWN
from registry.export.selection import refused
from registry.store.reader import as_reader, as_writer
from registry.store.transaction import Connection

_ROLES = ("provider", "gp", "icb")
# Of FHIR R4's Group: what a part of it always has, what a summary has, and what there is.
_MANDATORY = frozenset({"resourceType", "id", "meta", "type", "actual"})
_SUMMARY = _MANDATORY | {"identifier", "active", "code", "name", "quantity", "managingEntity"}
_ELEMENTS = _SUMMARY | {"text", "contained", "extension", "characteristic", "member"}
_OWN = """
    SELECT o.name, (SELECT count(*) FROM involvement AS i
        WHERE i.organisation = o.ods AND i.reasons && %s::text[])
    FROM organisation AS o WHERE o.ods = %s
"""
_MINE = "SELECT person, is_party FROM involvement WHERE organisation = %s AND person = ANY (%s)"


async def require_group(connection: Connection, call: Call) -> None:
    """Takes a kick-off of a Group's export; FhirError 404 unless it is the caller's own, or an
    active cohort that it takes part in."""
    await _active(connection, call)


class Groups:
    """The interactions of Group."""

    def __init__(self, service: Service) -> None:
        self._base = service.access.fhir_url

    async def read(self, connection: Connection, call: Call) -> Answer:
        """Answers with the Group, and who is in it where it is an active cohort."""
        _require(call, "read")
        _part(call)
        caller = call.caller
        if call.resource_id == caller.organisation:
            return Answer(200, orjson.dumps(_cut(await _own(connection, call), _part(call))))
        return await self._shown(connection, call, await _cohort(connection, call))

    async def search(self, connection: Connection, call: Call) -> Answer:
        """Answers with the caller's own Group and the cohorts it takes part in, without their
        members."""
        _require(call, "search-type")
        if [name for name, _ in call.asked if name != "_count"]:
            raise bad_parameter("A search of Group takes no parameters: it finds what is yours.")
        found = [await _own(connection, call)]
        known = await cohorts.of_organisation(connection, call.caller.organisation)
        found += [group.drawn(one, None) for one in known]
        entries = [Entry(f"{self._base}/Group/{one['id']}", orjson.dumps(one)) for one in found]
        page = Searchset({"self": f"{self._base}/Group"}, total=len(entries))
        return Answer(200, page.bundle(entries))

    async def create(self, connection: Connection, call: Call) -> Answer:
        """Answers 201 with the cohort as proposed; the proposer agrees by proposing it."""
        _require(call, "create")
        caller = call.caller
        assert caller.organisation is not None, "who may create has an organisation"
        try:
            proposal = group.read(call.body, secrets.token_hex(8))
        except UnreadableGroup as error:
            raise FhirError(
                400, "invalid", "INVALID_RESOURCE", str(error), expression=error.expression
            ) from None
        if caller.organisation not in proposal.organisations:
            raise forbidden("Whoever proposes a cohort takes part in it.")
        unknown = await cohorts.unknown(connection, proposal.organisations)
        if unknown:
            text = f"The directory has no organisation {unknown[0]}."
            raise FhirError(422, "value", "INVALID_RESOURCE", text, expression="Group.extension")
        cohort_id = await cohorts.propose(
            connection, proposal, caller.organisation, caller.client_id
        )
        where = {"Location": f"{self._base}/Group/{cohort_id}"}
        made = await cohorts.of_organisation(connection, caller.organisation, cohort_id)
        return await self._shown(connection, call, made[0], 201, where)

    async def agree(self, connection: Connection, call: Call) -> Answer:
        """The caller's organisation agrees: answers with the cohort as it now is."""
        return await self._say(connection, call, Said.AGREED)

    async def withdraw(self, connection: Connection, call: Call) -> Answer:
        """The caller's organisation takes its agreement back, or will not give it: the cohort is
        not active any more, and its exports are gone with it."""
        return await self._say(connection, call, Said.WITHDRAWN)

    async def _say(self, connection: Connection, call: Call, said: Said) -> Answer:
        _require(call, "update")
        caller = call.caller
        cohort = await _cohort(connection, call)
        assert caller.organisation is not None, "who takes part is an organisation"
        before = {one.organisation: one.said for one in cohort.answers}[caller.organisation]
        if before is not said:
            await cohorts.answer(connection, cohort.id, caller.organisation, said, caller.client_id)
        if said is Said.WITHDRAWN:
            await jobs.remove_of_group(connection, cohort.id)
        return await self._shown(connection, call, await _cohort(connection, call))

    async def _shown(
        self,
        connection: Connection,
        call: Call,
        cohort: Cohort,
        status: int = 200,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        members = await _members(connection, call, cohort)
        shown = _cut(group.drawn(cohort, members), _part(call))
        # Who only asks how many there are is not shown who they are.
        who = members or [] if "member" in shown else []
        subjects = tuple(Subject("Patient", one.person, one.person) for one in who)
        content = orjson.dumps(shown)
        return Answer(status, content, headers or {}, subjects)


async def _members(connection: Connection, call: Call, cohort: Cohort) -> list[Member] | None:
    """Who is in it, as far as the caller sees; None while it is not active."""
    if not cohort.is_active:
        return None
    caller = call.caller
    await as_reader(connection, caller.organisation, caller.role)
    found = await cohorts.found(connection, cohort)
    if caller.role == "gp":
        rows = await connection.execute(_MINE, (caller.organisation, [m.person for m in found]))
        mine = {person for person, is_party in await rows.fetchall() if is_party}
        found = [one for one in found if one.person in mine]
    # What else this transaction writes, the record of it among that, the reader may not.
    await as_writer(connection)
    return found


async def _active(connection: Connection, call: Call) -> None:
    if call.resource_id == call.caller.organisation and call.caller.role in _ROLES:
        return
    if not (await _cohort(connection, call)).is_active:
        text = "Not every organisation of this cohort has agreed to it, or one has withdrawn."
        raise FhirError(422, "business-rule", "UNSUPPORTED_VALUE", text)


async def _cohort(connection: Connection, call: Call) -> Cohort:
    known = await cohorts.of_organisation(connection, call.caller.organisation, call.resource_id)
    if not known or call.caller.role not in _ROLES:
        raise not_found()
    return known[0]


async def _own(connection: Connection, call: Call) -> Resource:
    rows = await connection.execute(_OWN, (list(OWN), call.caller.organisation))
    row = await rows.fetchone()
    ods = call.caller.organisation or ""
    name, deaths = row or (ods, 0)
    return group.own(ods, name, deaths)


def _part(call: Call) -> frozenset[str] | None:
    """The elements that a read asks for by `_elements` or `_summary`, the only parameters it takes;
    None for all of them."""
    part: frozenset[str] | None = None
    for name, value in call.asked:
        if name == "_elements":
            part = frozenset(one.removeprefix("Group.") for one in either(value))
            if part - _ELEMENTS:
                raise bad_parameter("_elements: Group has no such element.")
        elif (name, value) == ("_summary", "true"):
            part = _SUMMARY
        else:
            raise bad_parameter("A read of a Group takes _elements, and _summary as true.")
    return part


def _cut(resource: Resource, part: frozenset[str] | None) -> Resource:
    if part is None:
        return resource
    kept = {name: value for name, value in resource.items() if name in part | _MANDATORY}
    return {**kept, "meta": {**resource.get("meta", {}), "tag": [SUBSETTED]}}


def _require(call: Call, what: Interaction) -> None:
    caller = call.caller
    if caller.role not in _ROLES or not permits(caller.scopes, "Group", what):
        raise refused(f"The token's scopes do not permit {what} of Group.")
