"""Pages: complete, right while data changes, the caller's alone, and naming nobody."""

from __future__ import annotations

from typing import Any

import httpx
import psycopg

from registry.service import Registry
from tests.registry.api.conftest import Ask
from tests.registry.api.message import NUMBER, message, number_of
from tests.registry.api.test_reviews import PERSON, tell
from tests.registry.core.stating import ICB1, T1, T2

Resource = dict[str, Any]
PEOPLE = 11


async def deaths(ask: Ask) -> httpx.AsyncClient:
    """Eleven deaths of one trust; returns its client."""
    await tell(
        ask,
        *(
            message("A03", number=number_of(n), admitted="2026-01-05", discharged="2026-01-10",
                    method="4", died="2026-01-10", visit=f"V{n}", control_id=str(n))
            for n in range(PEOPLE)
        ),
    )  # fmt: skip
    return await ask(T1, "provider")


def links(bundle: Resource) -> dict[str, str]:
    return {link["relation"]: link["url"] for link in bundle["link"]}


def ids(bundle: Resource) -> list[str]:
    return [e["resource"]["id"] for e in bundle.get("entry", [])]


async def pages(client: httpx.AsyncClient, address: str) -> list[Resource]:
    got: list[Resource] = []
    while address:
        answer = await client.get(address)
        assert answer.status_code == 200, answer.text
        got.append(answer.json())
        address = links(got[-1]).get("next", "")
    return got


async def test_pages_together_are_the_whole_in_every_order(ask: Ask) -> None:
    provider = await deaths(ask)
    for order in ("_lastUpdated", "-_lastUpdated", "_id", "-_id", "status,-authored-on", "-period"):
        whole = ids((await provider.get(f"Task?_sort={order}")).json())
        assert len(whole) == PEOPLE
        got = await pages(provider, f"Task?_sort={order}&_count=3")
        assert [i for page in got for i in ids(page)] == whole, order
        assert [len(ids(page)) for page in got] == [3, 3, 3, 2]


async def test_one_can_go_back_the_way_one_came(ask: Ask) -> None:
    provider = await deaths(ask)
    first, second, third, last = await pages(provider, "Task?_count=3")
    assert "previous" not in links(first)
    back = (await provider.get(links(last)["previous"])).json()
    assert ids(back) == ids(third)
    back = (await provider.get(links(back)["previous"])).json()
    assert ids(back) == ids(second)
    back = (await provider.get(links(back)["previous"])).json()
    assert ids(back) == ids(first)
    assert "previous" not in links(back)
    assert ids((await provider.get(links(back)["next"])).json()) == ids(second)
    assert ids((await provider.get(links(third)["first"])).json()) == ids(first)
    assert ids((await provider.get(links(third)["self"])).json()) == ids(third)


async def test_what_changes_meanwhile_is_seen_and_nothing_is_missed(ask: Ask) -> None:
    provider = await deaths(ask)
    before = {e["resource"]["id"] for e in (await provider.get("Task?_sort=_id")).json()["entry"]}
    first = (await provider.get("Task?_count=3")).json()
    task = first["entry"][0]["resource"]
    await provider.put(
        f"Task/{task['id']}",
        json={**task, "status": "accepted"},
        headers={"Content-Type": "application/fhir+json", "If-Match": 'W/"1"'},
    )
    rest = await pages(provider, links(first)["next"])
    seen = [i for page in [first, *rest] for i in ids(page)]
    assert set(seen) == before
    assert seen.count(task["id"]) == 2  # as it was, and again as it is
    assert rest[-1]["entry"][-1]["resource"]["status"] == "accepted"


async def test_no_address_that_we_make_names_anybody(ask: Ask) -> None:
    await deaths(ask)
    flagged = message("A31", flag="learning-disability", control_id="x", died="2026-01-10",
                      admitted="2026-01-05", discharged="2026-01-10", method="4")  # fmt: skip
    await tell(ask, flagged)
    icb = await ask(ICB1, "icb")
    for name in ("patient.identifier", "patient:identifier", "subject.identifier"):
        found = (await icb.get("Task", params={name: PERSON, "_count": "1"})).json()
        assert set(links(found)) == {"self", "next"}
        assert NUMBER not in str(links(found))
        assert ids((await icb.get(links(found)["self"])).json()) == ids(found)
        more = (await icb.get(links(found)["next"])).json()
        assert len(ids(more)) == 1
        assert NUMBER not in str(links(more))


async def test_a_page_is_the_callers_alone(ask: Ask) -> None:
    provider = await deaths(ask)
    following = links((await provider.get("Task?_count=3")).json())["next"]
    for stranger in (await ask(T2, "provider"), await ask(ICB1, "icb")):
        answer = await stranger.get(following)
        assert answer.status_code == 400
        assert "not yours" in answer.json()["issue"][0]["details"]["text"]


async def test_an_address_that_was_changed_or_is_too_old_is_refused(
    ask: Ask, monkeypatch: Any
) -> None:
    from datetime import timedelta

    from registry.api import page_tokens

    provider = await deaths(ask)
    following = links((await provider.get("Task?_count=3")).json())["next"]
    assert (await provider.get(following[:-3] + "AAA")).status_code == 400
    assert (await provider.get(following + "&status=requested")).status_code == 400
    assert (await provider.get(following.replace("/Task?", "/Flag?"))).status_code == 400
    monkeypatch.setattr(page_tokens, "LIFETIME", timedelta(seconds=-1))
    old = links((await provider.get("Task?_count=3")).json())["next"]
    assert (await provider.get(old)).status_code == 400


async def test_a_page_made_by_one_process_is_read_by_another(ask: Ask, database_url: str) -> None:
    from registry.access.caller import Caller
    from registry.api.page_tokens import PageTokens

    caller = Caller("c", T1, "provider", frozenset())
    one, other = PageTokens(), PageTokens()
    async with await psycopg.AsyncConnection.connect(
        database_url, options="-c search_path=registry"
    ) as connection:
        await one.prepare(connection)
        await other.prepare(connection)
    assert other.read(caller, one.make(caller, {"a": 1})) == {"a": 1}


async def test_a_page_may_be_asked_for_in_another_size(ask: Ask) -> None:
    """Medplum's client adds _count to the address of the next page."""
    provider = await deaths(ask)
    first = (await provider.get("Task?_sort=_id&_count=2")).json()
    rest = (await provider.get(f"{links(first)['next']}&_count=1000")).json()
    whole = ids((await provider.get("Task?_sort=_id")).json())
    assert [*ids(first), *ids(rest)] == whole
    other = await provider.get(f"{links(first)['next']}&status=requested")
    assert other.status_code == 400


async def test_a_total_under_the_name_that_fhirpy_has_for_it(ask: Ask) -> None:
    provider = await deaths(ask)
    found = (await provider.get("Task?_count=0&_totalMethod=count")).json()
    assert (found["total"], ids(found)) == (PEOPLE, [])
    assert (await provider.get("Task?_totalMethod=all")).status_code == 400


async def test_who_polls_is_told_from_when_to_go_on(ask: Ask, registry: Registry) -> None:
    provider = await deaths(ask)
    await registry.watermark.note()
    polled = (await provider.get("Task?_lastUpdated=ge2026-01-01&_count=3")).json()
    mark = polled["meta"]["lastUpdated"]
    newest = [e["resource"]["meta"]["lastUpdated"] for e in polled["entry"]]
    assert mark >= max(newest)
    again = (await provider.get("Task", params={"_lastUpdated": f"ge{mark}"})).json()
    assert ids(again) == []
    for address in ("Task?_sort=-_lastUpdated", "Task/_history"):
        assert (await provider.get(address)).json()["meta"]["lastUpdated"] >= mark
    following = (await provider.get(links(polled)["next"])).json()
    for other in (following, (await provider.get("Task?status=requested")).json()):
        assert "meta" not in other
    recorded = await provider.get("AuditEvent?_sort=_lastUpdated")
    assert recorded.status_code == 200, recorded.text
    assert "meta" not in recorded.json()


async def test_who_becomes_involved_later_finds_what_was_written_before(
    ask: Ask, registry: Registry
) -> None:
    """A practice that polls must not miss the reviews of somebody who is found to be its own."""
    told = {"admitted": "2026-01-05", "discharged": "2026-01-10", "method": "4"}
    await tell(ask, message("A03", died="2026-01-10", **told))
    first, later, trust = (
        await ask("P81001", "gp"), await ask("P81002", "gp"), await ask(T1, "provider")
    )  # fmt: skip
    await registry.watermark.note()
    polled = (await first.get("Task?_lastUpdated=ge2026-01-01")).json()
    mark = {"_lastUpdated": f"ge{polled['meta']['lastUpdated']}"}
    assert len(ids(polled)) == 1
    moved = message("A31", practice="P81002", recorded="2026-03-04T09:00:00+00:00")
    await tell(ask, moved)
    assert ids((await later.get("Task", params=mark)).json()) == ids(polled)
    assert ids((await trust.get("Task", params=mark)).json()) == []
