"""An exchange as its operators see it: log, request ids, readiness at its end, metrics, doctor."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from postgres.embedded import acquire
from tests.end_to_end.adt import new_nhs_number
from tests.end_to_end.exchange import PATIENCE, Exchange, free_port, lfd
from tests.end_to_end.telling import in_hospital, the_review

DRAIN_SECONDS = 3


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exchange]:
    """An exchange that logs all it may, with settings from a file."""
    folder = tmp_path_factory.mktemp("logged")
    config = folder / "lfd.toml"
    config.write_text(
        f'[up]\nlog-format = "json"\nlog-level = "info"\ndrain-seconds = {DRAIN_SECONDS}\n'
    )
    made = Exchange(folder / "data", ("--config", str(config)))
    made.start()
    made.load_directory()
    yield made
    if made.process is not None and made.process.poll() is None:
        made.stop()


def lines(exchange: Exchange) -> list[dict[str, Any]]:
    """The lines of the log; all but two lines for people are JSON."""
    return [json.loads(line) for line in exchange.log().splitlines() if line.startswith("{")]


def metric(exchange: Exchange, name: str) -> float:
    for line in httpx.get(f"{exchange.url}/metrics").text.splitlines():
        if line.startswith(f"{name} "):
            return float(line.split()[1])
    raise AssertionError(name)


def test_a_message_is_followed_by_its_request_id_and_its_person_is_not(logged: Exchange) -> None:
    number = new_nhs_number()
    assert [a.split("|")[1] for a in logged.send(*in_hospital(number))] == ["AA", "AA"]
    logged.wait_settled()
    the_review(logged, number)
    delivered = [one for one in lines(logged) if one["message"].startswith("delivered ")]
    assert len(delivered) == 2
    taken = {
        one["request_id"]: one["message"]
        for one in lines(logged)
        if "route=/fhir/$process-message" in one["message"]
    }
    for one in delivered:
        request_id = one["message"].split("request_id=")[1].split()[0]
        assert "status=200" in taken[request_id]
    searches = [one for one in lines(logged) if "route=/fhir/Task" in one["message"]]
    assert searches and all(one["request_id"] for one in searches)
    assert number not in logged.log()
    assert not [one for one in lines(logged) if "/readyz" in one["message"]]


def test_the_metrics_say_how_long_delivery_took_and_how_the_work_stands(logged: Exchange) -> None:
    assert metric(logged, "adapter_receipt_to_delivery_seconds_count") == 2
    assert 0 < metric(logged, "adapter_receipt_to_delivery_seconds_sum") < PATIENCE
    assert time.time() - metric(logged, "registry_standing_timestamp_seconds") < PATIENCE
    assert metric(logged, "adapter_database_reachable") == 1


def test_the_doctor_finds_a_running_exchange_well(logged: Exchange, tmp_path: Path) -> None:
    with acquire(logged.data) as lease:
        database = lease.server.url("lfd")
        words = ["--database", database, "--http", logged.http]
        registry = lfd("doctor", "registry", *words, "--public-url", logged.url, check=False)
        adapter = lfd(
            "doctor", "--json", "adapter", *words, "--mllp", logged.mllp,
            "--registry", logged.url, "--client", "adapter-of-lfd-up",
            "--key", str(logged.data / "keys" / "adapter.pem"), check=False,
        )  # fmt: skip
        stranger = lfd(
            "doctor", "--json", "adapter", "--database", database,
            "--http", f"127.0.0.1:{free_port()}", "--mllp", logged.mllp,
            "--registry", logged.url, "--client", "nobody",
            "--key", str(logged.data / "keys" / "adapter.pem"), check=False,
        )  # fmt: skip
    assert registry.returncode == 0, registry.stdout
    assert "OK   http: a process that is ready serves" in registry.stdout
    assert "OK   schema: registry is up to date" in registry.stdout
    assert "OK   public address: " in registry.stdout
    found = {one["check"]: one for one in map(json.loads, adapter.stdout.splitlines())}
    assert adapter.returncode == 0, adapter.stdout
    assert found["registry"]["level"] == found["access token"]["level"] == "OK"
    found = {one["check"]: one for one in map(json.loads, stranger.stdout.splitlines())}
    assert stranger.returncode == 1
    assert found["access token"]["level"] == "FAIL"
    assert "lfd client add" in found["access token"]["advice"]


def test_told_to_stop_it_is_not_ready_first_and_still_answers(logged: Exchange) -> None:
    """Must be the last: it stops the exchange."""
    assert logged.process is not None
    assert httpx.get(f"{logged.url}/readyz").json()["checks"]["not stopping"] is True
    logged.process.send_signal(signal.SIGTERM)
    until = time.monotonic() + DRAIN_SECONDS
    while (answer := httpx.get(f"{logged.url}/readyz")).status_code == 200:
        assert time.monotonic() < until
    assert answer.status_code == 503
    failing = [name for name, is_well in answer.json()["checks"].items() if not is_well]
    assert failing == ["not stopping"]
    # What comes while balancers find out is done like anything else.
    assert httpx.get(f"{logged.url}/healthz").status_code == 200
    acknowledged = logged.send(*in_hospital(new_nhs_number()))
    assert [a.split("|")[1] for a in acknowledged] == ["AA", "AA"]
    assert logged.process.wait(PATIENCE) == 0
    with pytest.raises(httpx.TransportError):
        httpx.get(f"{logged.url}/readyz")
