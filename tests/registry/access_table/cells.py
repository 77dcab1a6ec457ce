"""The ways to reach a resource: each says what it shows to who may see it, and that to everybody
else it is as if it were not there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx

from registry.access.scopes import OF_ROLE
from registry.api.interactions import OFFERED
from registry.api.search.includes import INCLUDES, REVERSE_INCLUDES
from registry.core.explanation_for_party import SPOKEN_OF
from registry.core.visibility import VISIBLE, is_party, may_see
from tests.registry.access_table.world import SCENARIOS, SUBJECTS, World
from tests.registry.api.test_reviews import FHIR

Resource = dict[str, Any]
ABSENT = "0" * 32


@dataclass(frozen=True)
class Cell:
    """Somebody, and something to be reached for."""

    world: World
    scenario: str
    subject: str

    @property
    def client(self) -> httpx.AsyncClient:
        return self.world.clients[self.scenario]

    @property
    def role(self) -> str:
        return SCENARIOS[self.scenario].role

    @property
    def type(self) -> str:
        return SUBJECTS[self.subject].resource_type

    @property
    def id(self) -> str:
        return self.world.ids[self.subject]

    @property
    def is_allowed(self) -> bool:
        """By the table: the role sees the type, and the involvement reaches the resource."""
        readers = SUBJECTS[self.subject].readers
        reaches = (
            is_party(SCENARIOS[self.scenario].reasons)
            if readers is None
            else self.scenario in readers
        )
        # What somebody did themselves is theirs to see.
        is_own = self.type == "AuditEvent" and self.scenario == "board"
        return may_see(self.role, self.type) and (reaches or is_own)

    async def same_as_absent(self, method: str, path: str, **sent: Any) -> httpx.Response:
        """Asks for the resource and for one that is not there: both are answered alike."""
        there = await self.client.request(method, path.format(id=self.id), **_for(sent, self.id))
        absent = await self.client.request(method, path.format(id=ABSENT), **_for(sent, ABSENT))
        assert there.status_code == absent.status_code, there.text
        assert there.json() == absent.json()
        assert _plain(there.headers) == _plain(absent.headers)
        assert self.id not in there.text
        return there


def _for(sent: dict[str, Any], resource_id: str) -> dict[str, Any]:
    body = sent.get("json")
    if isinstance(body, dict) and "id" in body:
        return {**sent, "json": {**body, "id": resource_id}}
    return sent


def _plain(headers: httpx.Headers) -> dict[str, str]:
    return {
        name: v for name, v in headers.items() if name not in ("x-request-id", "content-length")
    }


async def read(cell: Cell) -> None:
    await _by_address(cell, f"{cell.type}/{{id}}")


async def read_version(cell: Cell) -> None:
    await _by_address(cell, f"{cell.type}/{{id}}/_history/1")


async def _by_address(cell: Cell, path: str) -> None:
    is_offered = cell.type != "AuditEvent" or "_history" not in path
    if not (cell.is_allowed and is_offered):
        refused = await cell.same_as_absent("GET", path)
        assert refused.status_code in (403, 404)
        return
    answer = await cell.client.get(path.format(id=cell.id))
    assert answer.status_code == 200, answer.text
    shown: Resource = answer.json()
    assert shown["id"] == cell.id
    elements = VISIBLE[cell.role][cell.type]
    assert elements is None or set(shown) <= elements


async def history(cell: Cell) -> None:
    path = f"{cell.type}/{{id}}/_history"
    if not cell.is_allowed or cell.type == "AuditEvent":
        assert (await cell.same_as_absent("GET", path)).status_code in (403, 404)
        return
    answer = await cell.client.get(path.format(id=cell.id))
    assert answer.status_code == 200
    assert {e["resource"]["id"] for e in answer.json()["entry"]} == {cell.id}


async def type_history(cell: Cell) -> None:
    if cell.type == "AuditEvent":
        return
    answer = await cell.client.get(f"{cell.type}/_history?_count=1000")
    if not may_see(cell.role, cell.type):
        assert answer.status_code == 403
        return
    shown = {e["resource"]["id"] for e in answer.json().get("entry", [])}
    assert (cell.id in shown) == cell.is_allowed


async def search(cell: Cell) -> None:
    if not may_see(cell.role, cell.type):
        refused = await cell.same_as_absent("GET", f"{cell.type}?_id={{id}}")
        assert refused.status_code == 403
        return
    for query in (f"_id={cell.id}", "_count=1000", f"_id={cell.id}&_summary=true"):
        answer = await cell.client.get(f"{cell.type}?{query}")
        assert answer.status_code == 200, answer.text
        shown = {e["resource"]["id"] for e in answer.json().get("entry", [])}
        assert (cell.id in shown) == cell.is_allowed, query
    posted = await cell.client.post(f"{cell.type}/_search", data={"_id": cell.id})
    assert ("entry" in posted.json()) == cell.is_allowed


async def search_of_the_person(cell: Cell) -> None:
    if cell.type == "Patient" or not may_see(cell.role, cell.type):
        return
    answer = await cell.client.get(f"{cell.type}?patient=Patient/{cell.world.person}&_count=1000")
    assert answer.status_code == 200, answer.text
    shown = {e["resource"]["id"] for e in answer.json().get("entry", [])}
    assert (cell.id in shown) == cell.is_allowed


async def count(cell: Cell) -> None:
    if not may_see(cell.role, cell.type):
        return
    for query in ("_summary=count", "_total=accurate", "_count=0"):
        answer = await cell.client.get(f"{cell.type}?_id={cell.id}&{query}")
        assert answer.json()["total"] == int(cell.is_allowed), query


async def brought_along(world: World, scenario: str) -> None:
    """Whatever is searched and brought along, with whatever else: nothing that is not theirs; and
    who sees as much as the lead has as much brought along."""
    role = SCENARIOS[scenario].role
    theirs = {world.ids[name] for name in SUBJECTS if Cell(world, scenario, name).is_allowed}
    others = set(world.ids.values()) - theirs
    for how, offered in (("_include", INCLUDES), ("_revinclude", REVERSE_INCLUDES)):
        for searched, pairs in offered.items():
            for pair in pairs if may_see(role, searched) else ():
                query = f"{searched}?{how}={pair}&_count=1000"
                answer = await world.clients[scenario].get(query)
                assert answer.status_code == 200 or role == "gp", answer.text
                brought = _included(answer)
                assert not brought & others, query
                if scenario in ("board", "contributor"):
                    whole = await world.clients["lead"].get(query)
                    assert brought == _included(whole), query


def _included(answer: httpx.Response) -> set[str]:
    return {
        e["resource"]["id"]
        for e in answer.json().get("entry", [])
        if e["search"]["mode"] == "include"
    }


async def page_of_another(world: World, scenario: str) -> None:
    """The address of a page that somebody else got."""
    owner = "board" if scenario != "board" else "lead"
    for searched in ("Task?patient.identifier", "Patient?identifier"):
        person = SUBJECTS["person"].search.partition("=")[2]
        page = await world.clients[owner].get(f"{searched}={person}&_count=1")
        replayed = await world.clients[scenario].get(page.json()["link"][0]["url"])
        assert replayed.status_code in (400, 403), replayed.text
        assert "entry" not in replayed.json()


async def put(cell: Cell) -> None:
    sent = {"json": cell.world.contents[cell.subject], "headers": FHIR | _match(cell)}
    if not cell.is_allowed:
        refused = await cell.same_as_absent("PUT", f"{cell.type}/{{id}}", **sent)
        assert refused.status_code in (403, 404, 405)
        return
    seen = await cell.client.get(f"{cell.type}/{cell.id}")
    match = {"If-Match": seen.headers["etag"]}
    answer = await cell.client.put(f"{cell.type}/{cell.id}", json=seen.json(), headers=FHIR | match)
    if cell.type not in ("Task", "ServiceRequest"):
        assert answer.status_code == 405
    elif (cell.type, "u") not in OF_ROLE[SCENARIOS[cell.scenario].role] or (
        cell.type == "ServiceRequest" and cell.scenario != "raised a concern"
    ):
        assert answer.status_code == 403
    else:
        assert answer.status_code == 200, answer.text


async def patch(cell: Cell) -> None:
    test = [{"op": "test", "path": "/resourceType", "value": cell.type}]
    kind = {"Content-Type": "application/json-patch+json"}
    if not cell.is_allowed:
        sent = {"json": test, "headers": kind | _match(cell)}
        refused = await cell.same_as_absent("PATCH", f"{cell.type}/{{id}}", **sent)
        assert refused.status_code in (403, 404, 405)
        return
    seen = await cell.client.get(f"{cell.type}/{cell.id}")
    match = {"If-Match": seen.headers["etag"]}
    answer = await cell.client.patch(f"{cell.type}/{cell.id}", json=test, headers=kind | match)
    if cell.type != "Task":
        assert answer.status_code == 405
    elif ("Task", "u") not in OF_ROLE[SCENARIOS[cell.scenario].role]:
        assert answer.status_code == 403
    else:
        assert answer.status_code == 200, answer.text


def _match(cell: Cell) -> dict[str, str]:
    return {"If-Match": f'W/"{cell.world.contents[cell.subject]["meta"]["versionId"]}"'}


async def validate(cell: Cell) -> None:
    if "validate-instance" not in OFFERED[cell.type]:
        return
    path = f"{cell.type}/{{id}}/$validate"
    said = {"resourceType": "Parameters", "parameter": [{"name": "mode", "valueCode": "profile"}]}
    if not cell.is_allowed:
        refused = await cell.same_as_absent("POST", path, json=said, headers=FHIR)
        assert refused.status_code in (403, 404)
        return
    answer = await cell.client.post(path.format(id=cell.id), json=said, headers=FHIR)
    assert answer.status_code == 200, answer.text


async def explain(cell: Cell) -> None:
    """To whoever sees the Patient, and all types that an explanation speaks of."""
    if cell.type != "Patient":
        return
    is_told = cell.is_allowed and all(may_see(cell.role, name) for name in SPOKEN_OF)
    if not is_told:
        refused = await cell.same_as_absent("GET", "Patient/{id}/$explain")
        assert refused.status_code in (403, 404)
        return
    answer = await cell.client.get(f"Patient/{cell.id}/$explain")
    assert answer.status_code == 200, answer.text


async def in_a_batch(cell: Cell) -> None:
    requests = [
        {"request": {"method": "GET", "url": f"{cell.type}/{i}"}} for i in (cell.id, ABSENT)
    ]
    bundle = {"resourceType": "Bundle", "type": "batch", "entry": requests}
    answer = await cell.client.post("", json=bundle, headers=FHIR)
    there, absent = answer.json()["entry"]
    if cell.is_allowed:
        assert there["response"]["status"].startswith("200")
        assert there["resource"]["id"] == cell.id
        return
    assert "resource" not in there
    assert _without_place(there) == _without_place(absent)


def _without_place(entry: Resource) -> Resource:
    response = dict(entry["response"])
    said: list[Resource] = response["outcome"]["issue"]
    issues = [{name: v for name, v in issue.items() if name != "expression"} for issue in said]
    return {**response, "outcome": issues}


INTERACTIONS: dict[str, Callable[[Cell], Awaitable[None]]] = {
    "read": read,
    "vread": read_version,
    "history": history,
    "history of the type": type_history,
    "search": search,
    "search of the person": search_of_the_person,
    "_summary=count and _total": count,
    "PUT": put,
    "PATCH": patch,
    "$validate": validate,
    "$explain": explain,
    "in a batch": in_a_batch,
}
# Not of one resource, but of all at once.
ACROSS: dict[str, Callable[[World, str], Awaitable[None]]] = {
    "_include and _revinclude": brought_along,
    "the page of another": page_of_another,
}
