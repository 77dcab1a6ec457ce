"""What is counted of the national feed: events, readings and what waits; never by person."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge

from registry.national.event import Kind
from registry.national.judgement import Outcome
from registry.national.pointers import Standing

if TYPE_CHECKING:
    from registry.national.reception import Received


class NationalMetrics:
    """The feed's metrics in one Prometheus registry; make one per process."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        self._events = Counter(
            "registry_national_events",
            "National events that came, by way and what became of them",
            ["way", "became"],
            registry=registry,
        )
        self._readings = Counter(
            "registry_national_readings",
            "Readings of national services, by service and what came of them",
            ["service", "outcome"],
            registry=registry,
        )
        self._facts = Counter(
            "registry_national_facts",
            "Facts that readings brought, by service",
            ["service"],
            registry=registry,
        )
        self._waiting = Gauge(
            "registry_national_waiting",
            "People waiting to be read, by service",
            ["service"],
            registry=registry,
        )
        self._failing = Gauge(
            "registry_national_failing",
            "Of those waiting, whose last reading failed, by service",
            ["service"],
            registry=registry,
        )
        self._oldest = Gauge(
            "registry_national_oldest_seconds",
            "How long the one who waits longest has waited, by service",
            ["service"],
            registry=registry,
        )
        self._mailbox = Counter(
            "registry_national_mailbox",
            "Messages of the mailbox, by what became of them",
            ["became"],
            registry=registry,
        )
        self._cohort = Gauge(
            "registry_national_cohort",
            "People of the open cohort that are read without an event",
            registry=registry,
        )
        self._behind = Gauge(
            "registry_national_cohort_behind_seconds",
            "How far the readings of the open cohort are behind their time",
            registry=registry,
        )

    def count(self, way: str, received: Received) -> None:
        """Takes the way events came by, and what became of how many."""
        for became, number in asdict(received).items():
            if number:
                self._events.labels(way, became.replace("_", "-")).inc(number)

    def read(self, kind: Kind, outcome: Outcome) -> None:
        """Takes a service and what came of asking it."""
        self._readings.labels(kind, outcome).inc()

    def brought(self, kind: Kind) -> None:
        """Takes a service of which a reading became a fact."""
        self._facts.labels(kind).inc()

    def mailbox(self, became: str) -> None:
        """Takes what became of a message: `taken`, `refused` or `failed`."""
        self._mailbox.labels(became).inc()

    def show(self, standing: dict[Kind, Standing]) -> None:
        """Takes how the queues stand."""
        for kind, one in standing.items():
            self._waiting.labels(kind).set(one.waiting)
            self._failing.labels(kind).set(one.failing)
            self._oldest.labels(kind).set(one.oldest_seconds)

    def show_cohort(self, people: int, behind_seconds: float) -> None:
        """Takes how many people the cohort has, and how late the latest of them is."""
        self._cohort.set(people)
        self._behind.set(behind_seconds)
