"""What representations are taken and given, and how a refusal reads."""

from __future__ import annotations

import pytest

from registry.api.negotiation import FHIR_JSON, JSON, answered_as, preferences, sent_as
from registry.api.outcomes import FhirError
from tests.registry.api.conftest import Ask
from tests.registry.api.test_reviews import IN_HOSPITAL, accept, tell, the_task
from tests.registry.core.stating import T1


@pytest.mark.parametrize(
    ("accept_header", "formats", "answer"),
    [
        (None, [], FHIR_JSON),
        ("", [], FHIR_JSON),
        ("*/*", [], FHIR_JSON),
        ("application/*", [], FHIR_JSON),
        ("application/fhir+json", [], FHIR_JSON),
        ("application/fhir+json; fhirVersion=4.0", [], FHIR_JSON),
        ("application/json", [], JSON),
        ("application/json;q=0.5, application/fhir+json", [], FHIR_JSON),
        ("application/fhir+xml, application/fhir+json;q=0.1", [], FHIR_JSON),
        ("text/html,application/xhtml+xml,*/*;q=0.8", [], FHIR_JSON),
        ("application/fhir+xml", ["json"], FHIR_JSON),
        ("application/fhir+xml", ["application/fhir json"], FHIR_JSON),
        (None, ["application/json"], JSON),
    ],
)
def test_json_is_answered(accept_header: str | None, formats: list[str], answer: str) -> None:
    assert answered_as(accept_header, formats) == answer


@pytest.mark.parametrize(
    ("accept_header", "formats"),
    [
        ("application/fhir+xml", []),
        ("text/turtle", []),
        ("application/fhir+json; fhirVersion=3.0", []),
        ("application/fhir+json;q=0", []),
        ("application/fhir+json;q=much", []),
        (None, ["xml"]),
        ("application/fhir+json", ["application/fhir+xml"]),
    ],
)
def test_what_is_not_served_is_not_acceptable(
    accept_header: str | None, formats: list[str]
) -> None:
    with pytest.raises(FhirError) as refused:
        answered_as(accept_header, formats)
    assert refused.value.status == 406
    assert "application/fhir+json" in str(refused.value)


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "text/plain",
        "application/fhir+xml",
        "application/fhir+json; charset=latin-1",
        "application/fhir+json; fhirVersion=5.0",
    ],
)
def test_what_cannot_be_read_is_an_unsupported_media_type(content_type: str | None) -> None:
    with pytest.raises(FhirError) as refused:
        sent_as(content_type, (FHIR_JSON, JSON))
    assert refused.value.status == 415
    good = 'application/fhir+json; charset="UTF-8"; fhirVersion=4.0'
    assert sent_as(good, (FHIR_JSON,)) == FHIR_JSON


def test_preferences_are_read_together() -> None:
    said = preferences("return=minimal, handling=lenient")
    assert (said.returned, said.is_lenient) == ("minimal", True)
    assert preferences("return=OperationOutcome; respond-async").returned == "OperationOutcome"
    assert preferences(None).returned == preferences("return=x").returned == "representation"


async def test_refusals_over_http_are_outcomes(ask: Ask) -> None:
    provider = await ask(T1, "provider")
    xml = await provider.get("Task", headers={"Accept": "application/fhir+xml"})
    assert xml.status_code == 406
    assert xml.json()["resourceType"] == "OperationOutcome"
    assert (await provider.get("Task?_format=xml")).status_code == 406
    assert (await provider.get("Task?_format=json")).status_code == 200
    plain = await provider.get("metadata", headers={"Accept": "application/json"})
    assert plain.headers["Content-Type"] == "application/json"
    pretty = await provider.get("Task?_pretty=true")
    assert pretty.text.startswith('{\n  "resourceType"')


# Method and path, the status, and what Allow says.
NOT_OFFERED: list[tuple[str, str, int, str | None]] = [
    ("GET", "Account", 404, None),
    ("GET", "Nonsense/1", 404, None),
    ("GET", "nonsense", 404, None),
    ("GET", "Task/1/2/3/4", 404, None),
    ("GET", "Task/_nonsense", 404, None),
    ("GET", "Task/$everything", 404, None),
    ("POST", "Task", 405, "GET, HEAD"),
    ("DELETE", "Task/1", 405, "GET, HEAD, PATCH, PUT"),
    ("PUT", "Patient/1", 405, "GET, HEAD"),
    ("PUT", "Task", 405, "GET, HEAD"),
    ("PATCH", "Flag/1", 405, "GET, HEAD"),
    ("DELETE", "Flag", 405, "GET, HEAD"),
    ("GET", "Task/_search", 405, "POST"),
    ("POST", "Task/1/_history", 405, "GET, HEAD"),
    ("POST", "metadata", 405, "GET, HEAD"),
    ("GET", "$process-message", 405, "POST"),
    ("GET", "", 405, "POST"),
    ("OPTIONS", "Task/1", 405, "GET, HEAD, PATCH, PUT"),
    ("POST", "Flag/$validate", 404, None),
]


async def test_what_is_not_offered_says_what_is(ask: Ask) -> None:
    provider = await ask(T1, "provider")
    for method, path, status, allow in NOT_OFFERED:
        answer = await provider.request(method, path)
        assert (answer.status_code, answer.headers.get("Allow")) == (status, allow), (method, path)
        assert answer.json()["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize(
    ("prefer", "kind"),
    [
        ("return=minimal", None),
        ("return=representation", "Task"),
        ("return=OperationOutcome", "OperationOutcome"),
    ],
)
async def test_a_write_returns_what_is_preferred(ask: Ask, prefer: str, kind: str | None) -> None:
    await tell(ask, IN_HOSPITAL)
    provider = await ask(T1, "provider")
    answer = await accept(provider, await the_task(provider), Prefer=prefer)
    assert (answer.status_code, answer.headers["ETag"]) == (200, 'W/"2"')
    assert (answer.json()["resourceType"] if answer.content else None) == kind


async def test_bodies_that_are_too_much_are_refused(ask: Ask) -> None:
    provider = await ask(T1, "provider")
    headers = {"Content-Type": "application/fhir+json", "If-Match": 'W/"1"'}
    deep = '{"a":' * 60 + "1" + "}" * 60
    for body, status in [
        (deep, 400),
        ("[" * 100_000, 400),
        ('{"resourceType":"Task","resourceType":"Task"}', 400),
        ('{"a":NaN}', 400),
        ('{"a":"\\u0000"}', 400),
        ('{"a":"\\ud800"}', 400),
        ("", 400),
        ("[]", 400),
        ("1", 400),
        (" " * (4 * 1024 * 1024 + 1), 413),
    ]:
        answer = await provider.put("Task/1", content=body, headers=headers)
        assert answer.status_code == status, body[:40]
        assert answer.json()["resourceType"] == "OperationOutcome"
