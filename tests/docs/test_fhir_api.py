"""docs/fhir-api.md: its requests are sent, and its table is what the server offers."""

from __future__ import annotations

import re

from registry.access.settings import AccessSettings
from registry.api.interactions import OFFERED
from registry.api.openapi import document
from tests.docs.pages import ROOT
from tests.docs.requests import examples, sent
from tests.registry.api.conftest import BASE, Ask
from tests.registry.api.test_reviews import IN_HOSPITAL, tell, the_task
from tests.registry.core.stating import T1

AT = ROOT / "docs" / "fhir-api.md"
PAGE = AT.read_text(encoding="utf-8")
_ROW = re.compile(r"^\| (?P<types>`[A-Z].*?) \| (?P<codes>[a-z].*?) \|$", re.M)
_STATUSES = re.compile(r"^\| (?P<statuses>\d{3}(?:, \d{3})*) \|", re.M)
# Said by what stands before the API: proxies, and the limit on requests.
_NOT_OURS = {429, 500, 502, 503, 504}


async def test_every_request_of_the_page_is_answered_as_it_says(ask: Ask) -> None:
    await tell(ask, IN_HOSPITAL)
    provider = await ask(T1, "provider")
    task = await the_task(provider)
    patient = str(task["for"]["reference"]).rpartition("/")[2]
    shown = examples(AT, TASK=str(task["id"]), PATIENT=patient)
    assert len(shown) > 15
    for example in shown:
        answer = await sent(provider, example)
        assert answer.status_code == example.status, (example, answer.text)
        if example.status >= 400:
            assert answer.json()["resourceType"] == "OperationOutcome"


async def test_a_search_that_the_page_posts_finds_what_it_gets(ask: Ask) -> None:
    await tell(ask, IN_HOSPITAL)
    provider = await ask(T1, "provider")
    found: list[list[str]] = []
    for example in examples(AT)[1:3]:
        answer = (await sent(provider, example)).json()
        found.append([entry["resource"]["resourceType"] for entry in answer["entry"]])
    assert found == [["Task"], ["Task", "Organization"]]


def test_the_page_says_what_each_type_offers() -> None:
    stated = {
        name: set(row["codes"].partition(":")[0].split(", "))
        for row in _ROW.finditer(PAGE)
        for name in re.findall(r"`([A-Z]\w+)`", row["types"])
    }
    assert stated == {name: set(codes) for name, codes in OFFERED.items()}


def test_the_page_explains_every_status_of_the_document() -> None:
    explained = {int(s) for row in _STATUSES.finditer(PAGE) for s in row["statuses"].split(", ")}
    operations = document(AccessSettings.at(BASE))["paths"].values()
    documented = {
        int(status)
        for path in operations
        for name, operation in path.items()
        if name != "parameters"
        for status in operation["responses"]
    }
    assert {s for s in documented if s >= 400} - _NOT_OURS == explained - _NOT_OURS
