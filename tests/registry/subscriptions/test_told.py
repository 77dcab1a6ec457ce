"""From a subscription to notifications at its endpoint."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.subscription import Subscription

from conformance import canonical
from registry import database
from registry.service import Registry
from registry.subscriptions import numbering
from registry.subscriptions.topics import TOPICS
from tests.registry.api.conftest import BASE, Ask
from tests.registry.api.message import NUMBER, message
from tests.registry.api.test_reviews import IN_HOSPITAL, accept, tell, the_task
from tests.registry.core.stating import ICB1, P1, T1, T2
from tests.registry.subscriptions.conftest import (
    FHIR,
    SETTINGS,
    changed,
    created,
    standing,
    until_status,
    wanted,
)
from tests.registry.subscriptions.receiver import Receiver, answers, takes

Resource = dict[str, Any]
RETRACTED = message("A31", died=False, control_id="9", recorded="2026-03-04T09:00:00+00:00")


def secret_of(subscription: Resource) -> str:
    (said,) = [
        one["valueString"]
        for one in subscription["extension"]
        if one["url"] == canonical.SUBSCRIPTION_SECRET
    ]
    return said


async def test_from_a_handshake_to_a_notification(ask: Ask, receiver: Receiver) -> None:
    provider = await ask(T1, "provider")
    subscription = await created(
        provider, wanted(receiver.url, header=["Authorization: Bearer theirs"])
    )
    Subscription.model_validate(subscription)
    assert subscription["status"] == "requested"
    await receiver.until(lambda: len(receiver.received) == 1)
    (handshake,) = receiver.received
    assert (handshake.kind, handshake.said["status"]) == ("handshake", "requested")
    assert handshake.said["events-since-subscription-start"] == "0"
    assert handshake.is_signed(secret_of(subscription))
    assert handshake.headers["authorization"] == "Bearer theirs"
    assert handshake.headers["content-type"] == "application/fhir+json"
    shown = await until_status(provider, subscription, "active")
    assert "extension" not in shown, "the secret is told once"

    await tell(ask, IN_HOSPITAL)
    await receiver.until(lambda: len(receiver.received) == 2)
    told = receiver.received[-1]
    task = await the_task(provider)
    Bundle.model_validate(told.bundle)
    assert told.kind == "event-notification"
    assert told.is_signed(secret_of(subscription))
    assert told.numbers == [1]
    assert told.events[0]["focus"] == {"reference": f"{BASE}/fhir/Task/{task['id']}"}
    assert len(told.bundle["entry"]) == 1, "id-only"
    assert told.bundle["type"] == "history"
    first = told.bundle["entry"][0]
    assert first["request"] == {
        "method": "GET",
        "url": f"{BASE}/fhir/Subscription/{subscription['id']}/$status",
    }
    said = await standing(provider, subscription)
    assert said["status"] == "active"
    assert said["events-since-subscription-start"] == "1"


async def test_nothing_is_told_in_the_clear_but_what_was_agreed(
    ask: Ask, receiver: Receiver
) -> None:
    practice, provider = await ask(P1, "gp"), await ask(T1, "provider")
    endpoints = {"empty": "/empty", "id-only": "/id", "full-resource": "/full"}
    for content, path in endpoints.items():
        url = receiver.url.replace("/told", path)
        await created(provider, wanted(url, content=content))
    await created(practice, wanted(receiver.url, content="full-resource"))
    await receiver.until(lambda: len(receiver.of("handshake")) == 4)
    await tell(ask, IN_HOSPITAL)
    await receiver.until(lambda: len(receiver.of("event-notification")) == 4)
    task = await the_task(provider)
    texts = [one.body.decode() for one in receiver.of("event-notification")]
    assert sum(task["id"] in text for text in texts) == 3, "empty says nothing of whom"
    full = [
        one.bundle["entry"][1]["resource"]
        for one in receiver.of("event-notification")
        if len(one.bundle["entry"]) == 2
    ]
    assert len(full) == 2
    # The practice sees as much of it as by reading it, and no more.
    as_read = {
        "provider": (await provider.get(f"Task/{task['id']}")).json(),
        "practice": (await practice.get(f"Task/{task['id']}")).json(),
    }
    assert as_read["provider"] in full
    assert as_read["practice"] in full
    without = [one for one in receiver.of("event-notification") if len(one.bundle["entry"]) == 1]
    assert len(without) == 2
    assert not any(NUMBER in one.body.decode() for one in without)


async def every_topic(ask: Ask, receiver: Receiver, organisation: str) -> dict[str, Resource]:
    client = await ask(organisation, "provider")
    made = {topic: await created(client, wanted(receiver.url, topic=topic)) for topic in TOPICS}
    await receiver.until(lambda: len(receiver.of("handshake")) == len(made))
    return made


def topics_told(receiver: Receiver) -> list[str]:
    return [
        one.said["topic"].removeprefix(canonical.SUBSCRIPTION_TOPIC)
        for one in receiver.of("event-notification")
        for _ in one.numbers
    ]


async def test_the_life_of_a_review(ask: Ask, receiver: Receiver) -> None:
    await every_topic(ask, receiver, T1)
    provider = await ask(T1, "provider")

    async def told(*topics: str) -> None:
        await receiver.until(lambda: len(topics_told(receiver)) >= len(topics))
        assert sorted(topics_told(receiver)) == sorted(topics)
        receiver.received.clear()

    await tell(ask, IN_HOSPITAL)
    await told("death-in-scope", "review-proposed")
    # Told again, nothing has changed.
    await tell(ask, IN_HOSPITAL)
    await accept(provider, await the_task(provider))
    await told("review-lead-changed")
    await tell(ask, RETRACTED)
    await told("review-ended")


async def test_a_filter_narrows_and_others_are_refused(ask: Ask, receiver: Receiver) -> None:
    provider = await ask(T1, "provider")
    route = f"{canonical.REVIEW_ROUTE}|case-record-review"
    for path, filters in (
        ("/fits", (f"Task?code={route},other", "Task?owner=Organization/RT1")),
        ("/other-route", ("Task?code=leder",)),
        ("/other-owner", ("Task?owner.identifier=RT2",)),
    ):
        await created(provider, wanted(receiver.url.replace("/told", path), filters=filters))
    await receiver.until(lambda: len(receiver.of("handshake")) == 3)
    await tell(ask, IN_HOSPITAL)
    await receiver.until(lambda: len(receiver.of("event-notification")) == 1)
    found = await provider.get("Subscription/$status")
    counts = {
        part["valueString"]
        for entry in found.json()["entry"]
        for part in entry["resource"]["parameter"]
        if part["name"] == "events-since-subscription-start"
    }
    assert counts == {"0", "1"}


async def test_who_is_not_involved_is_told_nothing(ask: Ask, receiver: Receiver) -> None:
    outsider, provider = await ask(T2, "provider"), await ask(T1, "provider")
    theirs = await created(outsider, wanted(receiver.url.replace("/told", "/theirs")))
    await created(provider, wanted(receiver.url))
    await receiver.until(lambda: len(receiver.of("handshake")) == 2)
    await tell(ask, IN_HOSPITAL)
    await receiver.until(lambda: len(receiver.of("event-notification")) == 1)
    assert (await standing(outsider, theirs))["events-since-subscription-start"] == "0"


async def test_who_is_no_longer_involved_is_told_a_number_and_nothing_else(
    ask: Ask, receiver: Receiver, database_url: str
) -> None:
    board = await ask(ICB1, "icb")
    subscription = await created(board, wanted(receiver.url, content="full-resource"))
    await until_status(board, subscription, "active")
    receiver.behaviour = answers(b"HTTP/1.1 503 Later\r\nContent-Length: 0\r\n\r\n")
    await tell(ask, IN_HOSPITAL)
    await receiver.until(lambda: len(receiver.of("event-notification")) >= 1)
    with psycopg.connect(database_url, options="-c search_path=registry") as connection:
        connection.execute("DELETE FROM involvement WHERE organisation = %s", (ICB1,))
        connection.execute("UPDATE subscription SET next_at = now() + interval '1 hour'")
    receiver.received.clear()
    receiver.behaviour = takes
    again = await board.get(f"Subscription/{subscription['id']}/$events")
    (part,) = [
        one["part"]
        for one in again.json()["entry"][0]["resource"]["parameter"]
        if one["name"] == "notification-event"
    ]
    assert part == [{"name": "event-number", "valueString": "1"}]
    with psycopg.connect(database_url, options="-c search_path=registry") as connection:
        connection.execute("UPDATE subscription SET next_at = now()")
    await receiver.until(lambda: len(receiver.of("event-notification")) == 1)
    (told,) = receiver.of("event-notification")
    assert told.events == [{"event-number": "1"}]
    assert len(told.bundle["entry"]) == 1


async def test_a_client_that_was_taken_away_is_told_nothing(
    ask: Ask, receiver: Receiver, database_url: str
) -> None:
    provider = await ask(T1, "provider")
    subscription = await created(provider, wanted(receiver.url))
    await until_status(provider, subscription, "active")
    with psycopg.connect(database_url, options="-c search_path=registry") as connection:
        connection.execute("UPDATE subscription SET is_registered = true")
    await tell(ask, IN_HOSPITAL)
    shown = await until_status(provider, subscription, "off")
    assert "registered" in shown["error"]
    assert receiver.of("event-notification") == []


async def test_an_endpoint_that_fails_the_handshake_is_in_error_and_comes_back(
    ask: Ask, receiver: Receiver
) -> None:
    provider = await ask(T1, "provider")
    receiver.behaviour = answers(b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n")
    subscription = await created(provider, wanted(receiver.url))
    shown = await until_status(provider, subscription, "error")
    assert shown["error"] == "HTTP 500"
    # It goes on counting.
    await tell(ask, IN_HOSPITAL)
    async with asyncio.timeout(30):
        while (await standing(provider, subscription))["events-since-subscription-start"] != "1":
            await asyncio.sleep(0.02)
    assert "error" in await standing(provider, subscription)
    receiver.behaviour = takes
    receiver.received.clear()
    again = await changed(provider, subscription, status="active")
    assert (again.status_code, again.json()["status"]) == (200, "requested")
    await receiver.until(lambda: receiver.numbers == [1])
    assert [one.kind for one in receiver.received] == ["handshake", "event-notification"]


async def test_a_failure_is_tried_again_and_long_failure_is_an_error(
    ask: Ask, receiver: Receiver, database_url: str
) -> None:
    provider = await ask(T1, "provider")
    subscription = await created(provider, wanted(receiver.url))
    await until_status(provider, subscription, "active")
    receiver.behaviour = answers(b"HTTP/1.1 302 Go\r\nLocation: /told\r\nContent-Length: 0\r\n\r\n")
    await tell(ask, IN_HOSPITAL)

    async def again(long_ago: str) -> None:
        with psycopg.connect(database_url, options="-c search_path=registry") as connection:
            connection.execute(
                "UPDATE subscription SET next_at = now(), failing_since = now() - %s::interval",
                (long_ago,),
            )

    await receiver.until(lambda: len(receiver.of("event-notification")) == 1)
    await again("10 minutes")
    await receiver.until(lambda: len(receiver.of("event-notification")) == 2)
    assert (await standing(provider, subscription))["status"] == "active"
    await again("2 hours")
    shown = await until_status(provider, subscription, "error")
    assert shown["error"] == "HTTP 302"
    # One record of what was told, however often it was sent.
    with psycopg.connect(database_url, options="-c search_path=registry") as connection:
        rows = connection.execute(
            "SELECT content::jsonb -> 'entity' FROM audit_event"
            " WHERE content LIKE '%%\"Subscription/' || %s || '\"%%' AND person IS NOT NULL",
            (subscription["id"],),
        ).fetchall()
    assert len(rows) == 1


async def test_a_heartbeat_says_that_nothing_happened(
    ask: Ask, receiver: Receiver, database_url: str
) -> None:
    provider = await ask(T1, "provider")
    subscription = await created(provider, wanted(receiver.url, heartbeat_period=60))
    await until_status(provider, subscription, "active")
    with psycopg.connect(database_url, options="-c search_path=registry") as connection:
        connection.execute("UPDATE subscription SET contacted_at = now() - interval '61 s'")
    await receiver.until(lambda: len(receiver.of("heartbeat")) == 1)
    assert receiver.of("heartbeat")[0].said["events-since-subscription-start"] == "0"


async def test_it_ends_when_it_said(ask: Ask, receiver: Receiver, database_url: str) -> None:
    provider = await ask(T1, "provider")
    until = {"end": "2099-01-01T00:00:00Z"}
    subscription = await created(provider, wanted(receiver.url) | until)
    await until_status(provider, subscription, "active")
    with psycopg.connect(database_url, options="-c search_path=registry") as connection:
        connection.execute("UPDATE subscription SET ends_at = now()")
    await until_status(provider, subscription, "off")
    await tell(ask, IN_HOSPITAL)
    assert (await standing(provider, subscription))["events-since-subscription-start"] == "0"


async def test_events_are_read_again_until_they_are_forgotten(
    registry: Registry, ask: Ask, receiver: Receiver, database_url: str
) -> None:
    provider = await ask(T1, "provider")
    subscription = await created(provider, wanted(receiver.url, topic="review-lead-changed"))
    await until_status(provider, subscription, "active")
    await tell(ask, IN_HOSPITAL)
    await accept(provider, await the_task(provider))
    await receiver.until(lambda: receiver.numbers == [1])

    async def numbers(query: str = "", body: Resource | None = None) -> list[str]:
        address = f"Subscription/{subscription['id']}/$events{query}"
        answer = (
            await provider.get(address)
            if body is None
            else await provider.post(address, json=body, headers=FHIR)
        )
        assert answer.status_code == 200, answer.text
        said = answer.json()["entry"][0]["resource"]["parameter"]
        return [o["part"][0]["valueString"] for o in said if o["name"] == "notification-event"]

    assert await numbers() == ["1"]
    assert await numbers("?eventsSinceNumber=2") == []
    since = [{"name": "eventsSinceNumber", "valueString": "1"}]
    assert await numbers(body={"resourceType": "Parameters", "parameter": since}) == ["1"]
    more = f"Subscription/{subscription['id']}/$events?content=full-resource"
    assert len((await provider.get(more)).json()["entry"]) == 1, "no more than was agreed"
    with psycopg.connect(database_url, options="-c search_path=registry") as connection:
        connection.execute("UPDATE subscription_event SET at = at - interval '31 days'")
    async with database.pool(database_url, 2) as pool:
        while await numbering.forget_some(pool, SETTINGS.retention):
            pass
    assert await numbers() == []
    assert (await standing(provider, subscription))["events-since-subscription-start"] == "1"
