"""Other people's FHIR clients and suites against the running product: what
`python -m conformance.run` runs, each a case."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance.suites.every import EVERY
from conformance.suites.product import Product, running
from conformance.suites.suite import Suite, result_of

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with running(tmp_path_factory.mktemp("product")) as started:
        yield started


@pytest.mark.parametrize("suite", EVERY, ids=lambda suite: suite.name)
def test_it_finds_no_fault(suite: Suite, product: Product) -> None:
    result = result_of(suite, product)
    if result.skipped is not None:
        pytest.skip(result.skipped)
    assert len(result.cases) > len(result.left_out), "no case was run"
    assert {case.name: case.failed for case in result.failed} == {}
