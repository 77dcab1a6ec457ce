"""fhirclient (PyPI, the SMART Health IT team), used as its documentation shows.

Its models are strict: an answer that is not as R4 says does not even become an object.
"""

from __future__ import annotations

from typing import Any, cast

import requests
from fhirclient import auth
from fhirclient.client import FHIRClient
from fhirclient.models import servicerequest, task
from fhirclient.server import FHIRNotFoundException, FHIRUnauthorizedException

from conformance.clients.cases import assignment, require, run

# Its classes are typed in part only.
FHIRAuth = cast(Any, auth.FHIRAuth)
ServiceRequest = cast(Any, servicerequest.ServiceRequest)
Task = cast(Any, task.Task)


class Fhirclient:
    """The cases, in order."""

    def __init__(self) -> None:
        self.given = assignment()
        # Without a scope it asks for those of a person who signs in.
        settings = {
            "app_id": self.given.client_id,
            "api_base": self.given.base,
            "scope": "system/*.cruds",
        }
        self.smart: Any = FHIRClient(settings=settings)
        self.task: Any = None

    @property
    def server(self) -> Any:
        """Its server."""
        return self.smart.server

    def discovery(self) -> None:
        """discovery: CapabilityStatement, SMART configuration."""
        stated = self.server.capabilityStatement
        require(stated.fhirVersion == "4.0.1", stated.as_json())
        self.endpoint = self.server.request_json(".well-known/smart-configuration")[
            "token_endpoint"
        ]

    def refused(self) -> None:
        """without a token: FHIRUnauthorizedException."""
        try:
            Task.read("1", self.server)
        except FHIRUnauthorizedException:
            return
        raise AssertionError("answered without a token")

    def token(self) -> None:
        """token for a signed JWT, by its own means."""
        state = {"token_uri": self.endpoint, "jwt_token": self.given.assertion}
        self.server.auth = FHIRAuth.create("oauth2", state)
        self.server.authorize()
        require(self.server.auth.ready, "no token")

    def search(self) -> None:
        """search by NHS number."""
        found = Task.where({"patient.identifier": self.given.person(self.given.first)})
        (self.task,) = found.perform_resources(self.server)
        require(self.task.status == "requested", self.task.as_json())

    def read(self) -> None:
        """read, and resolve a reference."""
        same: Any = Task.read(self.task.id, self.server)
        require(same.as_json() == self.task.as_json(), same.as_json())
        patient = self.server.request_json(self.task.for_fhir.reference)
        require(patient["resourceType"] == "Patient", patient)

    def vread(self) -> None:
        """vread and history."""
        path = f"Task/{self.task.id}/_history"
        one: Any = Task.read_from(f"{path}/1", self.server)
        require(one.meta.versionId == "1", one.as_json())
        versions = self.server.request_json(path)
        require(versions["type"] == "history" and len(versions["entry"]) == 1, versions)

    def pages(self) -> None:
        """paging: perform_resources_iter."""
        ids = [t.id for t in Task.where({"_count": "1"}).perform_resources_iter(self.server)]
        total = self.server.request_json("Task?_summary=count")["total"]
        require(len(ids) == len(set(ids)) == total > 1, ids)

    def include(self) -> None:
        """_include."""
        search = Task.where({"_id": self.task.id}).include("owner")
        kinds = {one.resource_type for one in search.perform_resources(self.server)}
        require(kinds == {"Task", "Organization"}, kinds)

    def unguarded(self) -> None:
        """an update without If-Match says what is missing."""
        self.task.status = "accepted"
        require("If-Match" in self._refusal(428, self.task.update), "428")

    def accept(self) -> None:
        """update with If-Match accepts the lead."""
        self.server.session.headers["If-Match"] = 'W/"1"'
        accepted = self.task.update(self.server)
        require(accepted["status"] == "accepted", accepted)

    def stale(self) -> None:
        """412 for a stale update, which says who leads."""
        said = self._refusal(412, lambda: self.task.update(self.server))
        require(self.given.organisation in said, said)
        del self.server.session.headers["If-Match"]

    def missing(self) -> None:
        """404: FHIRNotFoundException."""
        try:
            Task.read("nothing", self.server)
        except FHIRNotFoundException as refused:
            response: Any = refused.response
            require(response.json()["resourceType"] == "OperationOutcome", refused)
        else:
            raise AssertionError("found what is not there")

    def concern(self) -> None:
        """create a concern; the same number again is the same concern."""
        once: Any = ServiceRequest(self.given.numbered("S-1")).create(self.server)
        again: Any = ServiceRequest(self.given.numbered("S-1")).create(self.server)
        require(once["status"] == "active" and once["id"] == again["id"], again)

    def _refusal(self, status: int, work: Any) -> str:
        try:
            work()
        except requests.HTTPError as refused:
            response: Any = refused.response
            require(response.status_code == status, refused)
            return str(response.json()["issue"][0]["diagnostics"])
        raise AssertionError("it was not refused")


def main() -> None:
    """Runs the cases."""
    it = Fhirclient()
    run(
        [it.discovery, it.refused, it.token, it.search, it.read, it.vread, it.pages, it.include,
         it.unguarded, it.accept, it.stale, it.missing, it.concern]
    )  # fmt: skip


if __name__ == "__main__":
    main()
