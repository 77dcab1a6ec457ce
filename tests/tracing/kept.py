"""Spans kept in memory, by OpenTelemetry's own tracer."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tracing import spans
from tracing.recording import Recording


@dataclass
class Kept:
    """What was made of spans so far."""

    exporter: InMemorySpanExporter

    @property
    def ended(self) -> tuple[ReadableSpan, ...]:
        """Those that ended, in that order."""
        return self.exporter.get_finished_spans()

    @property
    def names(self) -> list[str]:
        return [one.name for one in self.ended]

    def one(self, name: str) -> ReadableSpan:
        (found,) = [one for one in self.ended if one.name == name]
        return found

    def said(self, name: str) -> Mapping[str, Any]:
        return dict(self.one(name).attributes or {})


@contextmanager
def keeping() -> Generator[Kept]:
    """Has spans made and kept while the context lasts."""
    provider = TracerProvider(shutdown_on_exit=False)
    kept = Kept(InMemorySpanExporter())
    provider.add_span_processor(SimpleSpanProcessor(kept.exporter))
    spans.use(Recording(provider.get_tracer("test")))
    try:
        yield kept
    finally:
        spans.use(None)


def place(span: ReadableSpan) -> str:
    """A span's traceparent."""
    context = span.get_span_context()
    assert context is not None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-01"


def parent(span: ReadableSpan) -> str | None:
    """The traceparent of the span it follows from."""
    above = span.parent
    return None if above is None else f"00-{above.trace_id:032x}-{above.span_id:016x}-01"
