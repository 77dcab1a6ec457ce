"""fhirpy (PyPI, beda.software), used as its README shows."""

from __future__ import annotations

import json
from typing import Any

from fhirpy import SyncFHIRClient
from fhirpy.base.exceptions import MultipleResourcesFound, OperationOutcome, ResourceNotFound

from conformance.clients.cases import assignment, require, run


class Fhirpy:
    """The cases, in order."""

    def __init__(self) -> None:
        self.given = assignment()
        self.client = self._client()
        self.task: Any = None

    def _client(self, **headers: str) -> Any:
        authorization = f"Bearer {self.given.token}"
        return SyncFHIRClient(self.given.base, authorization, extra_headers=headers)

    def _tasks(self, number: str) -> Any:
        asked = {"patient.identifier": self.given.person(number)}
        return self.client.resources("Task").search(**asked)

    def discovery(self) -> None:
        """discovery: CapabilityStatement."""
        stated = self.client.execute("metadata", method="get")
        require(stated["fhirVersion"] == "4.0.1", stated)

    def search(self) -> None:
        """search by NHS number."""
        self.task = self._tasks(self.given.first).get()
        require(self.task["status"] == "requested", self.task)

    def read(self) -> None:
        """read, and resolve a reference."""
        same = self.client.reference("Task", self.task.id).to_resource()
        require(same.serialize() == self.task.serialize(), same)
        patient = self.task["for"].to_resource()
        require(patient["resourceType"] == "Patient", patient)

    def vread(self) -> None:
        """vread and history."""
        path = f"Task/{self.task.id}/_history"
        versions = self.client.execute(path, method="get")
        require([e["resource"]["id"] for e in versions["entry"]] == [self.task.id], versions)
        one = self.client.execute(f"{path}/1", method="get")
        require(one["meta"]["versionId"] == "1", one)

    def pages(self) -> None:
        """paging: fetch_all and count."""
        tasks = self.client.resources("Task")
        ids = [task.id for task in tasks.limit(1).fetch_all()]
        require(len(ids) == len(set(ids)) == tasks.count() > 1, ids)

    def include(self) -> None:
        """_include."""
        found = self._tasks(self.given.first).include("Task", "owner").fetch_raw()
        modes = {entry["search"]["mode"] for entry in found["entry"]}
        require(modes == {"match", "include"}, modes)

    def refresh(self) -> None:
        """conditional read: refresh."""
        require(self.task.refresh()["status"] == "requested", self.task)

    def unguarded(self) -> None:
        """an update without If-Match says what is missing."""
        self.task["status"] = "accepted"
        require("If-Match" in self._refusal(self.task.save), "428")

    def accept(self) -> None:
        """update with If-Match accepts the lead."""
        guarded = self._client(**{"If-Match": 'W/"1"'})
        accepted = guarded.resource("Task", **self.task.serialize()).save()
        require((accepted["status"], accepted["meta"]["versionId"]) == ("accepted", "2"), accepted)

    def stale(self) -> None:
        """412 for a stale update, which says who leads."""
        guarded = self._client(**{"If-Match": 'W/"1"'})
        try:
            guarded.resource("Task", **self.task.serialize()).save()
        except MultipleResourcesFound as refused:  # what fhirpy makes of every 412
            require(self.given.organisation in str(refused), refused)
        else:
            raise AssertionError("a stale update was taken")

    def merge_patch(self) -> None:
        """PATCH in fhirpy's own form is refused with the forms that are taken."""
        guarded = self._client(**{"If-Match": 'W/"2"'})
        task = guarded.resource("Task", **self.task.serialize())
        said = self._refusal(lambda: task.patch(status="in-progress"))
        require("application/json-patch+json" in said and "FHIRPath" in said, said)

    def missing(self) -> None:
        """404 is an OperationOutcome."""
        try:
            self.client.get("Task", "nothing")
        except ResourceNotFound as refused:
            require("OperationOutcome" in str(refused), refused)
        else:
            raise AssertionError("found what is not there")

    def wrong_parameter(self) -> None:
        """an unknown search parameter is refused, not left aside."""
        said = self._refusal(self.client.resources("Task").search(nonsense="1").fetch)
        require("nonsense" in said or "parameter" in said, said)

    def concern(self) -> None:
        """create a concern."""
        kept = self.client.resource("ServiceRequest", **self.given.concern).save()
        require(kept.id and kept["status"] == "active", kept)

    def get_or_create(self) -> None:
        """conditional create: get_or_create."""
        concern = self.client.resource("ServiceRequest", **self.given.numbered("P-1"))
        once, is_new = self._by_number("P-1").get_or_create(concern)
        again, is_new_again = self._by_number("P-1").get_or_create(concern)
        require((is_new, is_new_again) == (True, False), (is_new, is_new_again))
        require(once.id == again.id, again)

    def update_by_number(self) -> None:
        """conditional update takes the concern back."""
        concern = {**self.given.numbered("P-1"), "status": "revoked"}
        sent = self.client.resource("ServiceRequest", **concern)
        kept, is_new = self._by_number("P-1").update(sent)
        require((kept["status"], is_new) == ("revoked", False), kept)

    def _by_number(self, number: str) -> Any:
        (identifier,) = self.given.numbered(number)["identifier"]
        said = f"{identifier['system']}|{identifier['value']}"
        return self.client.resources("ServiceRequest").search(identifier=said)

    def _refusal(self, work: Any) -> str:
        """What the OperationOutcome says with which the work is refused."""
        try:
            work()
        except OperationOutcome as refused:
            return str(json.loads(str(refused))["issue"][0]["diagnostics"])
        raise AssertionError("it was not refused")


def main() -> None:
    """Runs the cases."""
    it = Fhirpy()
    run(
        [it.discovery, it.search, it.read, it.vread, it.pages, it.include, it.refresh,
         it.unguarded, it.accept, it.stale, it.merge_patch, it.missing, it.wrong_parameter,
         it.concern, it.get_or_create, it.update_by_number]
    )  # fmt: skip


if __name__ == "__main__":
    main()
