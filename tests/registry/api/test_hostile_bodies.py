"""Valid FHIR that nobody meant, and what is no FHIR: answered or refused, never a failure."""

from __future__ import annotations

import copy
import random
from typing import Any

import httpx

from nhs import addresses
from tests.registry.api.conftest import Ask
from tests.registry.api.message import NUMBER, message
from tests.registry.api.test_reviews import FHIR, IN_HOSPITAL, tell, the_task
from tests.registry.api.test_validation import VALUES, places
from tests.registry.core.stating import T1

Resource = dict[str, Any]
TRIES = 120
CONCERN: Resource = {
    "resourceType": "ServiceRequest",
    "status": "active",
    "intent": "proposal",
    "subject": {"identifier": {"system": addresses.NHS_NUMBER, "value": NUMBER}},
    "reasonCode": [{"text": "x"}],
    "note": [{"text": "x"}],
}
MESSAGES = [
    IN_HOSPITAL,
    message("A31", flag="learning-disability", died="2026-01-10"),
    message("A40", mrn="B", prior_mrn="A"),
]


def changed(chance: random.Random, resource: Resource) -> Resource:
    """A copy with one or two places removed, emptied or filled with something else."""
    made: Any = copy.deepcopy(resource)
    for _ in range(chance.randint(1, 2)):
        found = list(places(made))
        if not found:
            break
        holder, key = chance.choice(found)
        if chance.random() < 0.5:
            del holder[key]
        else:
            holder[key] = copy.deepcopy(chance.choice([*VALUES, holder[key], [holder[key]]]))
    return made


def refused_or_done(answer: httpx.Response) -> bool:
    assert answer.status_code < 500, (answer.status_code, answer.request.content)
    if answer.status_code >= 400:
        assert answer.json()["resourceType"] == "OperationOutcome"
        assert NUMBER not in answer.text
    return answer.status_code < 400


async def test_messages(ask: Ask) -> None:
    chance, adapter = random.Random(1), await ask(T1, "adapter")
    done = 0
    for _ in range(2 * TRIES):
        body = changed(chance, chance.choice(MESSAGES))
        done += refused_or_done(await adapter.post("$process-message", json=body, headers=FHIR))
    assert 20 < done < 2 * TRIES


async def test_steps_concerns_and_bundles(ask: Ask) -> None:
    await tell(ask, IN_HOSPITAL)
    chance, provider = random.Random(2), await ask(T1, "provider")
    for _ in range(TRIES):
        task = await the_task(provider)
        match = {"If-Match": f'W/"{task["meta"]["versionId"]}"'}
        address = f"Task/{task['id']}"
        body = changed(chance, task)
        refused_or_done(await provider.put(address, json=body, headers=FHIR | match))
        entry = {
            "resource": changed(chance, task),
            "request": {"method": "PUT", "url": address, "ifMatch": match["If-Match"]},
        }
        bundle = {"resourceType": "Bundle", "type": "batch", "entry": [entry]}
        if chance.random() < 0.5:
            bundle = changed(chance, bundle)
        refused_or_done(await provider.post("", json=bundle, headers=FHIR))
        raised = changed(chance, CONCERN)
        refused_or_done(await provider.post("ServiceRequest", json=raised, headers=FHIR))
        refused_or_done(await provider.post("Task/$validate", json=body, headers=FHIR))


async def test_patches(ask: Ask) -> None:
    await tell(ask, IN_HOSPITAL)
    chance, provider = random.Random(3), await ask(T1, "provider")
    fhirpath: Resource = {
        "resourceType": "Parameters",
        "parameter": [
            {
                "name": "operation",
                "part": [
                    {"name": "type", "valueCode": "replace"},
                    {"name": "path", "valueString": "Task.input.where(type.text = 'x').value"},
                    {"name": "value", "valueString": "y"},
                ],
            }
        ],
    }
    json_patch: Any = {"patch": [{"op": "replace", "path": "/status", "value": "on-hold"}]}
    for _ in range(TRIES):
        task = await the_task(provider)
        headers = {"If-Match": f'W/"{task["meta"]["versionId"]}"'}
        address = f"Task/{task['id']}"
        sent = changed(chance, fhirpath)
        refused_or_done(await provider.patch(address, json=sent, headers=FHIR | headers))
        made = changed(chance, json_patch).get("patch")
        content = {"Content-Type": "application/json-patch+json"}
        refused_or_done(await provider.patch(address, json=made, headers=content | headers))
