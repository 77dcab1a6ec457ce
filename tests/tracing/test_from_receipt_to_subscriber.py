"""One trace from the receipt of a message to its subscriber: through processes, rows of their
database, a network that was cut and an adapter that was killed."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from pathlib import Path

import psycopg
import pytest

from tests.end_to_end.adt import new_nhs_number
from tests.end_to_end.telling import in_hospital
from tests.faults.area import Area, running
from tests.tracing.collector import Collector, Span, collecting

# From the door to the subscriber, each below the one before it, but for the commit.
WAY = (
    ("lfd-adapter", "adapter receipt"),
    ("lfd-adapter", "adapter conversion"),
    ("lfd-adapter", "adapter delivery"),
    ("lfd-registry", "POST /fhir/$process-message"),
    ("lfd-registry", "registry transaction"),
    ("lfd-registry", "registry notification"),
)


@pytest.fixture
def collector() -> Generator[Collector]:
    with collecting() as made:
        yield made


def rows(area: Area, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(area.database.url) as connection:
        return connection.execute(query.encode()).fetchall()


def above(span: Span, spans: list[Span]) -> list[tuple[str, str]]:
    """A span's way from the root down to itself."""
    by_id = {one.id: one for one in spans}
    way = [span]
    while way[-1].parent:
        way.append(by_id[way[-1].parent])
    return [(one.service, one.name) for one in reversed(way)]


@pytest.mark.timeout(300)
async def test_one_trace(tmp_path: Path, collector: Collector) -> None:
    environment = {"LFD_TRACES": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "50"}
    number = new_nhs_number()
    environments = {"adapter": environment, "registry": environment}
    async with running(tmp_path / "area", 1, environments) as area:
        area.to_registry.cut()
        await area.sender.put(in_hospital(number))
        await area.sender.all_acknowledged()
        await asyncio.to_thread(
            collector.until, lambda: len(collector.named("adapter conversion")) == 2
        )
        # What is to be delivered is in the database alone, and its place in the trace with it.
        assert await area.adapter.kill()
        area.to_registry.mend()
        await area.receiver.until(lambda: bool(area.receiver.of("event-notification")))
        (told, *_) = area.receiver.of("event-notification")
        version, trace, sender, flags = told.headers["traceparent"].split("-")
        assert (version, flags) == ("00", "01")
        await asyncio.to_thread(
            collector.until, lambda: any(s.id == sender for s in collector.spans)
        )
        await asyncio.to_thread(
            collector.until,
            lambda: {name for _, name in WAY} <= {span.name for span in collector.of(trace)},
        )
        stored = await asyncio.to_thread(
            rows, area, "SELECT traceparent FROM adapter.inbox WHERE traceparent IS NOT NULL"
        )
    spans = collector.of(trace)
    (notification,) = [span for span in spans if span.id == sender]
    assert tuple(above(notification, spans)) == WAY
    assert [span.name for span in spans if not span.parent] == ["adapter receipt"]
    assert {"adapter inbox commit", "registry matching"} <= {span.name for span in spans}
    by_name = {span.name: span for span in spans if not span.is_error}
    assert by_name["adapter receipt"].said == {
        "hl7.acknowledgement_code": "AA", "hl7.trigger": "A03", "lfd.organisation": "RT1",
    }  # fmt: skip
    assert by_name["adapter conversion"].said["lfd.state"] == "converted"
    assert by_name["adapter delivery"].said["http.response.status_code"] == 200
    request = by_name["POST /fhir/$process-message"]
    assert request.said["lfd.request_id"] == by_name["adapter delivery"].said["lfd.request_id"]
    assert request.said["lfd.request_id"] == told.headers["x-correlation-id"]
    assert by_name["registry matching"].said == {"lfd.subscriptions": 1}
    assert notification.said["lfd.organisation"] == "RT1"
    assert len(stored) == 2
    everything = "".join(collector.texts)
    assert number not in everything
    assert f"A{number}" not in everything
    # Each message has its own.
    assert len({span.trace for span in collector.named("adapter receipt")}) == 2
