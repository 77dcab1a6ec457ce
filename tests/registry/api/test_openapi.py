"""The OpenAPI document, and the whole API under schemathesis, over a real socket."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any, cast

import httpx
import psycopg
import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from prometheus_client import CollectorRegistry
from schemathesis import GenerationMode
from schemathesis import checks as all_checks
from schemathesis.specs.openapi import checks as openapi_checks
from starlette.applications import Starlette

from registry.access.clients import Client
from registry.access.scopes import OF_ROLE
from registry.api.application import install
from registry.api.interactions import OFFERED, SHAPES, methods_of
from registry.directory import loading
from registry.metrics import Metrics
from registry.service import Registry
from registry.settings import RegistrySettings
from tests.end_to_end.exchange import free_port
from tests.registry.api.test_reviews import FHIR, IN_HOSPITAL
from tests.registry.core.stating import DIRECTORY, T1

EXAMPLES = 8
CHECKS: Any = [
    cast(Any, all_checks).not_a_server_error,
    cast(Any, openapi_checks).status_code_conformance,
    cast(Any, openapi_checks).content_type_conformance,
    cast(Any, openapi_checks).response_schema_conformance,
]


class Running(threading.Thread):
    """A registry over its own database, in a loop and on a socket of its own."""

    def __init__(self, database: str) -> None:
        super().__init__(daemon=True)
        self.base = f"http://127.0.0.1:{free_port()}"
        self.tokens: dict[str, str] = {}
        self.is_up = threading.Event()
        self._registry = Registry(RegistrySettings(database, self.base, allow_test_numbers=True))
        self._server: uvicorn.Server | None = None

    def run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        await self._registry.start()
        for role in ("provider", "adapter"):
            who = Client(f"{role}-{T1}", T1, role)
            self.tokens[role] = await self._registry.tokens.issue(who, OF_ROLE[role])
        app = Starlette(routes=self._registry.routes)
        install(app, self._registry.tokens, Metrics(CollectorRegistry()))
        port = int(self.base.rpartition(":")[2])
        config = uvicorn.Config(app, port=port, lifespan="off", log_level="warning")
        self._server = uvicorn.Server(config)
        self.is_up.set()
        await self._server.serve()
        await self._registry.stop()

    def stop(self) -> None:
        assert self._server is not None
        self._server.should_exit = True
        self.join(30)


@pytest.fixture
def running(database_url: str) -> Iterator[Running]:
    with psycopg.connect(database_url) as connection:
        loading.load(connection, DIRECTORY.values())
    thread = Running(database_url)
    thread.start()
    assert thread.is_up.wait(30)
    transport = httpx.HTTPTransport(retries=20)
    with httpx.Client(transport=transport, base_url=thread.base) as client:
        headers = {"Authorization": f"Bearer {thread.tokens['adapter']}", **FHIR}
        told = client.post("/fhir/$process-message", json=IN_HOSPITAL, headers=headers)
        assert told.status_code == 200, told.text
    yield thread
    thread.stop()


def test_the_document_names_every_address_and_method(running: Running) -> None:
    document = httpx.get(f"{running.base}/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    stated = {
        (path, method)
        for path, item in document["paths"].items()
        for method in item
        if method != "parameters"
    }
    offered = {
        ("/" + shape.template.replace("{type}", name), method.lower())
        for shape in SHAPES
        for name in (OFFERED if "{type}" in shape.template else ("",))
        for method in methods_of(shape, name)
    }
    assert stated == offered


@pytest.mark.timeout(600)
def test_whatever_is_sent_no_server_error_and_no_breach_of_the_document(running: Running) -> None:
    schema: Any = schemathesis.openapi.from_url(f"{running.base}/openapi.json")
    headers = {"Authorization": f"Bearer {running.tokens['provider']}"}
    tried: list[str] = []
    for result in schema.get_all_operations():
        operation = result.ok()
        tried.append(operation.label)
        for mode in GenerationMode:
            _try(operation, mode, headers)
    assert len(tried) > 80


def _try(operation: Any, mode: GenerationMode, headers: dict[str, str]) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=[
            HealthCheck.too_slow,
            HealthCheck.filter_too_much,
            HealthCheck.data_too_large,
        ],
    )
    @given(operation.as_strategy(generation_mode=mode))
    def answers_as_it_says(case: Any) -> None:
        answer = case.call(headers=headers)
        case.validate_response(answer, checks=CHECKS)

    try:
        answers_as_it_says()
    except Unsatisfiable:
        # An operation with nothing to vary has nothing to get wrong.
        assert mode is GenerationMode.NEGATIVE
