"""Senders and clients that keep a ledger of all they were promised: every message with a positive
acknowledgement, every lead that the registry accepted."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from adapter.mllp.client import Client, NoAnswer
from adapter.token import Credentials, TokenRefused, TokenSource, request_token
from nhs import addresses
from tests.end_to_end.adt import Person, Stay, new_nhs_number
from tests.registry.core.client import Task, changed

TRUST = "RT1"
FHIR = {"Content-Type": "application/fhir+json"}
# Slow enough that nothing queues in the outbox of a busy machine, and with deaths often enough: the
# first lead after a kill then waits for the exchange, not for its turn or for somebody's death.
PAUSE = 0.8
DEATH_EVERY = 4
AGAIN = 0.1


@dataclass
class Ledger:
    """What was promised, and when (time.monotonic)."""

    messages: dict[str, float] = field(default_factory=dict[str, float])
    """Control id to the time of its acknowledgement."""
    deaths: list[str] = field(default_factory=list[str])
    """NHS numbers whose death was acknowledged."""
    leads: dict[str, float] = field(default_factory=dict[str, float])
    """Task id to the time at which its acceptance was answered 200."""
    accepted_begun: dict[str, float] = field(default_factory=dict[str, float])
    asked_again: int = 0
    """Messages and acceptances whose outcome was not known, or that were put off."""

    def back_after(self, instant: float) -> tuple[float, float]:
        """Takes the instant of a fault; returns the longest time without an acknowledgement that
        began or ended after it, and the seconds to the first acceptance begun after it."""
        times = sorted(self.messages.values())
        gaps = [later - earlier for earlier, later in pairwise(times) if later > instant]
        leads = [
            self.leads[task] - instant
            for task, begun in self.accepted_begun.items()
            if begun > instant and task in self.leads
        ]
        return max(gaps, default=float("inf")), min(leads, default=float("inf"))


async def send(port: int, serial: int, ledger: Ledger, stop: asyncio.Event) -> None:
    """One sending system: the next message when the last is acknowledged; until then the same
    bytes again, on a new connection where the old one broke."""
    count = 1
    message = _message(serial, count)
    while not stop.is_set():
        try:
            async with Client("127.0.0.1", port, timeout=60) as client:
                while not stop.is_set():
                    if await _is_acknowledged(client, message, ledger):
                        count += 1
                        message = _message(serial, count)
                    await asyncio.sleep(PAUSE)
        except (OSError, TimeoutError, NoAnswer):
            ledger.asked_again += 1
            await asyncio.sleep(AGAIN)


@dataclass(frozen=True)
class _Message:
    control_id: str
    number: str
    is_death: bool
    content: bytes


def _message(serial: int, count: int) -> _Message:
    """The message of that count of a sender: an admission, or every so often a death."""
    number = new_nhs_number()
    is_death = (count + serial) % DEATH_EVERY == 0
    control_id = f"{serial}-{count}"
    person = Person(TRUST, number, f"M{number}")
    stay = Stay(f"V{number}", "20260105090000")
    if is_death:
        stay.discharged, stay.method, stay.destination = "20260110120000", "4", "79"
    text = person.message(
        "A03" if is_death else "A01", "20260110120500", stay=stay,
        died="20260110" if is_death else "", indicator="Y" if is_death else "",
        control_id=control_id,
    )  # fmt: skip
    return _Message(control_id, number, is_death, text.encode())


async def _is_acknowledged(client: Client, message: _Message, ledger: Ledger) -> bool:
    answer = (await client.send(message.content)).decode()
    if f"MSA|AA|{message.control_id}" in answer:
        ledger.messages[message.control_id] = time.monotonic()
        if message.is_death:
            ledger.deaths.append(message.number)
        return True
    assert f"MSA|AR|{message.control_id}" in answer, answer
    ledger.asked_again += 1
    return False


class Provider:
    """The trust's client at the registry."""

    def __init__(self, http: httpx.AsyncClient, base: str, credentials: Credentials) -> None:
        self._http = http
        self._base = f"{base}/fhir"
        self._tokens = TokenSource(lambda: request_token(http, self._base, credentials))

    async def ask(self, method: str, path: str, **more: Any) -> httpx.Response | None:
        """Asks once; None where it is to be asked again."""
        headers = {**FHIR, **more.pop("headers", {})}
        try:
            headers["Authorization"] = f"Bearer {await self._tokens.token()}"
            answer = await self._http.request(
                method, f"{self._base}/{path}", headers=headers, **more
            )
        except (httpx.HTTPError, TokenRefused):
            return None
        return None if answer.status_code >= 500 or answer.status_code == 429 else answer

    async def accept(self, number: str, ledger: Ledger, stop: asyncio.Event) -> None:
        """Accepts the lead of a person's review as soon as it is there; asks until it is told."""
        person = f"{addresses.NHS_NUMBER}|{number}"
        while not stop.is_set():
            found = await self.ask("GET", "Task", params={"patient.identifier": person})
            entries: list[Any] = found.json().get("entry", []) if found is not None else []
            asked: list[Task] = [
                e["resource"] for e in entries if e["resource"]["status"] == "requested"
            ]
            if asked:
                await self._accept(asked[0], ledger)
                return
            await asyncio.sleep(AGAIN)

    async def _accept(self, task: Task, ledger: Ledger) -> None:
        sent = changed(task, "accept", TRUST, TRUST)
        request = str(uuid4())
        headers = {"If-Match": f'W/"{task["meta"]["versionId"]}"', "X-Request-ID": request}
        ledger.accepted_begun[task["id"]] = time.monotonic()
        while True:
            answer = await self.ask("PUT", f"Task/{task['id']}", headers=headers, json=sent)
            if answer is not None:
                # Never 412: what was done the first time is answered as it was then.
                assert answer.status_code == 200, (answer.status_code, answer.text)
                ledger.leads[task["id"]] = time.monotonic()
                return
            ledger.asked_again += 1
            await asyncio.sleep(AGAIN)


async def accept_all(
    provider: Provider, ledger: Ledger, stop: asyncio.Event, first: int, of: int
) -> None:
    """One of `of` acceptors: accepts the leads of its share of the deaths, as they come."""
    next_one = first
    while not stop.is_set():
        if next_one < len(ledger.deaths):
            await provider.accept(ledger.deaths[next_one], ledger, stop)
            next_one += of
        else:
            await asyncio.sleep(AGAIN)


def credentials(client_id: str, key: Path) -> Credentials:
    """Takes a client's id and the file of its key; returns its credentials."""
    return Credentials(client_id, key.read_text())
