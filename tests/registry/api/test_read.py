"""Reading a resource, its versions and its history, and not reading what one has."""

from __future__ import annotations

import httpx
import pytest

from tests.registry.api.conftest import Ask
from tests.registry.api.message import message
from tests.registry.api.test_reviews import IN_HOSPITAL, accept, tell, the_task
from tests.registry.core.stating import P1, T1, T2


async def accepted(ask: Ask) -> tuple[httpx.AsyncClient, str]:
    """A client of the trust that leads, and the address of its Task, at version 2."""
    await tell(ask, IN_HOSPITAL)
    provider = await ask(T1, "provider")
    task = await the_task(provider)
    assert (await accept(provider, task)).status_code == 200
    return provider, f"Task/{task['id']}"


async def test_a_read_says_its_version_and_when_it_was_written(ask: Ask) -> None:
    provider, task = await accepted(ask)
    read = await provider.get(task)
    assert read.headers["ETag"] == 'W/"2"'
    assert read.headers["Last-Modified"].endswith("GMT")
    assert read.headers["Content-Type"] == "application/fhir+json"
    assert read.headers["Cache-Control"] == "no-store"
    assert read.json()["meta"]["versionId"] == "2"


@pytest.mark.parametrize(
    ("tag", "status"),
    [('W/"2"', 304), ('"2"', 304), ('W/"1", W/"2"', 304), ("*", 304), ('W/"1"', 200), ("2", 200)],
)
async def test_what_the_client_has_is_not_sent_again(ask: Ask, tag: str, status: int) -> None:
    provider, task = await accepted(ask)
    read = await provider.get(task, headers={"If-None-Match": tag})
    assert read.status_code == status
    assert bool(read.content) == (status == 200)
    assert read.headers["ETag"] == 'W/"2"'


async def test_if_modified_since_counts_where_no_etag_is_sent(ask: Ask) -> None:
    provider, task = await accepted(ask)
    written = (await provider.get(task)).headers["Last-Modified"]
    same = {"If-Modified-Since": written}
    assert (await provider.get(task, headers=same)).status_code == 304
    assert (await provider.get(task, headers=same | {"If-None-Match": 'W/"1"'})).status_code == 200
    long_ago = {"If-Modified-Since": "Sat, 01 Jan 2000 00:00:00 GMT"}
    assert (await provider.get(task, headers=long_ago)).status_code == 200
    assert (await provider.get(task, headers={"If-Modified-Since": "soon"})).status_code == 200


async def test_head_says_all_but_the_body(ask: Ask) -> None:
    provider, task = await accepted(ask)
    read, head = await provider.get(task), await provider.head(task)
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["ETag"] == read.headers["ETag"]
    assert int(head.headers["Content-Length"]) == len(read.content)


async def test_every_version_can_be_read(ask: Ask) -> None:
    provider, task = await accepted(ask)
    first, second = [(await provider.get(f"{task}/_history/{n}")).json() for n in (1, 2)]
    assert (first["status"], second["status"]) == ("requested", "accepted")
    for wrong in ("3", "0", "x", "99999999999"):
        assert (await provider.get(f"{task}/_history/{wrong}")).status_code == 404


async def test_the_history_is_newest_first_and_goes_on_in_pages(ask: Ask) -> None:
    provider, task = await accepted(ask)
    whole = (await provider.get(f"{task}/_history")).json()
    assert whole["type"] == "history"
    assert [e["resource"]["meta"]["versionId"] for e in whole["entry"]] == ["2", "1"]
    assert [e["request"]["method"] for e in whole["entry"]] == ["PUT", "POST"]
    assert [e["response"]["status"] for e in whole["entry"]] == ["200 OK", "201 Created"]
    page = (await provider.get(f"{task}/_history?_count=1")).json()
    links = {link["relation"]: link["url"] for link in page["link"]}
    more = (await provider.get(links["next"])).json()
    assert more["entry"][0]["resource"]["meta"]["versionId"] == "1"
    assert "next" not in {link["relation"] for link in more["link"]}


async def test_a_history_begins_where_it_is_asked_to(ask: Ask) -> None:
    provider, task = await accepted(ask)
    second = (await provider.get(task)).json()["meta"]["lastUpdated"]
    later = await provider.get(f"{task}/_history", params={"_since": second})
    assert [e["resource"]["meta"]["versionId"] for e in later.json()["entry"]] == ["2"]
    never = await provider.get(f"{task}/_history", params={"_since": "2999"})
    assert "entry" not in never.json()


async def test_the_history_of_a_type_holds_what_the_caller_may_read(ask: Ask) -> None:
    provider, _ = await accepted(ask)
    whole = (await provider.get("Task/_history")).json()
    assert len(whole["entry"]) == 2
    other = await ask(T2, "provider")
    assert "entry" not in (await other.get("Task/_history")).json()
    page = (await provider.get("Task/_history?_count=1")).json()
    following = next(link["url"] for link in page["link"] if link["relation"] == "next")
    assert (await other.get(following)).status_code == 400


async def test_who_is_not_involved_reads_no_version_and_no_history(ask: Ask) -> None:
    _, task = await accepted(ask)
    other = await ask(T2, "provider")
    nothing = await other.get("Task/nothing")
    for address in (task, f"{task}/_history", f"{task}/_history/1"):
        answer = await other.get(address)
        assert (answer.status_code, answer.json()) == (404, nothing.json())


async def test_a_role_sees_of_old_versions_what_it_sees_of_the_new(ask: Ask) -> None:
    _, task = await accepted(ask)
    practice = await ask(P1, "gp")
    seen = [
        (await practice.get(task)).json(),
        (await practice.get(f"{task}/_history/1")).json(),
        *(e["resource"] for e in (await practice.get(f"{task}/_history")).json()["entry"]),
    ]
    for one in seen:
        assert "input" not in one
        assert one["meta"]["tag"][0]["code"] == "SUBSETTED"


async def test_a_read_can_be_of_some_elements(ask: Ask) -> None:
    provider, task = await accepted(ask)
    some = (await provider.get(f"{task}?_elements=owner")).json()
    assert set(some) == {"resourceType", "id", "meta", "owner", "status", "intent"}
    assert some["meta"]["tag"][-1]["code"] == "SUBSETTED"
    assert (await provider.get(f"{task}?_elements=nonsense")).status_code == 400
    assert (await provider.get(f"{task}?status=x")).status_code == 400


async def test_an_organisation_has_versions_too(ask: Ask, database_url: str) -> None:
    import psycopg

    from registry.directory import loading
    from registry.directory.organisation import Organisation

    with psycopg.connect(database_url) as connection:
        loading.load(connection, [Organisation(T1, "Trust One Renamed", "acute", "QX1")])
    provider = await ask(T2, "provider")
    whole = (await provider.get(f"Organization/{T1}/_history")).json()
    assert [e["resource"]["name"] for e in whole["entry"]] == ["Trust One Renamed", "Trust One"]
    assert (await provider.get(f"Organization/{T1}")).headers["ETag"] == 'W/"2"'


async def test_an_id_that_cannot_be_one_is_said_to_be(ask: Ask) -> None:
    provider = await ask(T1, "provider")
    for wrong in ("a%00b", "a" * 65, "a%20b", "a%0Ab"):
        answer = await provider.get(f"Task/{wrong}")
        assert answer.status_code == 400, answer.text
        code = answer.json()["issue"][0]["details"]["coding"][0]["code"]
        assert code == "INVALID_RESOURCE_ID"


async def test_the_same_message_again_makes_no_version(ask: Ask) -> None:
    await tell(ask, message("A31", died="2026-01-20"), message("A31", died="2026-01-20"))
    provider = await ask(T1, "provider")
    for resource_type in ("Patient", "Observation"):
        found = (await provider.get(f"{resource_type}/_history")).json()
        assert {e["resource"]["meta"]["versionId"] for e in found.get("entry", [])} <= {"1"}
