"""What is asked of the API: streams of requests, as a GP system or a trust would send them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from uuid import UUID

import orjson

from benchmarks.api.client import Request
from conformance import canonical
from nhs import addresses

_PATCH = ("Content-Type", "application/json-patch+json")
_FHIR = ("Content-Type", "application/fhir+json")
# What the leader of a review does, one step after the other, for ever.
STEPS = ("accepted", "in-progress", "on-hold")


@dataclass
class Held:
    """A review that is held: its person's NHS number and its Task."""

    nhs_number: str
    task: str


@dataclass
class Led(Held):
    """A review that steps are taken on: the version it is at, and how many steps it had."""

    version: int = 1
    steps: int = 0


Stream = Iterator[Request]


def search(held: Sequence[Held], random: Random) -> Stream:
    """Who leads the review of this person's death, with the person and the death."""
    while True:
        one = random.choice(held)
        who = f"{addresses.NHS_NUMBER}|{one.nhs_number}"
        included = "_include=Task:patient&_include=Task:focus"
        yield Request("search", "GET", f"/fhir/Task?patient.identifier={who}&{included}")


def reread(held: Sequence[Held], random: Random) -> Stream:
    """Has the review changed that we read before?"""
    while True:
        yield Request(
            "read again",
            "GET",
            f"/fhir/Task/{random.choice(held).task}",
            (("If-None-Match", 'W/"1"'),),
        )


def read(held: Sequence[Held], random: Random) -> Stream:
    """A review, whole."""
    while True:
        yield Request("read", "GET", f"/fhir/Task/{random.choice(held).task}")


def worklist(owner: str) -> Stream:
    """The first page of the reviews that an organisation leads or is asked to."""
    while True:
        yield Request("worklist", "GET", f"/fhir/Task?owner=Organization/{owner}&_count=50")


def empty() -> Stream:
    """A request that is authenticated and put on record, and finds nothing."""
    while True:
        yield Request("empty", "GET", "/fhir/Task/none")


def accept(led: Sequence[Led]) -> Stream:
    """A trust accepts a review that was proposed to it; each once."""
    for one in led:
        yield _step(one, "accept")


def mixed(
    held: Sequence[Held], led: Sequence[Led], raised: Sequence[Led], random: Random
) -> Stream:
    """Create, read, update and search, as many of each: a concern raised, a review read, a step
    taken, a person looked up. `led` and `raised` are of different people."""
    searched, whole, stepped = search(held, random), read(held, random), _steps(led)
    created = _concerns(raised, random)
    for turn in itertools.count():
        yield next((created, whole, stepped, searched)[turn % 4])


def _steps(led: Sequence[Led]) -> Stream:
    for one in itertools.cycle(led):
        yield _step(one, "update")


def _step(one: Led, kind: str) -> Request:
    status = STEPS[0] if one.steps == 0 else STEPS[1 + (one.steps - 1) % 2]
    changes: list[dict[str, object]] = [{"op": "replace", "path": "/status", "value": status}]
    if status == "on-hold":
        reason = {"coding": [{"system": canonical.REVIEW_REASON, "code": "coroner"}]}
        changes.append({"op": "add", "path": "/statusReason", "value": reason})
    headers = (_PATCH, ("If-Match", f'W/"{one.version}"'))
    one.version, one.steps = one.version + 1, one.steps + 1
    return Request(kind, "PATCH", f"/fhir/Task/{one.task}", headers, orjson.dumps(changes))


def _concerns(led: Sequence[Led], random: Random) -> Stream:
    for one in itertools.cycle(led):
        yield Request(
            "create",
            "POST",
            "/fhir/ServiceRequest",
            (_FHIR, ("X-Request-ID", str(UUID(int=random.getrandbits(128), version=4)))),
            orjson.dumps(
                {
                    "resourceType": "ServiceRequest",
                    "status": "active",
                    "intent": "proposal",
                    "subject": {
                        "identifier": {"system": addresses.NHS_NUMBER, "value": one.nhs_number}
                    },
                    "authoredOn": "2026-03-14T10:15:00Z",
                    "reasonCode": [
                        {"coding": [{"system": canonical.CONCERN_KIND, "code": "staff-concern"}]}
                    ],
                }
            ),
        )
