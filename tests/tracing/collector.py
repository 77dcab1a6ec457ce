"""A collector: takes OTLP over HTTP as any does, and keeps what it was sent."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import KeyValue

PATIENCE = 60.0


@dataclass(frozen=True)
class Span:
    """A span as it came, with the name of its service."""

    service: str
    trace: str
    id: str
    parent: str
    name: str
    said: dict[str, str | int]
    beside: tuple[str, ...] = ()
    is_error: bool = False


@dataclass
class Collector:
    """What came, and where to send it."""

    url: str = ""
    spans: list[Span] = field(default_factory=list[Span])
    texts: list[str] = field(default_factory=list[str])
    changed: threading.Condition = field(default_factory=threading.Condition)

    def take(self, path: str, body: bytes) -> None:
        """Takes one request as it came."""
        request = ExportTraceServiceRequest.FromString(body)
        with self.changed:
            # All of it as text, whatever field it stands in.
            self.texts.append(f"{path} {request}")
            for of_service in request.resource_spans:
                about = _said(of_service.resource.attributes)
                for scope in of_service.scope_spans:
                    self.spans += [
                        Span(
                            str(about["service.name"]),
                            one.trace_id.hex(),
                            one.span_id.hex(),
                            one.parent_span_id.hex(),
                            one.name,
                            _said(one.attributes),
                            tuple(link.trace_id.hex() for link in one.links),
                            one.status.code == one.status.STATUS_CODE_ERROR,
                        )
                        for one in scope.spans
                    ]
            self.changed.notify_all()

    def until(self, holds: Callable[[], bool]) -> None:
        """Waits until something holds of what came."""
        with self.changed:
            assert self.changed.wait_for(holds, PATIENCE), sorted({s.name for s in self.spans})

    def of(self, trace: str) -> list[Span]:
        """The spans of a trace."""
        return [one for one in self.spans if one.trace == trace]

    def named(self, name: str) -> list[Span]:
        """The spans of a name."""
        return [one for one in self.spans if one.name == name]


def _said(attributes: object) -> dict[str, str | int]:
    found: dict[str, str | int] = {}
    for one in attributes:  # pyright: ignore[reportGeneralTypeIssues,reportUnknownVariableType] - protobuf's repeated fields have no public type
        assert isinstance(one, KeyValue)
        kind = one.value.WhichOneof("value")
        found[one.key] = one.value.int_value if kind == "int_value" else one.value.string_value
    return found


@contextmanager
def collecting() -> Generator[Collector]:
    """A collector that takes spans while the context lasts."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            collector.take(self.path, self.rfile.read(int(self.headers["Content-Length"])))
            answer = ExportTraceServiceResponse().SerializeToString()
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    collector.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
