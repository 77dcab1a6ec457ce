"""Other people's FHIR clients and suites against the running product: what
`python -m conformance.run` runs, each a case."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import pytest

from conformance.guide import examples
from conformance.guide.archive import file_name
from conformance.suites.every import EVERY
from conformance.suites.product import Product, running
from conformance.suites.suite import Suite, result_of

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with running(tmp_path_factory.mktemp("product")) as started:
        yield started


def places(value: object, above: str = "") -> Iterator[str]:
    """The elements of a resource, such as .name.family, without the numbers in lists."""
    match value:
        case dict():
            for name, part in cast(dict[str, Any], value).items():
                yield from places(part, f"{above}.{name}")
        case list():
            for part in cast(list[Any], value):
                yield from places(part, above)
        case _:
            yield above


def test_the_examples_of_the_guide_are_what_a_run_gives(product: Product) -> None:
    def shapes(of: list[dict[str, Any]]) -> dict[str, set[str]]:
        return {file_name(one): set(places(one)) for one in of}

    assert shapes(examples.load()) == shapes(examples.taken(product)), (
        "run python -m conformance.guide.examples"
    )


@pytest.mark.parametrize("suite", EVERY, ids=lambda suite: suite.name)
def test_it_finds_no_fault(suite: Suite, product: Product) -> None:
    result = result_of(suite, product)
    if result.skipped is not None:
        pytest.skip(result.skipped)
    assert len(result.cases) > len(result.left_out), "no case was run"
    assert {case.name: case.failed for case in result.failed} == {}
