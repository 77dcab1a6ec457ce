"""Traces, where a command is told of a collector."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def sent(chosen: Namespace, service: str) -> Generator[None]:
    """Takes the command's options and the name of the service; has its traces sent to the collector
    until the end, where one is named."""
    if chosen.traces is None:
        yield
        return
    # Only where it is asked for: OpenTelemetry is large, and most run without it.
    from tracing.sending import sent_to

    with sent_to(chosen.traces, service):
        yield
