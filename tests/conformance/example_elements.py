"""Parts of Tasks and requests."""

from __future__ import annotations

from typing import Any

from nhs import addresses

Resource = dict[str, Any]
PERSON_HERE = {"reference": "Patient/1"}
SENDER = {"identifier": {"system": addresses.ODS_ORGANISATION, "value": "RT1"}}


def profiled(*profiles: str) -> Resource:
    return {"meta": {"profile": list(profiles)}}


def coded(system: str, code: str) -> Resource:
    return {"coding": [{"system": system, "code": code}]}


def without(resource: Resource, element: str) -> Resource:
    return {name: value for name, value in resource.items() if name != element}
