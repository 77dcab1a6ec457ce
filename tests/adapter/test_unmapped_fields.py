"""What no mapping read is counted by sender and field, and nobody can make the labels grow."""

from __future__ import annotations

from prometheus_client import CollectorRegistry

from adapter import rules
from adapter.unmapped_fields import MOST_FIELDS, MOST_ORGANISATIONS, UnmappedFields
from mappings import Site


def total(samples: CollectorRegistry, organisation: str, field: str) -> float | None:
    labels = {"organisation": organisation, "field": field}
    return samples.get_sample_value("adapter_unmapped_fields_total", labels)


def test_counted_by_sender_and_field() -> None:
    samples = CollectorRegistry()
    counter = UnmappedFields(samples)
    counter.count("RXA", ["PID-17", "ZLW-3"])
    counter.count("RXA", ["PID-17"])
    counter.count("", ["PID-17"])
    assert total(samples, "RXA", "PID-17") == 2
    assert total(samples, "RXA", "ZLW-3") == 1
    assert total(samples, "unknown", "PID-17") == 1


def test_labels_are_bounded() -> None:
    samples = CollectorRegistry()
    counter = UnmappedFields(samples)
    counter.count("RXA", (f"Z{n:02X}-{n}" for n in range(MOST_FIELDS * 2)))
    for n in range(MOST_ORGANISATIONS * 2):
        counter.count(f"R{n}", ["PID-17"])
    assert total(samples, "RXA", "other") == MOST_FIELDS
    assert total(samples, "other", "PID-17") == MOST_ORGANISATIONS + 1
    (metric,) = (m for m in samples.collect() if m.name == "adapter_unmapped_fields")
    totals = [s for s in metric.samples if s.name.endswith("_total")]
    assert len(totals) <= (MOST_FIELDS + 1) + MOST_ORGANISATIONS


def test_a_treated_message_names_its_sender_and_fields() -> None:
    raw = b"MSH|^~\\&|PAS|RXA|||20260314||ADT^A01|1|P|2.4\rPID|1||1^^^RXA\rZLW|9\r"
    treated = rules.treatment(Site.default())(raw)
    assert (treated.organisation, treated.unmapped) == ("RXA", ("ZLW-1",))
