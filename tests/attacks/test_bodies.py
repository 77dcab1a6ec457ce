"""Bodies that are too large, too deep, ambiguous, compressed, or another language."""

from __future__ import annotations

import contextlib
import gzip
import zlib
from collections.abc import Iterator
from typing import Any

import httpx
import orjson
import pytest

from registry.api.body import MAX_BODY, MAX_DEPTH
from tests.attacks.target import FHIR, Target

PLACES = ["/", "/$process-message", "/ServiceRequest", "/Task/$validate"]
CONCERN: dict[str, Any] = {
    "resourceType": "ServiceRequest",
    "status": "active",
    "intent": "proposal",
    "reasonCode": [{"text": "x"}],
}


def client_for(target: Target, place: str) -> httpx.Client:
    return target.client("RT1", "adapter" if place == "/$process-message" else "provider")


def refused(answer: httpx.Response, *statuses: int) -> None:
    assert answer.status_code in statuses, (answer.status_code, answer.text[:500])
    assert answer.json()["resourceType"] == "OperationOutcome"
    assert len(answer.content) < 5_000


@pytest.mark.parametrize("place", PLACES)
def test_too_large(target: Target, place: str) -> None:
    content = b'{"a":"' + b"x" * MAX_BODY + b'"}'
    with client_for(target, place) as client:
        refused(client.post(place, content=content, headers=FHIR), 413)


def test_too_large_without_saying_so(target: Target) -> None:
    """In chunks there is no length to go by."""

    def endless() -> Iterator[bytes]:
        for _ in range(3 * MAX_BODY // 65_536):
            yield b" " * 65_536

    # It may close while we still send: the rest is then not read.
    with target.client("RT1") as client, contextlib.suppress(httpx.TransportError):
        refused(client.post("/ServiceRequest", content=endless(), headers=FHIR), 413)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "content",
    [
        b"[" * 200_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"a":' * (MAX_DEPTH + 1) + b"1" + b"}" * (MAX_DEPTH + 1),
    ],
    ids=["open", "arrays", "objects", "just too deep"],
)
def test_too_deep(target: Target, place: str, content: bytes) -> None:
    with client_for(target, place) as client:
        refused(client.post(place, content=content, headers=FHIR), 400)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "content",
    [
        b"[" + b"1," * 1_000_000 + b"1]",
        b'{"resourceType":"Bundle","type":"batch","entry":[' + b"{}," * 500_000 + b"{}]}",
        b'{"resourceType":"Bundle","type":"message","entry":[' + b"[]," * 500_000 + b"[]]}",
        b'{"resourceType":"ServiceRequest","note":[' + b'{"text":"x"},' * 200_000 + b"{}]}",
        b"{" + b",".join(b'"%d":1' % n for n in range(200_000)) + b"}",
        b'{"a":' + b"9" * 1_000_000 + b"}",
    ],
    ids=["numbers", "entries", "message entries", "notes", "names", "one number"],
)
def test_too_many(target: Target, place: str, content: bytes) -> None:
    with client_for(target, place) as client:
        answer = client.post(place, content=content, headers=FHIR)
    assert answer.status_code in (400, 413, 422) or (
        place == "/Task/$validate" and answer.status_code == 200
    ), answer.text[:500]
    assert answer.json()["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "content",
    [
        b'{"resourceType":"ServiceRequest","resourceType":"Task"}',
        b'{"status":"active","status":"revoked"}',
        b'{"a":{"b":1,"b":2}}',
        b'{"a":1,"\\u0061":2}',
    ],
)
def test_one_name_twice(target: Target, place: str, content: bytes) -> None:
    with client_for(target, place) as client:
        refused(client.post(place, content=content, headers=FHIR), 400)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "content",
    [b"", b"null", b"1", b"NaN", b'{"a":NaN}', b'{"a":Infinity}', b'{"a":"\xff\xfe"}',
     b'\xef\xbb\xbf{"a":1}', b'{"a":"\\ud800"}', b"{'a':1}", b'{"a":1}{"b":2}', b"MSH|^~\\&|"],
)  # fmt: skip
def test_no_json(target: Target, place: str, content: bytes) -> None:
    with client_for(target, place) as client:
        answer = client.post(place, content=content, headers=FHIR)
    # Whether a resource is valid is a question that can be answered: by no.
    refused(answer, 400, *([200] if place == "/Task/$validate" else []))
    assert answer.json()["issue"][0]["severity"] in ("error", "fatal")


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "gzip, gzip", "compress"])
@pytest.mark.parametrize("place", PLACES)
def test_compressed(target: Target, place: str, coding: str) -> None:
    """Never unpacked: what is small on the wire cannot become large here."""
    bomb = (
        gzip.compress(b" " * 20_000_000) if "gzip" in coding else zlib.compress(b" " * 20_000_000)
    )
    with client_for(target, place) as client:
        headers = FHIR | {"Content-Encoding": coding}
        refused(client.post(place, content=bomb, headers=headers), 400, 415)


ENTITIES = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">
<!ENTITY b "&a;&a;&a;">]>
<ServiceRequest xmlns="http://hl7.org/fhir"><id value="&b;"/></ServiceRequest>"""


@pytest.mark.parametrize(
    "content_type",
    ["application/fhir+xml", "application/xml", "text/xml", "text/html", "multipart/form-data",
     "application/x-yaml", "application/x-java-serialized-object", "text/plain", "*/*", ""],
)  # fmt: skip
def test_another_language(target: Target, content_type: str) -> None:
    with target.client("RT1") as client:
        answer = client.post(
            "/ServiceRequest", content=ENTITIES, headers={"Content-Type": content_type}
        )
    refused(answer, 415)
    assert "root:" not in answer.text


def test_elements_that_are_not_fhirs(target: Target) -> None:
    with target.client("RT1") as client:
        for name in ("__proto__", "constructor", "__class__", "$where", "_id"):
            body = CONCERN | {name: {"polluted": True}}
            refused(client.post("/ServiceRequest", json=body, headers=FHIR), 400, 422)


def test_a_token_request_is_small(target: Target) -> None:
    for content in (b"client_assertion=" + b"x" * 200_000, b"&".join([b"a=1"] * 5_000)):
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        with target.unknown() as client:
            answer = client.post(target.token_url, content=content, headers=form)
        assert answer.status_code == 400
        assert answer.json()["error"] == "invalid_request"


def test_a_patch_that_multiplies(target: Target) -> None:
    """Copying what was copied doubles a document with each step."""
    steps = [{"op": "add", "path": "/description", "value": "x" * 1000}]
    steps += [{"op": "copy", "from": "", "path": "/a"} for _ in range(200)]
    with target.client("RT1") as client:
        answer = client.patch(
            f"/Task/{target.case['id']}",
            content=orjson.dumps(steps),
            headers={
                "Content-Type": "application/json-patch+json",
                "If-Match": f'W/"{target.case["meta"]["versionId"]}"',
            },
        )
    refused(answer, 400, 403, 413, 422)
