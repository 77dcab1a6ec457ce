"""The record as the person of a session may see it: asked of the registry's FHIR API, in this
process. So a page shows and does what the API would show and do, and is on record as it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import orjson
from starlette.requests import Request

from console.session.session import Session
from registry.access.caller import Caller, SignedInPerson
from registry.access.scopes import OF_ROLE
from registry.api.call import Answer
from registry.api.in_process import InProcess
from registry.audit.act import Origin

CLIENT = "console"
Resource = dict[str, Any]
JSON_PATCH = "application/json-patch+json"


class Record:
    """Asks the API for the person of one request. Its refusals are FhirErrors."""

    def __init__(self, api: InProcess, request: Request, session: Session) -> None:
        self._api = api
        self._caller = caller(session)
        self._origin = origin(request)

    async def search(
        self, resource_type: str, *asked: tuple[str, str], purpose: str | None = None
    ) -> Page:
        """Takes a type, search parameters and why it is asked (a code of v3-PurposeOfUse, put on
        record); returns the first page of what is found."""
        why = replace(self._origin, purpose=purpose)
        return Page(_body(await self._api.read(self._caller, resource_type, asked, why)))

    async def all(self, resource_type: str, *asked: tuple[str, str]) -> list[Resource]:
        """As `search`, with all pages: for what belongs to one person, which is never much."""
        found = await self.search(resource_type, *asked)
        resources = found.resources
        while found.next_parameters:
            found = await self.search(resource_type, *found.next_parameters)
            resources += found.resources
        return resources

    async def read(self, resource_type: str, resource_id: str, *asked: tuple[str, str]) -> Resource:
        """Takes type, id and parameters such as `_elements`; returns the resource."""
        path = f"{resource_type}/{resource_id}"
        return _body(await self._api.read(self._caller, path, asked, self._origin))

    async def version(self, resource_type: str, resource_id: str, version: str) -> Resource:
        """Takes type, id and version; returns the resource as it was then."""
        path = f"{resource_type}/{resource_id}/_history/{version}"
        return _body(await self._api.read(self._caller, path, (), self._origin))

    async def explain(self, patient_id: str) -> Resource:
        """Takes the id of a Patient; returns the Parameters of `$explain`."""
        path = f"Patient/{patient_id}/$explain"
        return _body(await self._api.read(self._caller, path, (), self._origin))

    async def history(self, resource_type: str, resource_id: str) -> list[Resource]:
        """Takes type and id; returns the versions there were, the newest first."""
        path = f"{resource_type}/{resource_id}/_history"
        return Page(_body(await self._api.read(self._caller, path, (), self._origin))).resources

    async def patch(
        self,
        resource_type: str,
        resource_id: str,
        version: str,
        operations: Sequence[Resource],
        request_id: UUID,
    ) -> Resource:
        """Takes type and id, the version that the page showed, JSON Patch operations (RFC 6902) and
        the id of the form; returns the resource as it is then. The same form again changes
        nothing."""
        answer = await self._api.write(
            "PATCH",
            self._caller,
            f"{resource_type}/{resource_id}",
            list(operations),
            {"If-Match": f'W/"{version}"'},
            request_id,
            JSON_PATCH,
            self._origin,
        )
        return _body(answer)

    async def update(self, resource: Resource, version: str, request_id: UUID) -> Resource:
        """Takes a resource as it is to be, the version that the page showed and the id of the form;
        returns it as it is then."""
        path = f"{resource['resourceType']}/{resource['id']}"
        headers = {"If-Match": f'W/"{version}"'}
        answer = await self._api.write(
            "PUT", self._caller, path, resource, headers, request_id, origin=self._origin
        )
        return _body(answer)

    async def create(self, resource: Resource, request_id: UUID) -> Resource:
        """Takes a new resource and the id of the form; returns it as it was made."""
        answer = await self._api.write(
            "POST",
            self._caller,
            resource["resourceType"],
            resource,
            {},
            request_id,
            origin=self._origin,
        )
        return _body(answer)


class Page:
    """One page of a search."""

    def __init__(self, bundle: Resource) -> None:
        self._bundle = bundle

    @property
    def total(self) -> int | None:
        """How many were found, where that was asked for."""
        return self._bundle.get("total")

    @property
    def resources(self) -> list[Resource]:
        """What it holds, in order, what was included too."""
        return [entry["resource"] for entry in self._bundle.get("entry", [])]

    @property
    def next_parameters(self) -> tuple[tuple[str, str], ...]:
        """The parameters that ask for the next page; none after the last."""
        return self._linked("next")

    @property
    def previous_parameters(self) -> tuple[tuple[str, str], ...]:
        """The parameters that ask for the page before; none before the first."""
        return self._linked("previous")

    def _linked(self, relation: str) -> tuple[tuple[str, str], ...]:
        links: Iterator[str] = (
            link["url"] for link in self._bundle.get("link", []) if link["relation"] == relation
        )
        return tuple(parse_qsl(urlsplit(next(links, "")).query))


def caller(session: Session) -> Caller:
    """Takes a session whose person acts for an organisation; returns them as a caller of the
    API."""
    assert session.place is not None, "the gate lets nobody by who has not chosen"
    role = session.place.role
    person = SignedInPerson(session.who.person, session.who.name)
    return Caller(CLIENT, session.place.organisation, role, OF_ROLE[role], person)


def origin(request: Request) -> Origin:
    """Takes a request; returns where it comes from, for the audit record."""
    request_id: str | None = getattr(request.state, "request_id", None)
    return Origin(request_id, request.client.host if request.client else None)


def _body(answer: Answer) -> Resource:
    return orjson.loads(answer.content) if answer.content else {}
