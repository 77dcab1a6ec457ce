"""What an address of the API asks for, and by which form of it a request is counted: never by an
id, and by no word that a caller made up."""

from __future__ import annotations

from collections import Counter

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette

from registry.api.application import install
from registry.api.interactions import OFFERED, SHAPES, Shape, address, methods_of
from registry.metrics import Metrics
from registry.service import Registry

NAMED = {"id": "Smith9990000018", "version": "7", "file": "7"}


def _path(shape: Shape, resource_type: str) -> str:
    return shape.template.format(type=resource_type, **NAMED)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda one: one.template or "base")
def test_each_form_is_known_by_its_types_and_names_no_id(shape: Shape) -> None:
    for resource_type in OFFERED if "{type}" in shape.template else ("",):
        found = address(_path(shape, resource_type))
        assert found.shape is shape
        assert found.template == shape.template.replace("{type}", resource_type)
        for method, code in methods_of(shape, resource_type).items():
            match = found.asked(method)
            assert (match.code, match.resource_type) == (code, resource_type)
            assert match.resource_id == (NAMED["id"] if "{id}" in shape.template else "")


def test_a_type_that_is_not_offered_is_no_label() -> None:
    for shape in SHAPES:
        if "{type}" in shape.template:
            assert address(_path(shape, "Smith")).template is None


@given(st.text(max_size=60))
def test_a_label_is_one_of_few_whatever_the_address_is(path: str) -> None:
    known = {
        shape.template.replace("{type}", one) for shape in SHAPES for one in OFFERED
    }  # fmt: skip
    assert address(path).template in known | {None}


async def test_requests_are_counted_by_form_and_type_and_refused_as_fhir_does_it(
    registry: Registry,
) -> None:
    counted = CollectorRegistry()
    app = Starlette(routes=registry.routes)
    install(app, registry.tokens, Metrics(counted))
    made_up = "SMITH9990000018"
    expected = {
        ("GET", "/fhir/metadata"): ("GET", "/fhir/metadata", "200"),
        ("DELETE", "/fhir/metadata"): ("DELETE", "/fhir/metadata", "405"),
        (made_up, "/fhir/metadata"): ("other", "/fhir/metadata", "405"),
        ("GET", f"/fhir/Task/{made_up}"): ("GET", "/fhir/Task/{id}", "401"),
        ("GET", f"/fhir/Smith/{made_up}"): ("GET", "/fhir/{rest:path}", "404"),
        ("GET", f"/fhir/{made_up}/a/b/c/d"): ("GET", "/fhir/{rest:path}", "404"),
        ("GET", "/fhir"): ("GET", "/fhir", "405"),
    }
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://registry.example"
    ) as client:
        for method, path in expected:
            answer = await client.request(method, path)
            if answer.status_code >= 400:
                assert answer.json()["resourceType"] == "OperationOutcome", (method, path)
    counts = {
        tuple(sample.labels[name] for name in ("method", "route", "status")): sample.value
        for family in counted.collect()
        for sample in family.samples
        if sample.name == "registry_http_requests_total"
    }
    assert counts == Counter(expected.values())
