"""Search parameters, one by one, over real data: what they find and what they leave."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from conformance import canonical
from nhs import addresses
from registry.access.clients import Client
from registry.access.scopes import parse
from registry.service import Registry
from tests.registry.api.conftest import Ask
from tests.registry.api.message import NUMBER, message
from tests.registry.api.test_reviews import IN_HOSPITAL, PERSON, accept, tell
from tests.registry.core.stating import ICB1, T1

Resource = dict[str, Any]
FLAGGED = message("A31", flag="learning-disability", control_id="2")
ODS = addresses.ODS_ORGANISATION


async def searched(client: httpx.AsyncClient, query: str) -> list[Resource]:
    answer = await client.get(query)
    assert answer.status_code == 200, answer.text
    return [e["resource"] for e in answer.json().get("entry", [])]


@pytest.fixture
async def icb(ask: Ask) -> httpx.AsyncClient:
    """The board, which sees a death with two reviews: case record review and LeDeR."""
    await tell(ask, IN_HOSPITAL, FLAGGED)
    return await ask(ICB1, "icb")


ROUTE = canonical.REVIEW_ROUTE
STATUS = "http://hl7.org/fhir/task-status"


# A query of Task, and how many of the two reviews it finds.
TASKS = [
    ("", 2),
    ("code=leder", 1),
    (f"code={ROUTE}|leder", 1),
    (f"code={ROUTE}|", 2),
    ("code=|leder", 0),
    ("code=urn:x|leder", 0),
    ("code=leder,case-record-review", 2),
    ("code=leder&code=case-record-review", 0),
    ("code:not=leder", 1),
    ("code:not=leder,case-record-review", 0),
    ("status=requested", 2),
    ("status=accepted", 0),
    ("status=accepted,requested", 2),
    (f"status={STATUS}|requested", 2),
    ("status=urn:x|requested", 0),
    (f"status={STATUS}|", 2),
    ("status:not=requested", 0),
    ("intent=order", 2),
    ("priority:missing=true", 2),
    ("priority:missing=false", 0),
    ("owner:missing=false", 2),
    ("owner=QX1", 1),
    ("owner=Organization/QX1", 1),
    ("owner:Organization=QX1", 1),
    ("owner=http://registry.example/fhir/Organization/QX1", 1),
    (f"owner.identifier={ODS}|QX1", 1),
    (f"owner:identifier={ODS}|QX1", 1),
    ("owner:identifier=QX1", 1),
    ("owner=QX1,RT1", 2),
    ("owner:not=QX1", 1),
    ("owner:not=QX1,RT1", 0),
    ("necessity=required", 2),
    ("necessity=to-be-screened", 0),
    ("necessity:not=required", 0),
    (f"necessity={canonical.REVIEW_NECESSITY}|required", 2),
    (f"necessity={canonical.REVIEW_NECESSITY}|", 2),
    ("necessity=urn:x|required", 0),
    ("necessity=|required", 0),
    ("necessity:missing=true", 0),
    ("criterion=learning-disability", 2),
    ("criterion=random-sample", 0),
    ("criterion:missing=false", 2),
    ("criterion=required", 0),
    ("business-status=proposed", 2),
    ("authored-on=ge2020-01-01", 2),
    ("authored-on=lt2020-01-01", 0),
    ("authored-on=ge2020-01-01&authored-on=lt2999", 2),
    ("modified=gt2020", 2),
    ("_lastUpdated=gt2020-01-01T00:00:00Z", 2),
    ("_lastUpdated=le2020", 0),
    ("_lastUpdated=ne2020", 2),
    ("period:missing=true", 2),
    ("_id=nothing", 0),
    (f"patient:identifier={PERSON}", 2),
    (f"patient.identifier={PERSON}", 2),
    (f"subject.identifier={PERSON}", 2),
    (f"patient.identifier={addresses.NHS_NUMBER}|9990000026", 0),
    (f"patient.identifier={PERSON},urn:x|1", 2),
    (r"code=leder\,", 0),
    ("patient._has:Flag:patient:code=learning-disability", 2),
    (f"subject._has:Flag:patient:code={canonical.FLAG_CODE}|learning-disability", 2),
    ("patient._has:Flag:patient:code=severe-mental-illness,learning-disability&code=leder", 1),
    ("patient._has:Flag:patient:code=severe-mental-illness", 0),
    ("patient._has:Flag:patient:code=possible-learning-disability", 0),
]
OTHERS = [
    ("Observation?date=2026-01-10&code=419620001", 1),
    ("Observation?date=2026-01&code=419620001", 1),
    ("Observation?date=2026-01-11&code=419620001", 0),
    ("Observation?date=sa2026-01-09&date=eb2026-01-11&code=419620001", 1),
    ("Observation?date=gt2026-01-10&code=419620001", 0),
    ("Observation?date=ge2026-01-10&date=le2026-01-10&code=419620001", 1),
    ("Observation?code=419620001&performer=RT1", 1),
    (f"Observation?code=419620001&performer.identifier={ODS}|RT2", 0),
    ("Observation?component-code=scope", 1),
    ("Patient?deceased=true", 1),
    ("Patient?deceased=false", 0),
    ("Patient?deceased:missing=true", 0),
    ("Patient?death-date=2026-01-10", 1),
    ("Patient?general-practitioner=P81001", 1),
    (f"Patient?identifier={PERSON}", 1),
    ("Flag?code=learning-disability", 1),
    ("Flag?author=RT1", 1),
    ("Organization?name=trust", 2),
    ("Organization?name:exact=trust", 0),
    ("Organization?name:exact=Trust One", 1),
    ("Organization?name:contains=ONE", 4),
    ("Organization?name=%25", 0),
    (f"Organization?identifier={ODS}|RT1,{ODS}|RT2", 2),
    ("Organization?partof=QX1", 4),
    ("Organization?_id=RT1", 1),
]
REFUSED = [
    "Patient?name=Example",
    "Patient?birthdate=1950-02-03",
    "Patient?_has:Task:patient:status=requested",
    "Task?status:text=x",
    "Task?patient.name=Example",
    "Task?patient._has:Task:patient:status=requested",
    "Task?owner._has:Flag:patient:code=autism",
    "Task?patient._has:Flag:patient:code=",
    "Task?patient=Observation/1",
    "Task?patient=http://elsewhere.example/Patient/1",
    "Task?patient=",
    "Task?authored-on=yesterday",
    "Task?authored-on=2026-13-01",
    "Task?authored-on=xx2026",
    "Task?period:missing=maybe",
    "Task?code=a|b|c",
    "Task?code=|",
    "Task?owner.identifier=urn:x|1",
    "Task?patient.identifier=9990000018",
    "Task?_sort=code",
    "Task?_sort=status,modified,_id,intent",
    "Task?_count=x",
    "Task?_total=maybe",
    "Task?_summary=text",
    "Task?_elements=nonsense",
    "Task?_include=*",
    "Task?_include:iterate=Task:owner",
    "Task?_revinclude=Task:owner",
    "Task?_include=Task:owner:Practitioner",
    "Task?_page=abc",
    "Task?_page=abc&status=requested",
    "Task?_contained=true",
    "Task?_filter=x",
    "Task?status=%00",
    "Task?%00=1",
    "Patient?active=maybe",
    "Task?" + "&".join(["status=requested"] * 51),
    "Task?code=" + "x" * 2001,
]


async def test_resources_are_found_by_what_they_say(icb: httpx.AsyncClient) -> None:
    for query, count in [*((f"Task?{query}", count) for query, count in TASKS), *OTHERS]:
        assert len(await searched(icb, query)) == count, query


async def test_a_review_is_found_by_its_own_number_and_by_the_case(icb: httpx.AsyncClient) -> None:
    one, other = await searched(icb, "Task")
    number, case = one["identifier"][0], one["groupIdentifier"]
    assert [t["id"] for t in await searched(icb, f"Task?identifier={number['value']}")] == [
        one["id"]
    ]
    by_case = await searched(icb, f"Task?group-identifier={case['system']}|{case['value']}")
    assert {t["id"] for t in by_case} == {one["id"], other["id"]}
    assert await searched(icb, f"Task?group-identifier=urn:x|{case['value']}") == []
    by_focus = await searched(icb, f"Task?focus={one['focus']['reference']}&_id={one['id']}")
    assert len(by_focus) == 1
    by_patient = f"Task?patient={one['for']['reference']}&subject:Patient={one['for']['reference']}"
    assert len(await searched(icb, by_patient)) == 2


async def test_what_is_not_known_or_not_well_formed_is_refused(icb: httpx.AsyncClient) -> None:
    for query in REFUSED:
        answer = await icb.get(query)
        assert answer.status_code == 400, (query, answer.text)
        assert answer.json()["resourceType"] == "OperationOutcome"
        assert NUMBER not in answer.text


async def test_a_lenient_client_is_told_what_was_left_aside(icb: httpx.AsyncClient) -> None:
    lenient = {"Prefer": "handling=lenient"}
    answer = await icb.get("Task?nonsense=1&code=leder&_sort=code", headers=lenient)
    bundle = answer.json()
    assert [e["search"]["mode"] for e in bundle["entry"]] == ["match", "outcome"]
    (link,) = bundle["link"]
    assert link["url"].endswith("/Task?code=leder")
    issues = bundle["entry"][-1]["resource"]["issue"]
    assert {issue["severity"] for issue in issues} == {"warning"}
    assert "nonsense" in issues[0]["details"]["text"]


async def test_nobody_searches_by_flags_who_does_not_see_them(
    ask: Ask, registry: Registry, icb: httpx.AsyncClient
) -> None:
    assert len(await searched(icb, "Task")) == 2
    practice = await ask("P81001", "gp")
    assert len(await searched(practice, "Task")) == 2
    chained = "Task?patient._has:Flag:patient:code=learning-disability"
    for headers in ({}, {"Prefer": "handling=lenient"}):
        answer = await practice.get(chained, headers=headers)
        assert answer.status_code == 403, answer.text
    narrow = await ask(ICB1, "icb")
    token = await registry.tokens.issue(Client("narrow", ICB1, "icb"), parse("system/Task.rs"))
    narrow.headers["Authorization"] = f"Bearer {token}"
    assert len(await searched(narrow, "Task")) == 2
    assert (await narrow.get(chained)).status_code == 403
    elsewhere = await ask("RT3", "provider")
    assert await searched(elsewhere, chained) == []


async def test_totals_are_given_when_asked_for(icb: httpx.AsyncClient) -> None:
    assert "total" not in (await icb.get("Task")).json()
    assert (await icb.get("Task?_total=accurate&_count=1")).json()["total"] == 2
    for counting in ("_summary=count", "_count=0"):
        counted = (await icb.get(f"Task?{counting}&code=leder")).json()
        assert (counted["total"], counted.get("entry")) == (1, None)


async def test_parts_of_resources_are_marked_as_parts(icb: httpx.AsyncClient) -> None:
    for asked in ("_elements=status,owner", "_summary=true", "_summary=data"):
        for task in await searched(icb, f"Task?{asked}"):
            assert task["meta"]["tag"][-1]["code"] == "SUBSETTED"
            assert {"status", "intent", "owner"} <= set(task)
    assert "input" not in (await searched(icb, "Task?_summary=true"))[0]
    assert "input" in (await searched(icb, "Task?_summary=data"))[0]


async def test_the_order_is_as_asked(icb: httpx.AsyncClient) -> None:
    ids = [t["id"] for t in await searched(icb, "Task?_sort=_id")]
    assert ids == sorted(ids)
    assert [t["id"] for t in await searched(icb, "Task?_sort=-_id")] == ids[::-1]
    names = [o["name"] for o in await searched(icb, "Organization?_sort=-name")]
    assert names == sorted(names, reverse=True)
    assert len(await searched(icb, "Task?_sort=status,-authored-on")) == 2


async def test_what_is_brought_along_comes_once_and_is_marked(icb: httpx.AsyncClient) -> None:
    answer = await icb.get("Task?_include=Task:owner&_include=Task:patient&_include=Task:focus")
    entries = answer.json()["entry"]
    modes = [(e["search"]["mode"], e["resource"]["resourceType"]) for e in entries]
    assert modes.count(("match", "Task")) == 2
    assert modes.count(("include", "Patient")) == 1
    assert modes.count(("include", "Organization")) == 2
    assert modes.count(("include", "Observation")) == 1
    back = await icb.get(f"Patient?identifier={PERSON}&_revinclude=Task:patient")
    assert [e["search"]["mode"] for e in back.json()["entry"]] == ["match", "include", "include"]


async def test_a_search_can_be_posted(icb: httpx.AsyncClient) -> None:
    found = await icb.post("Task/_search", data={"patient.identifier": PERSON, "code": "leder"})
    assert len(found.json()["entry"]) == 1
    both = await icb.post("Task/_search?code=leder", data={"patient.identifier": PERSON})
    assert len(both.json()["entry"]) == 1
    assert (await icb.post("Task/_search")).status_code == 200
    wrong = await icb.post("Task/_search", json={"code": "leder"})
    assert wrong.status_code == 415


async def test_a_step_is_found_at_once(ask: Ask, icb: httpx.AsyncClient) -> None:
    provider = await ask(T1, "provider")
    (task,) = await searched(provider, "Task?owner=RT1")
    await accept(provider, task)
    assert len(await searched(icb, "Task?status=accepted")) == 1
    assert len(await searched(icb, "Task?period:missing=false")) == 1
