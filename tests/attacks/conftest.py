"""One running exchange for all attacks: whatever one of them does, the next finds it well."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.attacks.target import Target
from tests.end_to_end.adt import new_nhs_number
from tests.end_to_end.exchange import Exchange
from tests.end_to_end.telling import in_hospital


@pytest.fixture(scope="session")
def running_target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    exchange = Exchange(tmp_path_factory.mktemp("attacked") / "data")
    exchange.start()
    exchange.load_directory()
    number = new_nhs_number()
    answers = exchange.send(*in_hospital(number))
    assert [answer.split("|")[1] for answer in answers] == ["AA", "AA"]
    exchange.wait_settled()
    target = Target(exchange, number)
    with target.client("RT1") as client:
        (entry,) = client.get("/Task", params={"code": "case-record-review"}).json()["entry"]
    target.case = entry["resource"]
    yield target
    assert exchange.stop() == 0, exchange.log()


@pytest.fixture
def target(running_target: Target) -> Iterator[Target]:
    """The exchange, and the check that the test has left it well and the case as it was."""
    yield running_target
    assert running_target.is_well(), running_target.written()
    with running_target.client("RT1") as client:
        now = client.get(f"/Task/{running_target.case['id']}").json()
    assert now == running_target.case
    assert "Traceback" not in running_target.written()
