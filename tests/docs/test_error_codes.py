"""docs/error-codes.md is what the code says, the code says nothing that it leaves out, and what is
really answered stands in it."""

from __future__ import annotations

import re

import pytest

from adapter.mllp.framing import LIMIT
from adapter.rules import door
from conformance.error_codes import REGISTRY, ROOT, faults, fhir_codes, oauth_codes
from conformance.error_page import ADAPTER, FHIR, OAUTH, page
from mappings import Site
from tests.adapter.bad_input.inputs import INPUTS
from tests.docs.requests import examples, sent
from tests.registry.api.conftest import Ask
from tests.registry.api.test_reviews import IN_HOSPITAL, tell, the_task
from tests.registry.core.stating import T1

# Texts in the shape of a Spine code that are something else.
_OTHERS = {"INVALIDATED_RESOURCE", "LFD_NOTIFICATION"}


def test_the_document_is_what_the_code_says() -> None:
    written = (ROOT / "docs/error-codes.md").read_text(encoding="utf-8")
    assert written == page(), "run: python -m conformance.error_page > docs/error-codes.md"


def test_each_code_is_explained_and_no_other() -> None:
    assert {code.spine for code in fhir_codes()} == set(FHIR)
    assert oauth_codes() == set(OAUTH)
    assert {fault.text for fault in faults()} == set(ADAPTER)


def test_no_spine_code_of_the_source_is_overlooked() -> None:
    in_source = {
        found
        for path in REGISTRY.rglob("*.py")
        for found in re.findall(r'"([A-Z]+(?:_[A-Z]+)+)"', path.read_text(encoding="utf-8"))
    }
    assert in_source - _OTHERS - set(FHIR) == set()


def answers(text: str) -> list[str]:
    """What the page says of the faults whose text this can be."""
    return [
        answer.code
        for pattern, answer in ADAPTER.items()
        if pattern != "…" and re.fullmatch(re.escape(pattern).replace("…", ".+"), text, re.DOTALL)
    ]


# What is only large takes seconds to read, and is refused for what smaller input is refused for.
@pytest.mark.parametrize("name", [name for name in INPUTS if "million" not in name])
def test_what_the_door_says_of_bad_input_stands_in_it(name: str) -> None:
    raw = INPUTS[name]()
    taken = door(Site.default())
    verdict = taken.judge_oversize(raw[:1000], LIMIT) if len(raw) > LIMIT else taken.judge(raw)
    if verdict.reason is None:
        assert verdict.code == "AA"
    else:
        (answer,) = answers(verdict.reason.text)
        assert answer.startswith(verdict.code) or f"; {verdict.code}" in answer


async def test_what_the_api_really_answers_stands_in_it(ask: Ask) -> None:
    await tell(ask, IN_HOSPITAL)
    provider = await ask(T1, "provider")
    known = {(code.spine, code.status) for code in fhir_codes()}
    task = await the_task(provider)
    refused = 0
    patient = str(task["for"]["reference"]).rpartition("/")[2]
    api = ROOT / "docs" / "fhir-api.md"
    for example in examples(api, TASK=str(task["id"]), PATIENT=patient):
        answer = await sent(provider, example)
        if answer.status_code >= 400:
            for issue in answer.json()["issue"]:
                spine = issue["details"]["coding"][0]["code"]
                assert (spine, answer.status_code) in known, issue
                refused += 1
    assert refused > 3
