"""Sending: a collector gets what was made, and one that does not take it harms nothing."""

from __future__ import annotations

import logging
import socket
from collections.abc import Generator
from contextlib import contextmanager

import pytest

from tests.end_to_end.exchange import free_port
from tests.tracing.collector import collecting
from tracing import spans
from tracing.sending import Seldom, sent_to

# More than wait for a collector at most, several times over.
MANY = 10_000


def test_what_was_made_is_at_the_collector_when_it_ends() -> None:
    with collecting() as collector:
        with sent_to(f"{collector.url}/", "lfd-test"):
            assert spans.are_on()
            for _ in range(3):
                with spans.begun("in", "server") as span:
                    span.note(trigger="A03")
        assert not spans.are_on()
    assert [one.name for one in collector.spans] == ["in"] * 3
    assert {one.service for one in collector.spans} == {"lfd-test"}
    assert len({one.trace for one in collector.spans}) == 3
    assert all(text.startswith("/v1/traces ") for text in collector.texts)


@contextmanager
def _silent() -> Generator[str]:
    """Takes connections, and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@contextmanager
def _nobody() -> Generator[str]:
    yield f"http://127.0.0.1:{free_port()}"


@pytest.mark.parametrize("collector", [_nobody, _silent])
@pytest.mark.timeout(60)
def test_a_collector_that_does_not_take_them_is_not_waited_for_and_named_once(
    collector: type, caplog: pytest.LogCaptureFixture
) -> None:
    with collector() as url, sent_to(url, "lfd-test"):
        for _ in range(MANY):
            with spans.begun("in", "server"):
                pass
    said = [one for one in caplog.records if one.levelno >= logging.WARNING]
    assert [one.name for one in said] == ["tracing.sending"]
    assert "--traces" in said[0].getMessage()


def test_complaints_are_passed_on_seldom(caplog: pytest.LogCaptureFixture) -> None:
    def complaint(level: int) -> logging.LogRecord:
        return logging.LogRecord("x", level, "x.py", 1, "Queue full, dropping %s.", ("Span",), None)

    seldom, often = Seldom(), Seldom(every=0)
    assert not any(seldom.filter(complaint(logging.INFO)) for _ in range(3))
    assert caplog.records == []
    assert not any(seldom.filter(complaint(logging.WARNING)) for _ in range(3))
    assert [one.getMessage().partition(": ")[2] for one in caplog.records] == [
        "Queue full, dropping Span."
    ]
    assert not any(often.filter(complaint(logging.ERROR)) for _ in range(3))
    assert len(caplog.records) == 4
