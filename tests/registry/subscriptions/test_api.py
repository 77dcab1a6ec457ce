"""Subscriptions and topics over the API: whose they are, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from conformance import canonical
from registry.access.clients import Client
from registry.access.scopes import OF_ROLE
from registry.service import Registry
from registry.subscriptions import searched
from registry.subscriptions.interactions import MOST
from registry.subscriptions.topics import TOPICS
from tests.registry.api.conftest import Ask
from tests.registry.api.test_audit import Record
from tests.registry.core.stating import ICB1, P1, T1, T2
from tests.registry.subscriptions.conftest import (
    BACKPORT,
    FHIR,
    changed,
    created,
    until_status,
    wanted,
)
from tests.registry.subscriptions.receiver import Receiver

Resource = dict[str, Any]
URL = "http://127.0.0.1:1/nobody"


@pytest.fixture
def record(database_url: str) -> Record:
    return Record(database_url)


async def test_made_read_changed_and_ended(ask: Ask, record: Record, receiver: Receiver) -> None:
    provider = await ask(T1, "provider")
    made = await created(provider, wanted(receiver.url))
    address = f"Subscription/{made['id']}"
    read = await provider.get(address)
    assert read.status_code == 200
    assert read.headers["etag"] == f'W/"{read.json()["meta"]["versionId"]}"'
    known = {"If-None-Match": read.headers["etag"]}
    await until_status(provider, made, "active")
    off = await changed(provider, made, status="off")
    assert (off.status_code, off.json()["status"]) == (200, "off")
    assert (await provider.get(address, headers=known)).status_code == 200
    known = {"If-None-Match": off.headers["etag"]}
    assert (await provider.get(address, headers=known)).status_code == 304
    same = await changed(provider, made, status="off")
    assert same.json()["meta"] == off.json()["meta"], "nothing changed, nothing is written"
    assert (await provider.delete(address)).status_code == 204
    assert (await provider.get(address)).status_code == 404
    assert (await provider.delete(address)).status_code == 404
    kinds = [event["subtype"][0]["code"] for event in record.new()]
    assert kinds.count("create") == 1
    assert kinds.count("delete") == 2
    assert "update" in kinds


async def test_it_is_the_client_s_alone(ask: Ask, registry: Registry) -> None:
    provider = await ask(T1, "provider")
    made = await created(provider, wanted(URL, header=["X-Key: theirs"]))
    address = f"Subscription/{made['id']}"
    others = [await ask(T2, "provider"), await ask(P1, "gp"), await ask(ICB1, "icb")]
    # Another client of the same organisation, in the same role.
    token = await registry.tokens.issue(Client("another", T1, "provider"), OF_ROLE["provider"])
    another = await ask(T1, "provider")
    another.headers["Authorization"] = f"Bearer {token}"
    for other in (*others, another):
        absent = await other.get("Subscription/nothing")
        for path in (address, f"{address}/$status", f"{address}/$events"):
            answer = await other.get(path)
            assert answer.status_code == 404
            assert answer.json() == absent.json()
        assert (await other.delete(address)).status_code == 404
        match = {"If-Match": 'W/"1"'}
        put = await other.put(address, json=made, headers=FHIR | match)
        nothing = made | {"id": "nothing"}
        absent = await other.put("Subscription/nothing", json=nothing, headers=FHIR | match)
        assert (put.status_code, put.json()) == (absent.status_code, absent.json())
        assert (await other.get("Subscription")).json()["total"] == 0
        assert (await other.get("Subscription/$status")).json()["total"] == 0
    assert (await provider.get(address)).status_code == 200


@pytest.mark.parametrize("role", ["national", "admin", "adapter"])
async def test_other_roles_have_none(ask: Ask, role: Any) -> None:
    client = await ask(T1, role)
    assert (await client.post("Subscription", json=wanted(URL), headers=FHIR)).status_code == 403
    assert (await client.get("Subscription")).status_code == 403


def _channel(**to: Any) -> Resource:
    sent = wanted(URL)
    sent["channel"] |= to
    return sent


REFUSED: dict[str, tuple[Resource, str]] = {
    "another topic": (wanted(URL) | {"criteria": "https://x/topic"}, "Subscription.criteria"),
    "R4's own criteria": (wanted(URL) | {"criteria": "Task?code=x"}, "Subscription.criteria"),
    "websocket": (_channel(type="websocket"), "Subscription.channel.type"),
    "email": (_channel(type="email"), "Subscription.channel.type"),
    "a mailbox where there is none": (
        _channel(type="message", endpoint="mesh:X26HC001"), "Subscription.channel.type",
    ),
    "XML": (_channel(payload="application/fhir+xml"), "Subscription.channel.payload"),
    "another content": (wanted(URL, content="all"), "Subscription.channel.payload.extension"),
    "an unknown filter": (
        wanted(URL, filters=("Task?patient=Patient/1",)), "Subscription.criteria.extension",
    ),
    "a filter of another type": (
        wanted(URL, filters=("Observation?code=x",)), "Subscription.criteria.extension",
    ),
    "a filter where there is none": (
        wanted(URL, "death-in-scope", filters=("Observation?code=x",)),
        "Subscription.criteria.extension",
    ),
    "a heartbeat too often": (
        wanted(URL, heartbeat_period=1), "Subscription.channel.extension",
    ),
    "a long timeout": (wanted(URL, timeout=3600), "Subscription.channel.extension"),
    "many at once": (wanted(URL, max_count=1000), "Subscription.channel.extension"),
    "a header of ours": (_channel(header=["Host: x"]), "Subscription.channel.header"),
    "a header cut in two": (
        _channel(header=["X-A: b\r\nX-Injected: c"]), "Subscription.channel.header",
    ),
    "no header": (_channel(header=["nonsense"]), "Subscription.channel.header"),
    "many headers": (
        _channel(header=[f"X-{at}: x" for at in range(11)]), "Subscription.channel.header",
    ),
    "an end in the past": (
        wanted(URL) | {"end": "2020-01-01T00:00:00Z"}, "Subscription.end",
    ),
    "a status of ours": (wanted(URL) | {"status": "error"}, "Subscription.status"),
    "off from the start": (wanted(URL) | {"status": "off"}, "Subscription.status"),
}  # fmt: skip


async def test_what_is_not_offered_is_refused_with_what_is(ask: Ask) -> None:
    provider = await ask(T1, "provider")
    for what, (sent, where) in REFUSED.items():
        answer = await provider.post("Subscription", json=sent, headers=FHIR)
        assert answer.status_code == 422, (what, answer.text)
        (issue,) = answer.json()["issue"]
        assert issue["expression"] == [where], what
    assert (await provider.get("Subscription")).json()["total"] == 0


async def test_what_is_no_subscription_is_invalid(ask: Ask) -> None:
    provider = await ask(T1, "provider")
    without = {k: v for k, v in wanted(URL).items() if k != "criteria"}
    wrong: list[Any] = [without, {"resourceType": "Task"}, [], wanted(URL) | {"channel": "x"}]
    for sent in wrong:
        answer = await provider.post("Subscription", json=sent, headers=FHIR)
        assert answer.status_code == 400, answer.text
    conditional = {"If-None-Exist": "url=x"}
    answer = await provider.post("Subscription", json=wanted(URL), headers=FHIR | conditional)
    assert answer.status_code == 400


async def test_whole_resources_need_the_scope_to_read_them(ask: Ask, registry: Registry) -> None:
    provider = await ask(T1, "provider")
    few = frozenset({("Subscription", "c"), ("Subscription", "r")})
    token = await registry.tokens.issue(Client("few", T1, "provider"), few)
    provider.headers["Authorization"] = f"Bearer {token}"
    sent = wanted(URL, content="full-resource")
    assert (await provider.post("Subscription", json=sent, headers=FHIR)).status_code == 403
    answer = await provider.post("Subscription", json=wanted(URL), headers=FHIR)
    assert answer.status_code == 201


async def test_an_update_says_which_version_it_read(ask: Ask) -> None:
    provider = await ask(T1, "provider")
    made = await created(provider, wanted(URL))
    address = f"Subscription/{made['id']}"
    # Nobody listens there; after that the registry changes it no more by itself.
    await until_status(provider, made, "error")
    assert (await provider.put(address, json=made, headers=FHIR)).status_code == 428
    stale = {"If-Match": 'W/"999"'}
    assert (await provider.put(address, json=made, headers=FHIR | stale)).status_code == 412
    sent_back = await changed(
        provider, made, status="requested", extension=made["extension"], reason="Another"
    )
    assert sent_back.status_code == 200
    shown = await until_status(provider, made, "error")
    assert "extension" not in shown, "the secret is told once"
    email = _channel(type="email")["channel"]
    refused = await changed(provider, made, status="requested", channel=email)
    assert refused.status_code == 422


async def test_found_by_each_parameter(ask: Ask) -> None:
    provider = await ask(T1, "provider")
    first = await created(provider, wanted(f"{URL}/1"))
    await created(provider, wanted(f"{URL}/2", "review-completed"))
    values = {
        "_id": first["id"],
        "criteria": first["criteria"],
        "url": f"{URL}/1",
        "status": "requested,active,error",
        "type": "rest-hook",
    }
    assert set(values) == set(searched.SEARCHED)
    for name, value in values.items():
        found = (await provider.get("Subscription", params={name: value})).json()
        assert first["id"] in {entry["resource"]["id"] for entry in found["entry"]}
        assert found["total"] == (2 if name in ("status", "type") else 1)
        none = (await provider.get("Subscription", params={name: "nothing"})).json()
        assert none["total"] == 0
    posted = await provider.post("Subscription/_search", data={"_id": first["id"]})
    assert posted.json()["total"] == 1
    assert (await provider.get("Subscription?owner=RT1")).status_code == 400


async def test_the_status_of_several(ask: Ask) -> None:
    provider = await ask(T1, "provider")
    made = [await created(provider, wanted(URL)) for _ in range(3)]
    ids = [one["id"] for one in made]
    for query, count in (
        ("", 3),
        (f"?id={ids[0]}", 1),
        (f"?id={ids[0]},{ids[1]}", 2),
        (f"?id={ids[0]}&id={ids[1]}", 2),
        ("?status=off", 0),
    ):
        answer = await provider.get(f"Subscription/$status{query}")
        assert answer.json()["total"] == count, query
    said = [{"name": "id", "valueId": ids[2]}]
    body = {"resourceType": "Parameters", "parameter": said}
    answer = await provider.post("Subscription/$status", json=body, headers=FHIR)
    assert answer.json()["total"] == 1
    for wrong in ("?status=nonsense", "?nonsense=1"):
        assert (await provider.get(f"Subscription/$status{wrong}")).status_code == 400
    for wrong in ("?eventsSinceNumber=x", "?content=all", "?nonsense=1"):
        answer = await provider.get(f"Subscription/{ids[0]}/$events{wrong}")
        assert answer.status_code == 400


async def test_one_is_ended_and_another_made_in_a_transaction(ask: Ask) -> None:
    provider = await ask(T1, "provider")
    old = await created(provider, wanted(URL))
    create = {"request": {"method": "POST", "url": "Subscription"}, "resource": wanted(URL)}
    delete = {"request": {"method": "DELETE", "url": f"Subscription/{old['id']}"}}
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [create, delete]}
    answer = await provider.post("", json=bundle, headers=FHIR)
    assert answer.status_code == 200, answer.text
    statuses = [one["response"]["status"][:3] for one in answer.json()["entry"]]
    assert statuses == ["201", "204"]
    made = answer.json()["entry"][0]["resource"]
    assert made["extension"][0]["url"] == canonical.SUBSCRIPTION_SECRET
    # Now there is nothing to end, so nothing is made either.
    assert (await provider.post("", json=bundle, headers=FHIR)).status_code == 404
    found = (await provider.get("Subscription")).json()
    assert [entry["resource"]["id"] for entry in found["entry"]] == [made["id"]]


async def test_a_client_has_so_many_and_no_more(ask: Ask) -> None:
    provider = await ask(T1, "provider")
    entry = {"request": {"method": "POST", "url": "Subscription"}, "resource": wanted(URL)}
    bundle = {"resourceType": "Bundle", "type": "batch", "entry": [entry] * (MOST + 1)}
    answer = await provider.post("", json=bundle, headers=FHIR)
    statuses = [one["response"]["status"][:3] for one in answer.json()["entry"]]
    assert statuses == ["201"] * MOST + ["422"]


async def test_the_topics_are_there_for_anybody(ask: Ask) -> None:
    anybody = await ask(None, "adapter")
    anybody.headers["Authorization"] = ""
    found = (await anybody.get("Basic?code=SubscriptionTopic&status=active")).json()
    assert {entry["resource"]["id"] for entry in found["entry"]} == set(TOPICS)
    one = (await anybody.get(f"Basic?url={TOPICS['review-ended'].url}")).json()
    assert [entry["resource"]["id"] for entry in one["entry"]] == ["review-ended"]
    statement = (await anybody.get("metadata")).json()
    (said,) = [r for r in statement["rest"][0]["resource"] if r["type"] == "Subscription"]
    assert {e["valueCanonical"] for e in said["extension"]} == {t.url for t in TOPICS.values()}
    assert said["supportedProfile"] == [f"{BACKPORT}backport-subscription"]
    assert {one["name"] for one in said["operation"]} == {"status", "events"}
    assert canonical.SUBSCRIPTION_TOPIC in said["extension"][0]["valueCanonical"]
