"""The mailbox: mesh-client against a real HTTP exchange that checks its signatures."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from psycopg import OperationalError

from conformance.national_stand_in.mesh import Box
from registry.national.event import Kind
from registry.national.mesh.collecting import Collecting
from registry.national.mesh.mailbox import Mailbox, MailboxError
from registry.national.metrics import NationalMetrics
from registry.national.reception import Received, Reception
from registry.national.settings import MailboxSettings
from tests.registry.core.stating import Sender
from tests.registry.national.conftest import SHARED_KEY, Nation
from tests.registry.national.shapes import CLOUD_EVENT, WHO, history
from tests.registry.store.conftest import Store

OURS, NATIONAL, PASSWORD = "LFDOT001", "X26OT001", "pass word"
WORKFLOW = "PDS_DEATH_NOTIFICATION_2"


@pytest.fixture
def box(nation: Nation) -> Box:
    exchange = nation.stand_in.exchange
    exchange.boxes[OURS] = Box(PASSWORD)
    exchange.boxes[NATIONAL] = Box("another")
    return exchange.boxes[OURS]


def settings(nation: Nation, **said: Any) -> MailboxSettings:
    usual: dict[str, Any] = {
        "url": nation.url,
        "mailbox": OURS,
        "password": PASSWORD,
        "shared_key": SHARED_KEY,
    }
    return MailboxSettings(**{**usual, **said})


@pytest.fixture
async def mailbox(nation: Nation, box: Box) -> AsyncGenerator[Mailbox]:
    async with Mailbox(settings(nation)) as opened:
        yield opened


def comes(nation: Nation, content: Any) -> str:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return nation.stand_in.exchange.put(OURS, NATIONAL, WORKFLOW, raw)


class Door(Reception):
    """A reception that can be shut, as when the database is away."""

    is_shut = False

    async def take(self, events: Any, way: str) -> Received:
        """Takes events, unless it is shut."""
        if self.is_shut:
            raise OperationalError("the database is away")
        return await super().take(events, way)


@pytest.fixture
def metrics() -> NationalMetrics:
    return NationalMetrics(CollectorRegistry())


@pytest.fixture
def door(store: Store, metrics: NationalMetrics) -> Door:
    return Door(store.pool, frozenset(Kind), metrics, lambda: None)


@pytest.fixture
def collecting(mailbox: Mailbox, store: Store, door: Door, metrics: NationalMetrics) -> Collecting:
    return Collecting(mailbox, store.pool, door, metrics)


def pointers(store: Store) -> list[tuple[Any, ...]]:
    return store.execute("SELECT nhs_number FROM national_pointer")


async def test_events_are_collected_kept_and_acknowledged(
    nation: Nation, box: Box, collecting: Collecting, store: Store
) -> None:
    await store.tell(Sender().discharges("2026-01-10"))
    comes(nation, CLOUD_EVENT)
    comes(nation, history("pds-death-notification-2", number="9990000026"))
    assert await collecting.collect() == 2
    assert pointers(store) == [(WHO,)]
    assert box.waiting == {}
    assert box.handshakes == 1
    assert await collecting.collect() == 0
    assert box.handshakes == 1


async def test_nothing_is_acknowledged_before_it_is_committed(
    nation: Nation, box: Box, collecting: Collecting, door: Door, store: Store
) -> None:
    await store.tell(Sender().discharges("2026-01-10"))
    comes(nation, CLOUD_EVENT)
    door.is_shut = True
    with pytest.raises(OperationalError):
        await collecting.collect()
    assert len(box.waiting) == 1
    door.is_shut = False
    await collecting.collect()
    assert (pointers(store), box.waiting) == ([(WHO,)], {})


async def test_a_message_taken_twice_adds_nothing(
    nation: Nation, collecting: Collecting, store: Store
) -> None:
    """As after a kill between the commit and the acknowledgement."""
    await store.tell(Sender().discharges("2026-01-10"))
    comes(nation, CLOUD_EVENT)
    await collecting.collect()
    comes(nation, CLOUD_EVENT)
    await collecting.collect()
    assert store.execute("SELECT asked FROM national_pointer") == [(1,)]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"MSH|^~\\&|", "it is not JSON"),
        (b"\xff\xfe", "it is not JSON"),
        (b"[" * 100_000, "it is not JSON"),
        ({"resourceType": "Patient"}, "A national event in FHIR is a Bundle"),
    ],
)
async def test_what_is_no_event_is_kept_for_people_and_stops_nothing(
    nation: Nation,
    box: Box,
    collecting: Collecting,
    store: Store,
    content: Any,
    reason: str,
) -> None:
    await store.tell(Sender().discharges("2026-01-10"))
    refused = comes(nation, content)
    comes(nation, CLOUD_EVENT)
    await collecting.collect()
    ((message, workflow, said),) = store.execute(
        "SELECT message, workflow, reason FROM national_refused"
    )
    assert (message, workflow) == (refused, WORKFLOW)
    assert said.startswith(reason)
    assert (pointers(store), box.waiting) == ([(WHO,)], {})


async def test_a_message_is_sent_to_another_mailbox(nation: Nation, mailbox: Mailbox) -> None:
    content = b'{"resourceType": "Bundle"}'
    message_id = await mailbox.send(NATIONAL, "LFD_REVIEW", content, local_id="n-1", subject="s")
    sent = nation.stand_in.exchange.boxes[NATIONAL].waiting[message_id]
    assert (sent.sender, sent.workflow, sent.content) == (OURS, "LFD_REVIEW", content)
    assert sent.headers == {"Mex-LocalID": "n-1", "Mex-Subject": "s"}


async def test_a_recipient_that_is_not_there_is_refused_without_its_name(
    mailbox: Mailbox,
) -> None:
    with pytest.raises(MailboxError) as refused:
        await mailbox.send("NOBODY", "LFD_REVIEW", b"{}")
    assert str(refused.value).startswith("MESH: the sending")
    assert "NOBODY" not in str(refused.value)


@pytest.mark.parametrize(
    "wrong", [{"password": "wrong"}, {"shared_key": b"wrong"}, {"mailbox": NATIONAL}]
)
async def test_who_cannot_sign_for_the_mailbox_gets_nothing(
    nation: Nation, box: Box, wrong: dict[str, Any]
) -> None:
    async with Mailbox(settings(nation, **wrong)) as mailbox:
        with pytest.raises(MailboxError) as refused:
            await mailbox.waiting()
    assert "403" in str(refused.value)


async def test_an_exchange_that_is_not_there_is_named_by_its_error(nation: Nation) -> None:
    async with Mailbox(settings(nation, url="http://127.0.0.1:9")) as mailbox:
        with pytest.raises(MailboxError, match="MESH: the sending: ConnectionError"):
            await mailbox.send(NATIONAL, "LFD_REVIEW", b"{}")
