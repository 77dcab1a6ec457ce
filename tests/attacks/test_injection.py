"""SQL, JSON-path and template injection in everything a search and an address take; the search
parameters are those of the table that search itself reads."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import httpx
import pytest

from registry.api.search.definitions import PARAMETERS
from registry.api.search.parameter import MODIFIERS, Parameter
from tests.attacks.target import FHIR, Target

PAYLOADS = [
    "' OR '1'='1",
    "1') OR true; DROP TABLE registry.resource; --",
    '$.** ? (@ like_regex ".*")',
    '" || true || "\\',
    "%s%(p0)s{moment}{id}${7*7}{{7*7}}",
    "%",
    "\u0000",
    "𝕏\u202e\uffff",
]
# Behind what makes them values of the parameter's kind, these too.
BREAKING_OUT = PAYLOADS[:3]
PUBLIC = {"Organization"}


def spellings(parameter: Parameter) -> Iterator[str]:
    """Every form of the parameter's name that search takes."""
    yield parameter.name
    for modifier in (*MODIFIERS[parameter.kind], *parameter.targets):
        yield f"{parameter.name}:{modifier}"
    for chained in parameter.chains:
        yield f"{parameter.name}.{chained}"


def values(parameter: Parameter, payload: str) -> Iterator[str]:
    """The payload as a value, and behind what makes it one of the parameter's kind."""
    yield payload
    before = {"token": "http://example.org|", "date": "ge2026-01-01", "reference": "Patient/"}
    if payload in BREAKING_OUT and parameter.kind in before:
        yield f"{before[parameter.kind]}{payload}"


def found_nothing(target: Target, answer: httpx.Response, asked: object) -> None:
    """An outsider's question: refused, or answered without anything about anybody."""
    assert answer.status_code in (200, 400, 403, 404), (asked, answer.status_code, answer.text)
    assert target.number not in answer.text
    for entry in answer.json().get("entry", []):
        resource = entry["resource"]
        if resource["resourceType"] == "AuditEvent":
            # What it asked itself is on its own record, with the ids that it asked for.
            assert {"reference": "Organization/RT2"}.items() <= resource["agent"][2]["who"].items()
            continue
        assert resource["resourceType"] in PUBLIC | {"OperationOutcome"}, asked
        assert target.case["id"] not in str(resource)
    assert "syntax error" not in answer.text
    assert "psycopg" not in answer.text


@pytest.mark.timeout(600)
@pytest.mark.parametrize("resource_type", PARAMETERS)
def test_every_search_parameter(target: Target, resource_type: str) -> None:
    asked = 0
    with target.client("RT2") as outsider:
        for parameter in PARAMETERS[resource_type].values():
            for name in spellings(parameter):
                for payload in PAYLOADS:
                    for value in values(parameter, payload):
                        query = {name: value}
                        found_nothing(
                            target, outsider.get(f"/{resource_type}", params=query), query
                        )
                        asked += 1
    assert asked >= 2 * len(PAYLOADS)


@pytest.mark.parametrize("resource_type", ["Task", "Patient", "Observation", "Encounter"])
def test_conditions_that_hold_for_all_find_only_what_they_say(
    target: Target, resource_type: str
) -> None:
    """Who may see something gets no more of it by breaking out of the value."""
    with target.client("RT1") as insider:
        for parameter in PARAMETERS[resource_type].values():
            for payload in ("' OR '1'='1", "x') OR (true", '" || true || "', "%"):
                answer = insider.get(f"/{resource_type}", params={parameter.name: payload})
                assert answer.status_code in (200, 400), answer.text
                assert answer.json().get("entry", []) == [], (parameter.name, payload)


NAMES = [
    "_id' OR '1'='1",
    "_id) OR (1=1",
    "status:missing=true) OR (1",
    "patient.identifier' --",
    "patient.name",
    "patient:Patient.identifier",
    "status[0]",
    "$.status",
    "_filter",
    "_query",
    "_list",
    "_has:Task:patient:status",
    "_text",
    "_content",
    "__proto__",
    "constructor",
]


@pytest.mark.parametrize("name", NAMES)
def test_names_of_parameters(target: Target, name: str) -> None:
    with target.client("RT2") as outsider:
        for prefer in ({}, {"Prefer": "handling=lenient"}):
            found_nothing(target, outsider.get("/Task", params={name: "1"}, headers=prefer), name)


RESULT = ["_sort", "_elements", "_include", "_revinclude", "_count", "_summary", "_total", "_page",
          "_format", "_pretty"]  # fmt: skip
IN_RESULT = [
    *PAYLOADS,
    "status; DROP TABLE registry.resource",
    "-status DESC NULLS LAST",
    "(SELECT pg_sleep(60))",
    "id,(SELECT content FROM resource LIMIT 1)",
    "Task:patient' OR '1'='1",
    "Task:*",
    "*",
    "Patient:link:' OR 1=1",
    "meta.extension.__class__",
    "-1",
    "0x10",
    "١٢",
    "9" * 400,
    "1e9",
]


@pytest.mark.parametrize("name", RESULT)
def test_parameters_of_the_result(target: Target, name: str) -> None:
    with target.client("RT2") as outsider:
        for value in IN_RESULT:
            answer = outsider.get("/Task", params={name: value})
            if name == "_format":
                assert answer.status_code in (200, 406), value
            else:
                found_nothing(target, answer, (name, value))


@pytest.mark.parametrize("payload", [*IN_RESULT, "..", "../Task", "a/b", "x" * 5000])
def test_ids_in_the_address(target: Target, payload: str) -> None:
    escaped = quote(payload, safe="")
    with target.client("RT2") as outsider:
        for path in (
            f"/Task/{escaped}",
            f"/Task/{escaped}/_history",
            f"/Task/{escaped}/_history/{escaped}",
            f"/Task/{target.case['id']}/_history/{escaped}",
            f"/{escaped}",
            f"/{escaped}/{escaped}",
        ):
            answer = outsider.get(path)
            # `..` is resolved before it is sent: it leads to the front page.
            assert answer.status_code in (200, 303, 400, 404, 405), (path, answer.text)
            assert target.number not in answer.text
            assert "syntax error" not in answer.text


@pytest.mark.parametrize("payload", ["W/\"1\"' OR '1'='1", 'W/"1; DROP"', 'W/"' + "9" * 300 + '"',
                                     '"%s"', "*", "W/\"-1\"", 'W/"1","2"', "x" * 5000])  # fmt: skip
def test_versions_in_headers(target: Target, payload: str) -> None:
    with target.client("RT1") as insider:
        address = f"/Task/{target.case['id']}"
        changed = {**target.case, "status": "accepted"}
        answer = insider.put(address, json=changed, headers=FHIR | {"If-Match": payload})
        assert answer.status_code in (400, 412), answer.text
        for name in ("If-None-Match", "If-Modified-Since", "Prefer", "Accept"):
            answer = insider.get(address, headers={name: payload})
            assert answer.status_code in (200, 304, 400, 406), (name, answer.text)


@pytest.mark.parametrize("payload", ["' OR '1'='1", "%s", "x" * 5000, "{}", "0", "-1"])
def test_request_ids(target: Target, payload: str) -> None:
    """They are a key in the database, and come back in the answer: only UUIDs are taken."""
    with target.client("RT1") as insider:
        for name in ("X-Request-ID", "X-Correlation-ID"):
            answer = insider.put(
                f"/Task/{target.case['id']}",
                json={**target.case, "status": "cancelled"},
                headers=FHIR | {"If-Match": 'W/"1"', name: payload},
            )
            assert answer.status_code in (403, 412, 422), answer.text
            assert answer.headers.get(name) != payload


def test_searches_by_post(target: Target) -> None:
    with target.client("RT2") as outsider:
        for payload in PAYLOADS:
            form = {"patient.identifier": payload, "status": payload}
            found_nothing(target, outsider.post("/Task/_search", data=form), payload)


def test_searches_inside_a_batch(target: Target) -> None:
    entries = [
        {"request": {"method": "GET", "url": f"Task?status={quote(payload)}&_id={quote(payload)}"}}
        for payload in PAYLOADS
    ]
    entries += [{"request": {"method": "GET", "url": url}} for url in
                ("../../healthz", "//x/Task", "http://127.0.0.1:1/Task", "file:///etc/passwd",
                 f"Task/{target.case['id']}", "$process-message")]  # fmt: skip
    bundle = {"resourceType": "Bundle", "type": "batch", "entry": entries}
    with target.client("RT2") as outsider:
        answer = outsider.post("/", json=bundle, headers=FHIR)
    assert answer.status_code == 200, answer.text
    for entry in answer.json()["entry"]:
        resource = entry.get("resource", {})
        assert resource.get("resourceType") in (None, "OperationOutcome", "Bundle"), entry
        assert not resource.get("entry"), entry
    assert "root:" not in answer.text
    assert target.case["id"] not in answer.text
