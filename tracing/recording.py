"""Spans as OpenTelemetry makes them. Imported only where traces are on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, SpanKind, TraceFlags
from opentelemetry.trace.status import Status, StatusCode

from tracing import place, said
from tracing.place import Place
from tracing.said import Said
from tracing.spans import Kind

_KINDS = {
    "server": SpanKind.SERVER,
    "client": SpanKind.CLIENT,
    "producer": SpanKind.PRODUCER,
    "consumer": SpanKind.CONSUMER,
    "internal": SpanKind.INTERNAL,
}
SERVER_ERROR = 500


class Recorded:
    """A span that is sent to the collector."""

    __slots__ = ("_span",)

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    @property
    def traceparent(self) -> str | None:
        """As every span."""
        context = self._span.get_span_context()
        if not context.is_valid:
            return None
        return str(Place(context.trace_id, context.span_id, context.trace_flags.sampled))

    def note(self, **noted: Unpack[Said]) -> None:
        """As every span."""
        self._span.set_attributes(said.attributes(noted))
        if noted.get("status", 0) >= SERVER_ERROR:
            self._span.set_status(Status(StatusCode.ERROR))

    def named(self, name: str) -> None:
        """As every span."""
        self._span.update_name(name)

    def failed(self, kind: str) -> None:
        """As every span. OpenTelemetry would keep the error's text and stack, which may quote what
        it failed on."""
        self._span.set_attribute("error.type", kind)
        self._span.set_status(Status(StatusCode.ERROR))

    def end(self) -> None:
        """As every span."""
        self._span.end()


class Recording:
    """Makes spans with a tracer of OpenTelemetry."""

    def __init__(self, tracer: trace.Tracer) -> None:
        self._tracer = tracer

    def begin(
        self, name: str, kind: Kind, parent: str | None, beside: Sequence[str] = ()
    ) -> Recorded:
        """As every tracer. A parent that is none begins a trace: whoever sent it does not matter
        so much that their message would be lost for it."""
        # Never from OpenTelemetry's own context: what this process works on, `spans` knows.
        above = _context(parent)
        within = Context()
        if above is not None:
            within = trace.set_span_in_context(NonRecordingSpan(above), within)
        links = [Link(one) for one in map(_context, beside) if one is not None]
        span = self._tracer.start_span(
            name,
            within,
            _KINDS[kind],
            links=links,
            record_exception=False,
            set_status_on_exception=False,
        )
        return Recorded(span)


def _context(written: str | None) -> SpanContext | None:
    found = place.read(written)
    if found is None:
        return None
    flags = TraceFlags(TraceFlags.SAMPLED if found.is_sampled else TraceFlags.DEFAULT)
    return SpanContext(found.trace_id, found.span_id, is_remote=True, trace_flags=flags)
