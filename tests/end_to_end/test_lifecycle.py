"""`lfd up` as an operator lives with it: stopped, killed, started again, and nothing lost."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from postgres.embedded import acquire
from tests.end_to_end.adt import Person, Stay, new_nhs_number
from tests.end_to_end.exchange import LFD, Exchange, free_port, lfd
from tests.end_to_end.telling import in_hospital, the_review


@contextmanager
def running(data: Path, *options: str) -> Generator[Exchange]:
    """An exchange of the test's own."""
    made = Exchange(data, options)
    made.start()
    try:
        yield made
    finally:
        if made.process is not None and made.process.poll() is None:
            made.stop()


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Exchange]:
    with running(tmp_path / "data") as made:
        yield made


def test_it_starts_again_on_the_same_data_after_kill_9(own: Exchange) -> None:
    own.load_directory()
    number = new_nhs_number()
    assert [a.split("|")[1] for a in own.send(*in_hospital(number))] == ["AA", "AA"]
    assert own.stop(signal.SIGKILL) == -signal.SIGKILL
    own.start()
    own.wait_settled()
    assert the_review(own, number)["status"] == "requested"
    assert own.stop() == 0
    own.start()
    assert the_review(own, number)["status"] == "requested"


def test_the_address_taken_is_said_in_one_line(own: Exchange, tmp_path: Path) -> None:
    done = lfd(
        "up", "--data", str(tmp_path / "other"), "--http", own.http,
        "--mllp", f"127.0.0.1:{free_port()}", check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith(f"lfd: cannot serve HTTP at {own.http}")
    assert done.stderr.count("\n") == 1
    done = lfd(
        "up", "--data", str(tmp_path / "other"), "--http", f"127.0.0.1:{free_port()}",
        "--mllp", own.mllp, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert f"cannot listen for MLLP at {own.mllp}" in done.stderr


def test_what_came_while_no_registry_was_there_is_delivered_when_one_comes(
    own: Exchange, tmp_path: Path
) -> None:
    """The adapter alone takes messages while no registry is there, and delivers when it comes."""
    own.load_directory()
    own.stop()
    key = own.data / "keys" / "adapter.pem"
    registry = f"127.0.0.1:{free_port()}"
    number = new_nhs_number()
    with acquire(own.data) as lease:
        url = lease.server.url("lfd")
        adapter = _background(
            "adapter", "--database", url, "--registry", f"http://{registry}",
            "--client", "adapter-of-lfd-up", "--key", str(key),
            "--mllp", own.mllp, "--http", own.http,
        )  # fmt: skip
        own.process = adapter
        own.wait_ready()
        assert [a.split("|")[1] for a in own.send(*in_hospital(number))] == ["AA", "AA"]
        second = _background(
            "registry", "--database", url, "--http", registry, "--allow-test-numbers"
        )
        own.wait_settled()
        adapter.send_signal(signal.SIGTERM)
        assert adapter.wait(30) == 0
        second.send_signal(signal.SIGTERM)
        assert second.wait(30) == 0
    own.start()
    assert the_review(own, number)["status"] == "requested"


def test_with_an_organisation_only_that_sender_is_taken(tmp_path: Path) -> None:
    number = new_nhs_number()
    ours, site, other = (Person(sender, number, "A1") for sender in ("RT1", "RT101", "RT2"))
    stay = Stay("V1", "20260105090000")
    with running(tmp_path / "data", "--organisation", "RT1") as own:
        answers = [
            own.send(who.message("A01", "20260105090000", stay=stay)) for who in (ours, site, other)
        ]
        assert [a[0].split("|")[1] for a in answers] == ["AA", "AA", "AR"]
        assert answers[2][1].startswith("ERR|")
        own.wait_settled()
        listed = lfd("quarantine", "list", "--data", str(own.data)).stdout
        assert listed == "nothing is in quarantine\n"
        assert own.rows("SELECT DISTINCT organisation FROM adapter.inbox") == [("RT1",)]
        assert own.rows("SELECT DISTINCT source FROM registry.statement") == [("RT1",)]


def test_the_probes_and_metrics_answer_without_a_token(exchange: Exchange) -> None:
    for path in ("healthz", "readyz", "metrics"):
        assert httpx.get(f"{exchange.url}/{path}").status_code == 200
    counted = httpx.get(f"{exchange.url}/metrics").text
    assert "adapter_messages_total" in counted
    assert 'registry_http_requests_total{method="GET",route="/readyz",status="200"}' in counted


def _background(*words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([*LFD, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
