"""The CapabilityStatement says what the API does: neither more nor less."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from fhir.resources.R4B.capabilitystatement import CapabilityStatement

from registry.access.resource_types import RESOURCE_TYPES
from registry.api.definitional import said as element
from registry.api.interactions import DEFINITIONAL
from registry.api.search.definitions import PARAMETERS
from registry.core.visibility import may_see
from tests.registry.api.conftest import Ask
from tests.registry.api.test_reviews import FHIR, IN_HOSPITAL, tell
from tests.registry.core.stating import T1

Resource = dict[str, Any]
# interaction -> method and address of a probe; {} is a type, an id that nothing has is `none`
PROBES = {
    "read": ("GET", "{}/none"),
    "vread": ("GET", "{}/none/_history/1"),
    "history-instance": ("GET", "{}/none/_history"),
    "history-type": ("GET", "{}/_history"),
    "search-type": ("GET", "{}"),
    "create": ("POST", "{}"),
    "update": ("PUT", "{}/none"),
    "patch": ("PATCH", "{}/none"),
    "delete": ("DELETE", "{}/none"),
}
VALUES = {"token": "true", "reference": "x", "date": "2026", "string": "x", "uri": "urn:x"}


async def stated(client: httpx.AsyncClient) -> dict[str, Resource]:
    """What the CapabilityStatement says of each type."""
    (rest,) = (await client.get("metadata")).json()["rest"]
    return {said["type"]: said for said in rest["resource"]}


def is_offered(answer: httpx.Response) -> bool:
    """Not offered: the address or the method is not there. An unknown id is no such answer, nor is
    the refusal to create a Task by an update, which says why."""
    if answer.status_code == 405:
        return "ids itself" in answer.text
    codes = {issue["code"] for issue in answer.json().get("issue", [])}
    return not (answer.status_code == 404 and "not-supported" in codes)


async def test_it_is_for_anybody_valid_and_not_sent_twice(ask: Ask) -> None:
    anybody = await ask(None, "adapter")
    answer = await anybody.get("metadata", headers={"Authorization": ""})
    CapabilityStatement.model_validate(answer.json())
    again = await anybody.get("metadata", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_every_interaction_is_stated_and_no_other(ask: Ask) -> None:
    provider = await ask(T1, "provider")
    said = await stated(provider)
    for resource_type in sorted(RESOURCE_TYPES):
        known = {one["code"] for one in said.get(resource_type, {}).get("interaction", [])}
        for code, (method, address) in PROBES.items():
            body = "{}" if method in ("POST", "PUT", "PATCH") else None
            headers = FHIR | {"If-Match": 'W/"1"'} if body else {}
            path = address.format(resource_type)
            answer = await provider.request(method, path, headers=headers, content=body)
            assert is_offered(answer) == (code in known), (code, resource_type, answer.text)


async def test_every_search_parameter_is_stated_and_no_other(ask: Ask) -> None:
    await tell(ask, IN_HOSPITAL)
    provider = await ask(T1, "provider")
    said = await stated(provider)
    every = sorted({name for known in PARAMETERS.values() for name in known} | {"name", "url"})
    for resource_type, one in said.items():
        known = {p["name"]: p["type"] for p in one.get("searchParam", [])}
        if not known or not (may_see("provider", resource_type) or resource_type in DEFINITIONAL):
            continue
        for name in every:
            value = VALUES[known.get(name, "token")]
            value = "urn:x|x" if (resource_type, name) == ("Patient", "identifier") else value
            answer = await provider.get(resource_type, params={name: value})
            expected = 200 if name in known else 400
            assert answer.status_code == expected, (resource_type, name, answer.text)


async def test_every_include_is_stated_and_no_other(ask: Ask) -> None:
    provider = await ask(T1, "provider")
    said = await stated(provider)
    pairs = {
        pair
        for one in said.values()
        for pair in (*one.get("searchInclude", []), *one.get("searchRevInclude", []))
    }
    for resource_type, one in said.items():
        if resource_type in DEFINITIONAL or not may_see("provider", resource_type):
            continue
        for name, key in (("_include", "searchInclude"), ("_revinclude", "searchRevInclude")):
            for pair in pairs:
                answer = await provider.get(resource_type, params={name: pair})
                expected = 200 if pair in one.get(key, []) else 400
                assert answer.status_code == expected, (resource_type, name, pair)


@pytest.mark.parametrize("resource_type", DEFINITIONAL)
async def test_the_guide_is_read_by_anybody(ask: Ask, resource_type: str) -> None:
    anybody = await ask(None, "adapter")
    anybody.headers["Authorization"] = ""
    found = (await anybody.get(resource_type)).json()
    assert found["total"] == len(found.get("entry", []))
    for entry in found.get("entry", []):
        resource = entry["resource"]
        read = await anybody.get(f"{resource_type}/{resource['id']}")
        assert read.json() == resource
        have = {"If-None-Match": read.headers["ETag"]}
        same = await anybody.get(f"{resource_type}/{resource['id']}", headers=have)
        assert same.status_code == 304
        by_url = await anybody.get(resource_type, params={"url": element(resource, "url")})
        assert [e["resource"]["id"] for e in by_url.json()["entry"]] == [resource["id"]]
    assert (await anybody.get(f"{resource_type}/none")).status_code == 404


async def test_every_definition_we_name_as_ours_is_served(ask: Ask) -> None:
    provider = await ask(T1, "provider")
    for one in (await stated(provider)).values():
        for parameter in one.get("searchParam", []):
            definition = parameter.get("definition", "")
            if "hl7.org" not in definition and definition:
                found = (await provider.get("SearchParameter", params={"url": definition})).json()
                assert found["total"] == 1, definition
