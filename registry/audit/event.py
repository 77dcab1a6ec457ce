"""An act as FHIR AuditEvents.

Source: IHE Basic Audit Log Patterns (BALP) 1.1.3 for FHIR R4: one AuditEvent for each patient; the
patterns are for success only, so a refusal has their shape and names no profile. An organisation
stands as the agent `user`: most clients are systems, and it is the organisation that acts. A person
who signed in to the console stands beside it, as the one who asked.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import uuid4

import orjson

from conformance import canonical
from nhs import addresses
from registry.audit.act import Act, Subject
from registry.audit.patterns import (
    APPLICATION,
    CUSTODIAN,
    DISPLAY,
    EXPORT,
    EXPORTED,
    MESSAGE,
    OPERATOR,
    PATTERNS,
    PROVENANCE,
    WRITES,
)
from registry.core.visibility import roles_that_see

Json = dict[str, Any]

BALP = "https://profiles.ihe.net/ITI/BALP/"
_PROFILE = f"{BALP}StructureDefinition/"
_DICOM = "http://dicom.nema.org/resources/ontology/DCM"
_INTERACTION = "http://hl7.org/fhir/restful-interaction"
_ROLE_OF_ENTITY = "http://terminology.hl7.org/CodeSystem/object-role"
_TYPE_OF_ENTITY = "http://terminology.hl7.org/CodeSystem/audit-entity-type"
_PARTICIPATION = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
_PURPOSE_OF_USE = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
CLIENT_ID = f"{canonical.IDENTIFIER}client"
RECEIVED_MESSAGE = f"{canonical.IDENTIFIER}received-message"
TOKEN = "token"  # noqa: S105 - the name of an act
# Acts of somebody's session in the console: DICOM's codes (PS3.16, CID 403) of a user
# authentication. The choice of an organisation begins a session as well.
SESSION = {
    "sign-in": ("110122", "Login"),
    "organisation-chosen": ("110122", "Login"),
    "sign-out": ("110123", "Logout"),
}


def kinds_of_acts() -> frozenset[str]:
    """The acts that can be put on record: the values of Act.interaction."""
    return frozenset({*PATTERNS, *SESSION, TOKEN})


@dataclass(frozen=True, slots=True)
class Record:
    """One row of the audit record: when, the AuditEvent's id and JSON text, and who may see it:
    the organisation whose own act it is, and the parties of the person's case of some roles, or of
    an audience."""

    at: datetime
    event_id: str
    organisation: str | None
    person: str | None
    audience: tuple[str, ...] | None
    roles: tuple[str, ...]
    content: str


def records(act: Act, server: str) -> list[Record]:
    """Takes an act and the address of the FHIR API; returns its rows: one for each person (and
    audience) it showed, at least one for who acted, and one for each person it reached for in vain,
    which the parties of that case see and the actor does not."""
    shown = _grouped(act.shown)
    made = [_record(act, server, key, group, is_own=True) for key, group in shown.items()]
    if not made:
        made.append(_record(act, server, _Key(None, None, ()), [], is_own=True))
    hidden = _grouped(act.hidden)
    made += [_record(act, server, key, group, is_own=False) for key, group in hidden.items()]
    return made


class _Key(NamedTuple):
    """Who may see an event besides the actor."""

    person: str | None
    audience: tuple[str, ...] | None
    roles: tuple[str, ...]


def _grouped(subjects: Iterable[Subject]) -> dict[_Key, list[Subject]]:
    """By person, and then so that nobody learns from an event of a resource that is not theirs to
    see. What is about nobody is told to nobody else, and needs no event beside others'."""
    groups: dict[_Key, list[Subject]] = {}
    for one in subjects:
        if one.person is not None:
            key = _Key(one.person, one.audience, roles_that_see(one.resource_type))
            groups.setdefault(key, []).append(one)
    return groups


def _record(act: Act, server: str, key: _Key, subjects: list[Subject], *, is_own: bool) -> Record:
    event_id = str(uuid4())
    event = _event(act, server, event_id, key.person, subjects)
    return Record(
        at=act.at,
        event_id=event_id,
        organisation=act.actor.organisation if is_own else None,
        person=key.person,
        audience=key.audience,
        roles=key.roles,
        content=orjson.dumps(event).decode(),
    )


def _event(
    act: Act, server: str, event_id: str, person: str | None, subjects: list[Subject]
) -> Json:
    instant = act.at.isoformat()
    meta: Json = {"versionId": "1", "lastUpdated": instant}
    profile = _profile(act, person)
    if profile is not None:
        meta["profile"] = [_PROFILE + profile]
    described = _described(act)
    return {
        "resourceType": "AuditEvent",
        "id": event_id,
        "meta": meta,
        **described,
        "recorded": instant,
        **_outcome(act),
        **_purpose(act),
        "agent": _agents(act, server),
        "source": {
            "observer": _server(server),
            "type": [
                {
                    "system": "http://terminology.hl7.org/CodeSystem/security-source-type",
                    "code": "4",
                    "display": "Application Server",
                }
            ],
        },
        "entity": _entities(act, person, subjects),
    }


def _profile(act: Act, person: str | None) -> str | None:
    if not act.is_done:
        return None
    if act.interaction == TOKEN:
        return "IHE.IUA.71"
    if act.interaction in SESSION:
        return None
    name = PATTERNS[act.interaction].profile
    return name and f"IHE.BasicAudit.{'Patient' if person else ''}{name}"


def _described(act: Act) -> Json:
    if act.interaction == TOKEN:
        return _token_event()
    if act.interaction in SESSION:
        return _session_event(*SESSION[act.interaction])
    return _export_event() if act.interaction == EXPORTED else _rest_event(act)


def _export_event() -> Json:
    lifecycle = "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle"
    return {
        "type": {"system": _DICOM, "code": "110106", "display": "Export"},
        "subtype": [{"system": lifecycle, "code": "disclose"}],
        "action": "R",
    }


def _rest_event(act: Act) -> Json:
    pattern = PATTERNS[act.interaction]
    return {
        "type": {
            "system": "http://terminology.hl7.org/CodeSystem/audit-event-type",
            "code": "rest",
            "display": "Restful Operation",
        },
        "subtype": [{"system": _INTERACTION, "code": pattern.subtype, "display": pattern.subtype}],
        "action": pattern.action,
    }


def _session_event(code: str, display: str) -> Json:
    return {
        "type": {"system": _DICOM, "code": "110114", "display": "User Authentication"},
        "subtype": [{"system": _DICOM, "code": code, "display": display}],
        "action": "E",
    }


def _token_event() -> Json:
    return {
        "type": {"system": _DICOM, "code": "110114", "display": "User Authentication"},
        "subtype": [
            {
                "system": "urn:ihe:event-type-code",
                "code": "ITI-71",
                "display": "Get Access Token",
            }
        ],
        "action": "E",
    }


def _outcome(act: Act) -> Json:
    """0 success, 4 minor failure: the request was refused."""
    if act.is_done:
        return {"outcome": "0"}
    return {"outcome": "4", "outcomeDesc": f"HTTP {act.status}"}


def _purpose(act: Act) -> Json:
    if act.origin.purpose is None:
        return {}
    coding = {"system": _PURPOSE_OF_USE, "code": act.origin.purpose}
    return {"purposeOfEvent": [{"coding": [coding]}]}


def _agents(act: Act, server: str) -> list[Json]:
    if act.interaction == TOKEN:
        client_type, server_type = _dicom(APPLICATION), _authorisation_server()
    elif act.interaction in SESSION:
        client_type, server_type = _dicom(APPLICATION), _dicom(APPLICATION)
    else:
        pattern = PATTERNS[act.interaction]
        client_type, server_type = _dicom(pattern.client), _dicom(pattern.server)
    client: Json = {"type": client_type, "who": _client(act), "requestor": False}
    if act.origin.network is not None:
        client["network"] = {"address": act.origin.network, "type": "2"}
    agents = [
        client,
        {
            "type": server_type,
            "who": _server(server),
            "requestor": False,
            "network": {"address": server, "type": "5"},
        },
    ]
    if act.actor.organisation is not None:
        agents.append(_organisation(act, act.actor.organisation))
    if act.actor.person is not None:
        agents.append(_person(act, act.actor.person))
    return agents


def _person(act: Act, uid: str) -> Json:
    is_operator = act.actor.role == OPERATOR
    system = canonical.OPERATOR if is_operator else canonical.SIGNED_IN_PERSON
    return {
        "type": _participation(act),
        "who": {"identifier": {"system": system, "value": uid}},
        "requestor": True,
    }


def _organisation(act: Act, ods: str) -> Json:
    agent: Json = {
        "who": {
            "reference": f"Organization/{ods}",
            "identifier": {"system": addresses.ODS_ORGANISATION, "value": ods},
        },
        "requestor": act.actor.person is None,
    }
    if act.actor.person is None:
        # BALP's agent `user` is any with a type, and there is one: beside a person it is them.
        agent["type"] = _participation(act)
    if act.actor.role is not None:
        agent["role"] = [{"text": act.actor.role}]
    return agent


def _participation(act: Act) -> Json:
    is_write = PATTERNS.get(act.interaction) in WRITES
    code, display = ("AUT", "author") if is_write else ("IRCP", "information recipient")
    return {"coding": [{"system": _PARTICIPATION, "code": code, "display": display}]}


def _client(act: Act) -> Json:
    if act.actor.client is None:
        return {"display": "not known to be a client"}
    return {"identifier": {"system": CLIENT_ID, "value": act.actor.client}}


def _server(server: str) -> Json:
    return {"identifier": {"system": "urn:ietf:rfc:3986", "value": server}}


def _dicom(code: str) -> Json:
    if code == CUSTODIAN:
        return {"coding": [{"system": PROVENANCE, "code": code, "display": "Custodian"}]}
    return {"coding": [{"system": _DICOM, "code": code, "display": DISPLAY[code]}]}


def _authorisation_server() -> Json:
    coding = {"system": f"{BALP}CodeSystem/UserAgentTypes", "code": "AuthzOauthService"}
    return {"coding": [coding]}


def _entities(act: Act, person: str | None, subjects: list[Subject]) -> list[Json]:
    made: list[Json] = []
    if person is not None:
        patient = {"reference": f"Patient/{person}"}
        made.append(
            {"what": patient, "type": _of_type("1", "Person"), "role": _in_role("1", "Patient")}
        )
    if act.query is not None:
        made.append(
            {
                "type": _of_type("2", "System Object"),
                "role": _in_role("24", "Query"),
                "query": base64.b64encode(act.query.encode()).decode(),
            }
        )
        # Not as `System Object`, of which BALP's query has only one.
        made += [
            _data({"reference": one.reference}, _resource_type(one.resource_type))
            for one in subjects
        ]
    else:
        made += [_data(what, _of_type("2", "System Object")) for what in _reached(act, subjects)]
    if act.asked.startswith(EXPORT):
        of_export = {"system": canonical.EXPORT_ID, "value": act.asked.removeprefix(EXPORT)}
        made.append(_data({"identifier": of_export}, _of_type("2", "System Object")))
    if act.asked.startswith(MESSAGE):
        message = {"system": RECEIVED_MESSAGE, "value": act.asked.removeprefix(MESSAGE)}
        made.append(_data({"identifier": message}, _of_type("2", "System Object")))
    if act.origin.request_id is not None and act.interaction != TOKEN:
        kind = {"system": f"{BALP}CodeSystem/BasicAuditEntityType", "code": "XrequestId"}
        made.append({"what": {"identifier": {"value": act.origin.request_id}}, "type": kind})
    return made


def _reached(act: Act, subjects: list[Subject]) -> list[Json]:
    """What the address named; where that was a type alone, what it showed or made of it."""
    if "/" not in act.asked and subjects:
        return [{"reference": one.reference} for one in subjects]
    if not act.asked or act.asked.startswith((EXPORT, MESSAGE)):
        return []
    return [{"reference": act.asked} if "/" in act.asked else {"type": act.asked}]


def _data(what: Json, kind: Json) -> Json:
    return {"what": what, "type": kind, "role": _in_role("4", "Domain Resource")}


def _resource_type(name: str) -> Json:
    return {"system": "http://hl7.org/fhir/resource-types", "code": name, "display": name}


def _of_type(code: str, display: str) -> Json:
    return {"system": _TYPE_OF_ENTITY, "code": code, "display": display}


def _in_role(code: str, display: str) -> Json:
    return {"system": _ROLE_OF_ENTITY, "code": code, "display": display}
