"""Read: `GET /fhir/<type>/<id>`."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from registry.api import organizations
from registry.api.answers import etag, fhir, versioned
from registry.api.outcomes import not_found
from registry.api.service import Service
from registry.core.visibility import view
from registry.store import organisations, resources


class Read:
    """The interaction, as an endpoint."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def __call__(self, request: Request) -> Response:
        """Answers with the resource; 304 where the caller has this version; 404 alike for what is
        not there and what is not the caller's."""
        resource_type, resource_id = request.path_params["type"], request.path_params["id"]
        caller = await self._service.caller(request, resource_type, "read")
        if resource_type == "Organization":
            return await self._organization(resource_id)
        async with self._service.pool.connection() as connection:
            stored = await resources.read(
                connection, resource_type, resource_id, caller.organisation
            )
        if stored is None:
            raise not_found()
        if request.headers.get("if-none-match") == etag(stored.version):
            return Response(status_code=304, headers={"ETag": etag(stored.version)})
        return versioned(view(stored.resource, caller.role))

    async def _organization(self, ods: str) -> Response:
        async with self._service.pool.connection() as connection:
            found = await organisations.find(connection, [ods])
        if not found:
            raise not_found()
        return fhir(organizations.resource(found[0]))
