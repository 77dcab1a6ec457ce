"""Sends spans to a collector by OTLP over HTTP, beside the work and never in its way.

Source: OpenTelemetry Protocol 1.x, OTLP/HTTP with binary protobuf. Whatever the collector does,
nothing waits for it: spans wait in memory, up to a number, and those beyond it are lost.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Generator
from contextlib import contextmanager
from threading import Thread

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from tracing import spans
from tracing.recording import Recording

PATH = "/v1/traces"
SAY_EVERY = 300.0
_REQUEST_SECONDS = 5.0
_STOP_SECONDS = 3.0
# Where OpenTelemetry says that spans are not taken, and that too many wait.
_LOGGERS = (OTLPSpanExporter.__module__, "opentelemetry.sdk._shared_internal")

_log = logging.getLogger(__name__)


@contextmanager
def sent_to(collector: str, service: str) -> Generator[None]:
    """Takes the address of a collector (`http://collector:4318`) and the name of this service; has
    spans made and sent there until the end, which waits three seconds for the last of them."""
    exporter = OTLPSpanExporter(collector.rstrip("/") + PATH, timeout=_REQUEST_SECONDS)
    provider = TracerProvider(
        resource=Resource.create({SERVICE_NAME: service}), shutdown_on_exit=False
    )
    provider.add_span_processor(BatchSpanProcessor(exporter))
    _SELDOM.begin()
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_SELDOM)
    spans.use(Recording(provider.get_tracer("lfd")))
    try:
        yield
    finally:
        spans.use(None)
        # OpenTelemetry's own end waits for half a minute.
        ending = Thread(target=provider.shutdown, daemon=True)
        ending.start()
        ending.join(_STOP_SECONDS)
        # What it still has to say comes from a thread that ends with the process.
        _SELDOM.end()


class Seldom(logging.Filter):
    """Says of OpenTelemetry's complaints the first, and one in five minutes of those that follow,
    in our words and with theirs."""

    def __init__(self, every: float = SAY_EVERY) -> None:
        """Takes how many seconds to be silent after each."""
        super().__init__()
        self._every = every
        self._silent_until = 0.0

    def begin(self) -> None:
        """Says the next complaint."""
        self._silent_until = 0.0

    def end(self) -> None:
        """Says none any more."""
        self._silent_until = math.inf

    def filter(self, record: logging.LogRecord) -> bool:
        """Takes a complaint; keeps it from the log, and says now and then what it was."""
        now = time.monotonic()
        if record.levelno >= logging.WARNING and now >= self._silent_until:
            self._silent_until = now + self._every
            _log.warning(
                "traces are not sent, and lost where too many wait; look at --traces and at the "
                "collector: %s",
                record.getMessage(),
            )
        return False


_SELDOM = Seldom()
