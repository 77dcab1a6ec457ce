"""One case with every kind of involvement in it, and somebody of each kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import httpx

from conformance import canonical
from nhs import addresses
from registry.access.clients import Client
from registry.access.roles import Role
from registry.access.scopes import OF_ROLE
from registry.core.decision import Step
from registry.core.derive import Involvement
from registry.directory.organisation import Organisation
from registry.service import Registry
from registry.store.recompute import Rules, record
from registry.store.transaction import Pool
from tests.registry.api.conftest import BASE
from tests.registry.api.test_reviews import FHIR, PERSON
from tests.registry.core.client import changed
from tests.registry.core.stating import (
    ICB1,
    MH1,
    NATION,
    NUMBER,
    ORGANISATIONS,
    P1,
    T1,
    T2,
    Sender,
    mrn,
)

Resource = dict[str, Any]
TAKER, DECLINER, ASKED, EXAMINER, OUTSIDER, OTHER_PRACTICE = (
    "RT3", "RT4", "RT5", "ME1", "RT6", "P82002",
)  # fmt: skip
DIRECTORY = (
    *ORGANISATIONS,
    *(Organisation(ods, f"Trust {ods}", "acute", ICB1) for ods in (TAKER, DECLINER, ASKED)),
    Organisation(OUTSIDER, "Trust RT6", "acute", ICB1),
    Organisation(EXAMINER, "Medical examiner office", "medical-examiner"),
    Organisation(OTHER_PRACTICE, "Practice Two", "gp", ICB1),
    Organisation(NATION, "The nation", "national"),
)


class Who(NamedTuple):
    """Somebody: organisation, role, and how they have come to be involved."""

    organisation: str
    role: Role
    reasons: frozenset[str]


def _who(organisation: str, role: Role, *reasons: str) -> Who:
    return Who(organisation, role, frozenset(reasons))


_LED = (Involvement.IN_SCOPE, Involvement.REPORTED, Involvement.LEAD)
# Proposed to lead the reviews that the flag and its caseload call for; of the first, contributor.
_MENTAL_HEALTH = (Involvement.IN_SCOPE, Involvement.LEAD, Involvement.CONTRIBUTOR)
SCENARIOS: dict[str, Who] = {
    "lead": _who(T1, "provider", *_LED),
    "provider in scope, not leading": _who(T2, "provider", Involvement.IN_SCOPE),
    "contributor": _who(MH1, "provider", *_MENTAL_HEALTH),
    "offered the lead": _who(TAKER, "provider", Involvement.OFFERED),
    "declined the offer": _who(DECLINER, "provider"),
    "board": _who(ICB1, "icb", Involvement.ICB, Involvement.LEAD),
    "practice": _who(P1, "gp", Involvement.PRACTICE),
    "raised a concern": _who(EXAMINER, "provider", Involvement.CONCERNED),
    "asked a question": _who(ASKED, "provider", Involvement.ASKED),
    "not involved": _who(OUTSIDER, "provider"),
    "practice not involved": _who(OTHER_PRACTICE, "gp"),
    "nation": _who(NATION, "national"),
    "administrator": _who(NATION, "admin"),
    "adapter of the lead": _who(T1, "adapter", *_LED),
}


class Subject(NamedTuple):
    """A resource of the world, and which of the involved it names as its readers (None: all who
    are party to the case)."""

    resource_type: str
    search: str
    readers: frozenset[str] | None = None


_READERS_OF_CONCERNS = frozenset({"lead", "contributor", "board", "raised a concern"})
SUBJECTS: dict[str, Subject] = {
    "review": Subject("Task", "code=case-record-review"),
    "question": Subject("Task", "code=data-quality", frozenset({"asked a question"})),
    "person": Subject("Patient", f"identifier={PERSON}"),
    "death": Subject("Observation", "code=419620001"),
    "stay": Subject("Encounter", ""),
    "diagnosis": Subject("Condition", ""),
    "flag": Subject("Flag", ""),
    "concern": Subject("ServiceRequest", "", _READERS_OF_CONCERNS),
    "origin": Subject("Provenance", ""),
    "act on the review": Subject("AuditEvent", f"agent={ICB1}&entity-type=Task"),
    "act on the concern": Subject(
        "AuditEvent", f"agent={ICB1}&entity-type=ServiceRequest", _READERS_OF_CONCERNS
    ),
}


@dataclass
class World:
    """A running registry that knows the case: a client for everybody, and the id and version of
    every subject."""

    clients: dict[str, httpx.AsyncClient]
    ids: dict[str, str]
    contents: dict[str, Resource]
    person: str

    def address(self, subject: str) -> str:
        """Type and id."""
        return f"{SUBJECTS[subject].resource_type}/{self.ids[subject]}"


async def tell_the_story(pool: Pool, rules: Rules) -> None:
    """Died in Trust One, ten days after Trust Two and the mental-health trust; a fifth trust says
    both that the person died and that they did not."""
    lead, other = Sender(T1), Sender(T2, (NUMBER, mrn("2", T2)))
    mental_health, torn = Sender(MH1, (NUMBER, mrn("3", MH1))), Sender(ASKED)
    for statement in (
        mental_health.admits("2025-12-20", at="2025-12-20T10:00"),
        mental_health.discharges("2025-12-30", at="2025-12-30T10:00"),
        other.admits("2025-12-30", at="2025-12-30T12:00"),
        other.discharges("2026-01-02", at="2026-01-02T10:00"),
        lead.admits("2026-01-05"),
        lead.diagnoses("F72", "learning-disability"),
        lead.discharges("2026-01-10", method="4", died="2026-01-10"),
        torn.contradicts_itself("2026-01-10"),
    ):
        await record(pool, [statement], rules)


def client(app: Any, token: str) -> httpx.AsyncClient:
    """A client with a token."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url=f"{BASE}/fhir/",
        headers={"Authorization": f"Bearer {token}", "Accept": "application/fhir+json"},
    )


async def everybody(registry: Registry, app: Any) -> dict[str, httpx.AsyncClient]:
    """A client for each scenario."""
    made: dict[str, httpx.AsyncClient] = {}
    for name, who in SCENARIOS.items():
        as_client = Client(f"{who.role}-{who.organisation}", who.organisation, who.role)
        made[name] = client(app, await registry.tokens.issue(as_client, OF_ROLE[who.role]))
    return made


async def _step(
    clients: dict[str, httpx.AsyncClient], by: str, step: Step, to: str = "not involved"
) -> None:
    found = await clients["lead"].get("Task?code=case-record-review")
    (entry,) = found.json()["entry"]
    task: Resource = entry["resource"]
    sent = changed(task, step, SCENARIOS[by].organisation, SCENARIOS[to].organisation)
    match = {"If-Match": f'W/"{task["meta"]["versionId"]}"'}
    answer = await clients[by].put(f"Task/{task['id']}", json=sent, headers=FHIR | match)
    assert answer.status_code == 200, answer.text


async def involve_everybody(clients: dict[str, httpx.AsyncClient]) -> None:
    """Takes the steps that make the scenarios what they are."""
    await _step(clients, "lead", Step.ACCEPT)
    await _step(clients, "contributor", Step.JOIN)
    await _step(clients, "lead", Step.OFFER, "declined the offer")
    await _step(clients, "declined the offer", Step.DECLINE)
    await _step(clients, "lead", Step.OFFER, "offered the lead")
    concern = {
        "resourceType": "ServiceRequest",
        "status": "active",
        "intent": "proposal",
        "subject": {"identifier": {"system": addresses.NHS_NUMBER, "value": NUMBER.value}},
        "reasonCode": [
            {"coding": [{"system": canonical.CONCERN_KIND, "code": "bereaved-concern"}]}
        ],
    }
    answer = await clients["raised a concern"].post("ServiceRequest", json=concern, headers=FHIR)
    assert answer.status_code == 201, answer.text
    # Acts of the board, to be found in the audit record.
    for kind in ("Task", "ServiceRequest"):
        assert (await clients["board"].get(kind)).status_code == 200


async def find_subjects(clients: dict[str, httpx.AsyncClient]) -> dict[str, Resource]:
    """The subjects, each found by somebody who may see it."""
    found: dict[str, Resource] = {}
    for name, subject in SUBJECTS.items():
        reader = "asked a question" if name == "question" else "lead"
        answer = await clients[reader].get(f"{subject.resource_type}?{subject.search}")
        assert answer.status_code == 200, answer.text
        entries = answer.json().get("entry", [])
        assert entries, f"the world has no {name}"
        found[name] = entries[0]["resource"]
    return found
