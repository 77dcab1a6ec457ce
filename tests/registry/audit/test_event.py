"""Acts as AuditEvents: BALP's patterns, one event for each patient, and who may see which."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any, get_args

import pytest
from fhir.resources.R4B.auditevent import AuditEvent

from registry.api.interactions import Code
from registry.audit.act import Actor, Subject
from registry.audit.event import BALP, TOKEN
from tests.registry.audit.acting import OTHER, PERSON, act, entities, event, made, task

AUDITED = sorted(set(get_args(Code)) - {"capabilities"})
REST = "http://hl7.org/fhir/restful-interaction"
DICOM = "http://dicom.nema.org/resources/ontology/DCM"


def agents(said: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {agent["type"]["coding"][0]["code"]: agent for agent in said["agent"]}


@pytest.mark.parametrize("code", [*AUDITED, TOKEN])
@pytest.mark.parametrize("status", [200, 404])
def test_every_interaction_makes_a_valid_event(code: str, status: int) -> None:
    query = "Task?status=accepted" if code == "search-type" else None
    (record,) = made(act(code, status=status, query=query, shown=(task(),)))
    said = event(record)
    AuditEvent.model_validate(said)
    assert said["outcome"] == ("0" if status == 200 else "4")
    assert said["recorded"] == said["meta"]["lastUpdated"]
    assert ("profile" in said["meta"]) <= (status == 200)


@pytest.mark.parametrize(
    ("code", "profile", "action", "client", "server", "user"),
    [
        ("read", "PatientRead", "R", "110152", "110153", "IRCP"),
        ("vread", "PatientRead", "R", "110152", "110153", "IRCP"),
        ("search-type", "PatientQuery", "E", "110153", "110152", "IRCP"),
        ("create", "PatientCreate", "C", "110153", "110152", "AUT"),
        ("update", "PatientUpdate", "U", "110153", "110152", "AUT"),
        ("patch", "PatientUpdate", "U", "110153", "110152", "AUT"),
    ],
)
def test_balp_patterns(
    code: str, profile: str, action: str, client: str, server: str, user: str
) -> None:
    query = "Task?" if code == "search-type" else None
    (record,) = made(act(code, query=query, shown=(task(),)))
    said = event(record)
    assert said["meta"]["profile"] == [f"{BALP}StructureDefinition/IHE.BasicAudit.{profile}"]
    assert said["type"]["code"] == "rest"
    assert {"system": REST, "code": code, "display": code} in said["subtype"]
    assert said["action"] == action
    found = agents(said)
    assert set(found) == {client, server, user}
    assert found[client]["network"] == {"address": "192.0.2.7", "type": "2"}
    assert found[client]["who"]["identifier"]["value"] == "trust-one"
    assert not found[client]["requestor"] and found[user]["requestor"]
    assert found[user]["who"]["reference"] == "Organization/RT1"
    assert "network" not in found[user]
    (patient,) = entities(said, "1")
    assert patient["what"] == {"reference": f"Patient/{PERSON}"}
    assert patient["role"]["code"] == "1"
    (other,) = entities(said, "2")
    assert ("query" in other) == (code == "search-type") == ("what" not in other)
    (transaction,) = entities(said, "XrequestId")
    assert transaction["what"]["identifier"]["value"].startswith("11111111-")


def test_without_a_patient_the_pattern_is_the_plain_one() -> None:
    (record,) = made(act(asked="Organization/RT1"))
    said = event(record)
    assert said["meta"]["profile"][0].endswith("IHE.BasicAudit.Read")
    assert entities(said, "1") == []
    assert entities(said, "2")[0]["what"] == {"reference": "Organization/RT1"}


def test_one_event_for_each_patient_with_their_own_resources() -> None:
    shown = (
        task(PERSON),
        Subject("Observation", "d" * 32, PERSON),
        Subject("Task", "e" * 32, OTHER),
        Subject("Organization", "RT1"),
    )
    found = made(act("search-type", asked="Task", query="Task?status=accepted", shown=shown))
    assert [one.person for one in found] == [PERSON, OTHER]
    assert {one.organisation for one in found} == {"RT1"}
    first, second = event(found[0]), event(found[1])
    assert [one["what"]["reference"] for one in entities(first, "Task")] == [task().reference]
    assert OTHER not in found[0].content and PERSON not in found[1].content
    assert first["id"] != second["id"]
    query = base64.b64decode(entities(first, "2")[0]["query"])
    assert query == b"Task?status=accepted"


def test_what_only_some_may_read_is_an_event_of_its_own() -> None:
    concern = Subject("ServiceRequest", "f" * 32, PERSON, ("RT1", "QX1"))
    flag = Subject("Flag", "9" * 32, PERSON)
    found = made(act("search-type", query="Patient?", shown=(task(), concern, flag)))
    by_reach = {(one.audience, one.roles): one.content for one in found}
    assert set(by_reach) == {
        (None, ("gp", "icb", "provider")),
        (None, ("icb", "provider")),
        (("RT1", "QX1"), ("gp", "icb", "provider")),
    }
    assert "Flag/" not in by_reach[None, ("gp", "icb", "provider")]
    assert "ServiceRequest/" not in by_reach[None, ("icb", "provider")]


def test_who_reached_for_what_is_not_theirs_does_not_learn_that_it_is_there() -> None:
    nothing = act(status=404)
    (own,) = made(nothing)
    own_again, told = made(replace(nothing, hidden=(task(audience=("QX1",)),)))
    assert own.organisation == own_again.organisation == "RT1"
    assert own_again.person is None
    assert {**event(own), "id": ""} == {**event(own_again), "id": ""}
    assert (told.organisation, told.person, told.audience) == (None, PERSON, ("QX1",))
    assert entities(event(told), "1")[0]["what"]["reference"] == f"Patient/{PERSON}"
    assert agents(event(told))["IRCP"]["who"]["reference"] == "Organization/RT1"


def test_a_created_resource_is_named_by_what_was_made() -> None:
    concern = Subject("ServiceRequest", "f" * 32, PERSON, ("RT1",))
    (record,) = made(act("create", status=201, asked="ServiceRequest", shown=(concern,)))
    assert entities(event(record), "2")[0]["what"]["reference"] == concern.reference


def test_tokens() -> None:
    (given,) = made(act(TOKEN, asked="", query="grant_type=client_credentials&scope=a"))
    said = event(given)
    assert said["meta"]["profile"] == [f"{BALP}StructureDefinition/IHE.IUA.71"]
    assert (said["type"]["code"], said["subtype"][0]["code"]) == ("110114", "ITI-71")
    assert set(agents(said)) == {"110150", "AuthzOauthService", "IRCP"}
    assert len(said["entity"]) == 1
    (refused,) = made(act(TOKEN, asked="", query="", status=401, actor=Actor()))
    assert event(refused)["outcome"] == "4"
    assert set(agents(event(refused))) == {"110150", "AuthzOauthService"}
    assert refused.organisation is None
