"""The examples of the pages are taken by what they are examples for."""

from __future__ import annotations

import json
import re
from pathlib import Path

import httpx
import yaml

from registry.access.issuers import reading as issuers
from registry.outgoing.address import AllowedHosts
from registry.policy import reading as policies
from tests.docs.blocks import shell
from tests.docs.pages import ROOT
from tests.docs.requests import examples, sent
from tests.registry.api.conftest import Ask
from tests.registry.api.test_reviews import IN_HOSPITAL, tell
from tests.registry.core.stating import T1

DOCS = ROOT / "docs"
CONCERNS, POLICIES, TOKENS, EXPORT = (
    DOCS / f"{name}.md" for name in ("concerns", "policies", "tokens", "export")
)


def fenced(page: Path, language: str) -> list[str]:
    """The page's blocks in a language."""
    pattern = rf"^```{language}\n(.*?)^```"
    return re.findall(pattern, page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


async def test_concerns_and_alarms_are_taken(ask: Ask) -> None:
    provider: httpx.AsyncClient = await ask(T1, "provider")
    shown = fenced(CONCERNS, "json")
    assert [json.loads(one)["status"] for one in shown] == ["active", "active"]
    for one in shown:
        answer = await provider.post(
            "ServiceRequest", content=one, headers={"Content-Type": "application/fhir+json"}
        )
        assert answer.status_code == 201, answer.text


async def test_an_export_is_begun_and_a_cohort_proposed(ask: Ask) -> None:
    await tell(ask, IN_HOSPITAL)
    provider = await ask(T1, "provider")
    exported, proposed = examples(EXPORT)
    begun = await sent(provider, exported)
    assert begun.status_code == exported.status, begun.text
    status = await provider.get(begun.headers["Content-Location"])
    assert status.status_code in (200, 202), status.text
    made = await sent(provider, proposed)
    assert made.status_code == proposed.status, made.text
    assert made.json()["resourceType"] == "Group"


def test_the_policy_is_one() -> None:
    (shown,) = fenced(POLICIES, "yaml")
    policy = policies.read_text(shown)
    assert policy.organisation == yaml.safe_load(shown)["organisation"]


def test_the_file_of_issuers_is_one(tmp_path: Path) -> None:
    (shown,) = [block for block in shell(TOKENS) if block.startswith("own_tokens")]
    file = tmp_path / "issuers.yaml"
    file.write_text(shown, encoding="utf-8")
    trusted = issuers.read(file, AllowedHosts.of(["login.example", "partner.example"]))
    for one in yaml.safe_load(shown)["issuers"]:
        assert trusted.named(one["issuer"]) is not None
