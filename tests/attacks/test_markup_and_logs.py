"""Markup, line ends and control characters in HL7 fields, headers and addresses: they come out as
data or not at all, and never make a line of a log."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from nhs import addresses
from tests.attacks.target import FHIR, PATIENCE, Target
from tests.end_to_end.adt import new_nhs_number
from tests.end_to_end.telling import in_hospital

NAMES = {
    "script": ("<script>alert(1)</script>", "<script>alert(1)</script>"),
    "attribute": ('" onload="alert(1)', '" onload="alert(1)'),
    "quotes": ('O\'Brien "Sons"', 'O\'Brien "Sons"'),
    "ampersand": ("Fish \\T\\ Chips \\T\\amp; \\T\\lt;b\\T\\gt;", "Fish & Chips &amp; &lt;b&gt;"),
    "template": ("{{7*7}}${7*7}<%= 7*7 %>", "{{7*7}}${7*7}<%= 7*7 %>"),
    "json": ('","role":"icb', '","role":"icb'),
    "sql": ("'); DROP TABLE registry.resource; --", "'); DROP TABLE registry.resource; --"),
    "closing": ("</div></text>]]>", "</div></text>]]>"),
    "other direction": ("‮gnirts", "‮gnirts"),
}


def tell(target: Target, change: tuple[str, str], messages: list[str]) -> list[str]:
    """Sends messages with one text in place of another; returns the acknowledgements."""
    answers = target.exchange.send(*(message.replace(*change) for message in messages))
    target.exchange.wait_settled()
    return answers


def patient_of(target: Target, number: str) -> tuple[dict[str, Any], httpx.Response]:
    with target.client("RT1") as client:
        asked = {"identifier": f"{addresses.NHS_NUMBER}|{number}"}
        answer = client.get("/Patient", params=asked)
    (entry,) = answer.json()["entry"]
    return entry["resource"], answer


@pytest.mark.parametrize("kind", NAMES)
def test_markup_in_a_name_is_a_name(target: Target, kind: str) -> None:
    written, meant = NAMES[kind]
    number = new_nhs_number()
    answers = tell(target, ("EXAMPLE^ADA", f"{written}^ADA"), in_hospital(number))
    assert [answer.split("|")[1] for answer in answers] == ["AA", "AA"]
    patient, answer = patient_of(target, number)
    assert patient["name"][0]["family"] == meant
    assert answer.headers["content-type"].startswith("application/fhir+json")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "text" not in patient, "a narrative would need its markup escaped"


def test_no_resource_that_we_make_has_markup(target: Target) -> None:
    with target.client("RT1") as client:
        for what in ("Task", "Observation", "Patient", "Flag", "Encounter", "Provenance"):
            for entry in client.get(f"/{what}").json().get("entry", []):
                assert "text" not in entry["resource"]


NARRATIVES = [
    "<div>x</div>",
    '<div xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></div>',
    "<img src=x onerror=a()>",
]


@pytest.mark.parametrize("narrative", NARRATIVES)
def test_markup_in_a_narrative_is_not_kept(target: Target, narrative: str) -> None:
    body = {
        "resourceType": "ServiceRequest",
        "text": {"status": "generated", "div": narrative},
        "status": "active",
        "intent": "proposal",
        "subject": {"identifier": {"system": addresses.NHS_NUMBER, "value": new_nhs_number()}},
        "reasonCode": [{"coding": [{"system": _CONCERN, "code": "staff-concern"}]}],
    }
    with target.client("RT1") as client:
        answer = client.post("/ServiceRequest", json=body, headers=FHIR)
        assert answer.status_code in (201, 400, 422), answer.text
        if answer.status_code == 201:
            kept = client.get(f"/ServiceRequest/{answer.json()['id']}")
            assert "script" not in kept.text
            assert "onerror" not in kept.text


_CONCERN = "https://fhir.learning-from-deaths.example/CodeSystem/concern"
MARK = "Marked0Line"
FORGED = [
    f"\\X0D0A\\{MARK} level=INFO forged",
    f"\\.br\\{MARK}",
    f"\x1b[31m{MARK}",
    f"{MARK}\u2028{MARK}",
    f"{MARK}\x85{MARK}",
]


@pytest.mark.parametrize("text", FORGED)
def test_no_field_of_a_message_makes_a_line(target: Target, text: str) -> None:
    number = new_nhs_number()
    told = in_hospital(number)
    for old in ("|PAS|", "|TIE|", f"A{number}-1|", "WARD1", "EXAMPLE", "ADT^A01", "|P|2.4"):
        new = old.replace("^A01", f"^{text}") if old == "ADT^A01" else f"{text}{old}"
        if old.startswith("|"):
            new = f"|{text}{old[1:]}"
        tell(target, (old, new), told[:1])
    assert MARK not in target.written()


@pytest.mark.parametrize(
    "path",
    [f"/fhir/Task/x%0d%0a{MARK}", f"/fhir/Task?status=x%0d%0a{MARK}", f"/{MARK}%0aforged",
     f"/fhir/{MARK}", f"/fhir/Task?_sort={MARK}", f"/oauth2/{MARK}", f"/hl7v2/{MARK}"],
)  # fmt: skip
def test_no_address_makes_a_line(target: Target, path: str) -> None:
    with target.client("RT1") as client:
        for method in ("GET", "POST", "DELETE"):
            answer = client.request(method, f"{target.exchange.url}{path}")
            assert answer.status_code < 500
            assert not any(MARK in value for value in answer.headers.values())
    assert MARK not in target.written()
    assert MARK not in httpx.get(f"{target.exchange.url}/metrics", timeout=PATIENCE).text


HEADERS = ["User-Agent", "Referer", "X-Request-ID", "X-Correlation-ID", "X-Forwarded-For", "Origin"]


@pytest.mark.parametrize("name", [*HEADERS, MARK])
def test_no_header_makes_a_line(target: Target, name: str) -> None:
    token = target.token("RT1", "provider")
    for ending in ("\r\n", "\n", "\r", "\\r\\n", "%0d%0a"):
        answer = target.said_to(
            f"GET /fhir/Task?_count=1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
            f"{name}: a{ending}{MARK}: forged\r\nConnection: close\r\n\r\n".encode()
        )
        assert MARK.encode() not in answer.split(b"\r\n\r\n")[0]
    assert MARK not in target.written()


def test_a_token_request_makes_no_line(target: Target) -> None:
    target.ask_token(f"x\r\n{MARK}", scope=f"system/Task.rs\r\n{MARK}", client_id=f"\n{MARK}")
    assert MARK not in target.written()
