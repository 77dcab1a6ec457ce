"""`Patient/{id}/$explain`: to the parties of the case, and no more than its resources show."""

from __future__ import annotations

from typing import Any

import httpx

from conformance import canonical
from nhs import addresses
from tests.registry.api.conftest import Ask
from tests.registry.api.message import NUMBER, message
from tests.registry.api.test_reviews import FHIR, IN_HOSPITAL, PERSON, tell
from tests.registry.core.stating import ICB1, MH1, T1, T2

Resource = dict[str, Any]
LONG_AGO = message(
    "A03", sender=T2, admitted="2020-01-01", discharged="2020-01-09", visit="OLD", control_id="7"
)
FLAGGED = message("A31", sender=T2, flag="learning-disability", control_id="8")


async def patient_of(client: httpx.AsyncClient) -> str:
    found = (await client.get("Patient", params={"identifier": PERSON})).json()
    return found["entry"][0]["resource"]["id"]


def said(answer: Resource, name: str) -> list[dict[str, list[str]]]:
    """The conclusions or facts, each as its parts by name."""
    found: list[dict[str, list[str]]] = []
    for one in answer["parameter"]:
        if one["name"] == name:
            parts: dict[str, list[str]] = {}
            for part in one["part"]:
                value = part.get("valueString") or part["valueDateTime"]
                parts.setdefault(part["name"], []).append(value)
            found.append(parts)
    return found


async def explained(client: httpx.AsyncClient, patient: str) -> Resource:
    answer = await client.get(f"Patient/{patient}/$explain")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_party_is_told_rules_grounds_and_messages(ask: Ask) -> None:
    await tell(ask, IN_HOSPITAL)
    await tell(ask, FLAGGED, sender=T2)
    provider = await ask(T1, "provider")
    told = await explained(provider, await patient_of(provider))
    conclusions = said(told, "conclusion")
    by_about = {one["about"][0]: one for one in conclusions}
    assert by_about["death"]["rule"] == ["standing-claims"]
    assert "message 1 (" in by_about["death"]["because"][0]
    assert by_about["flag"]["sentence"] == ["Learning disability."]
    assert "message 8 (A31)" in by_about["flag"]["because"][0]
    facts = said(told, "fact")
    assert {(one["source"][0], one["message"][0]) for one in facts} == {(T1, "1"), (T2, "8")}
    assert any("died" in text for one in facts for text in one["says"])


async def test_a_stay_of_long_ago_is_not_told(ask: Ask) -> None:
    await tell(ask, IN_HOSPITAL)
    await tell(ask, LONG_AGO, sender=T2)
    provider = await ask(T1, "provider")
    told = await explained(provider, await patient_of(provider))
    assert "OLD" not in str(said(told, "fact"))
    assert [one["source"] for one in said(told, "fact")] == [[T1]]


async def test_who_raised_a_concern_is_told_to_its_readers_alone(ask: Ask) -> None:
    left = message(
        "A03", sender=T2, admitted="2025-12-20", discharged="2026-01-02", method="1", control_id="5"
    )
    await tell(ask, IN_HOSPITAL)
    await tell(ask, left, sender=T2)
    board, beside = await ask(ICB1, "icb"), await ask(T2, "provider")
    raiser = await ask(MH1, "provider")
    concern = {
        "resourceType": "ServiceRequest", "status": "active", "intent": "proposal",
        "subject": {"identifier": {"system": addresses.NHS_NUMBER, "value": NUMBER}},
        "reasonCode": [{"coding": [{"system": canonical.CONCERN_KIND, "code": "staff-concern"}]}],
    }  # fmt: skip
    assert (await raiser.post("ServiceRequest", json=concern, headers=FHIR)).status_code == 201
    patient = await patient_of(board)
    to_board, to_other = await explained(board, patient), await explained(beside, patient)
    assert "concern" in {one["about"][0] for one in said(to_board, "conclusion")}
    assert "concern" not in {one["about"][0] for one in said(to_other, "conclusion")}
    rules = [one["rule"][0] for one in said(to_other, "conclusion")]
    assert not any("raised-a-concern" in rule for rule in rules)
    assert (await raiser.get(f"Patient/{patient}/$explain")).status_code == 404


async def test_whoever_has_no_part_gets_what_an_unknown_id_gets(ask: Ask) -> None:
    await tell(ask, IN_HOSPITAL)
    patient = await patient_of(await ask(T1, "provider"))
    other = await ask(T2, "provider")
    there = await other.get(f"Patient/{patient}/$explain")
    absent = await other.get(f"Patient/{'0' * 32}/$explain")
    assert there.status_code == absent.status_code == 404
    assert there.json() == absent.json()
    assert (await (await ask("P81001", "gp")).get(f"Patient/{patient}/$explain")).status_code == 403
    provider = await ask(T1, "provider")
    assert (await provider.get(f"Patient/{patient}/$explain?x=1")).status_code == 400
    assert (await provider.post(f"Patient/{patient}/$explain")).status_code == 405


async def operations(client: httpx.AsyncClient, patient: str) -> list[Resource]:
    """The operations on record about a person."""
    found = (await client.get(f"AuditEvent?patient=Patient/{patient}")).json().get("entry", [])
    events = [entry["resource"] for entry in found]
    return [event for event in events if event["subtype"][0]["code"] == "operation"]


async def test_it_is_on_record_as_an_operation_on_the_person(ask: Ask) -> None:
    await tell(ask, IN_HOSPITAL)
    provider = await ask(T1, "provider")
    patient = await patient_of(provider)
    before = await operations(provider, patient)
    await explained(provider, patient)
    more = [event for event in await operations(provider, patient) if event not in before]
    assert [event["outcome"] for event in more] == ["0"]
    assert {"reference": f"Patient/{patient}"} in [e.get("what") for e in more[0]["entity"]]
