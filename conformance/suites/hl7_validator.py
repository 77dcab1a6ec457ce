"""HL7's Java validator, with UK Core and our profiles, over every kind of answer of the running
product."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import orjson

from conformance import explanations, maven
from conformance.findings import Findings
from conformance.suites.product import BOARD_CLIENT, CLIENT, Product
from conformance.suites.pyrofile import TYPES
from conformance.suites.suite import Case, Skipped, Suite
from conformance.validate import BACKPORT, UK_CORE, unexplained
from conformance.validator import OUR_PACKAGE, PROJECT, CannotValidate, validate

Resource = dict[str, Any]
TIMEOUT = 60.0


def run(product: Product) -> list[Case]:
    """Takes the product; returns a case for each kind of answer."""
    if not (UK_CORE.is_dir() and BACKPORT.is_file()):
        raise Skipped("the packages of UK Core and of the Backport guide are not here")
    product.tell_of_a_death()
    answers = list(_answers(product))
    lines = [orjson.dumps(answer) for _, answer in answers]
    try:
        found = validate(lines, [UK_CORE, OUR_PACKAGE, BACKPORT])
    except CannotValidate as reason:
        raise Skipped(str(reason)) from None
    known = explanations.load()
    cases: list[Case] = []
    for (name, _), issues in zip(answers, found, strict=True):
        findings = Findings()
        findings.add(name, issues)
        cases.append(Case(name, failed="\n".join(unexplained(findings, known)) or None))
    return cases


def _answers(product: Product) -> Iterator[tuple[str, Resource]]:
    yield "CapabilityStatement", httpx.get(f"{product.base}/metadata", timeout=TIMEOUT).json()
    for client_id in (CLIENT, BOARD_CLIENT):
        headers = {"Authorization": f"Bearer {product.token(client_id)}"}
        base = f"{product.base}/"
        with httpx.Client(base_url=base, headers=headers, timeout=TIMEOUT) as client:
            yield from _answers_to(client, client_id)


def _answers_to(client: httpx.Client, who: str) -> Iterator[tuple[str, Resource]]:
    for resource_type in TYPES:
        found = client.get(resource_type, params={"_count": "3"}).json()
        yield f"{who}: search of {resource_type}", found
        for entry in found.get("entry", [])[:1]:
            path = f"{resource_type}/{entry['resource']['id']}"
            yield f"{who}: read of {resource_type}", client.get(path).json()
            yield f"{who}: history of {resource_type}", client.get(f"{path}/_history").json()
    yield f"{who}: OperationOutcome", client.get("Task/nothing").json()
    entry = [{"request": {"method": "GET", "url": "Task?_count=1"}}]
    batch = {"resourceType": "Bundle", "type": "batch", "entry": entry}
    yield f"{who}: batch", client.post("", json=batch).json()


def version() -> str:
    """Returns the version of the validator that its project file pins."""
    return maven.pinned(PROJECT, "hapi.version")


SUITES = (Suite("HL7 validator", version, run),)
