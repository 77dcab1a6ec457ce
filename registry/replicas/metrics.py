"""What is counted of reads from standbys, by the standby's host and port."""

from __future__ import annotations

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge

# Why a read that a standby may answer was answered by the primary.
REASONS = ("none-in-use", "behind", "failed")


class ReplicaMetrics:
    """The metrics of one process; make one per Prometheus registry."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        self.reads = Counter(
            "registry_replica_reads",
            "Reads and searches that a standby answered",
            ["replica"],
            registry=registry,
        )
        self.primary_reads = Counter(
            "registry_replica_reads_by_primary",
            "Reads and searches that the primary answered in its place, by the reason",
            ["reason"],
            registry=registry,
        )
        self.is_in_use = Gauge(
            "registry_replica_in_use",
            "1 where reads go to the standby; 0 where it is away, too far behind or the primary",
            ["replica"],
            registry=registry,
        )
        self.lag = Gauge(
            "registry_replica_lag_seconds",
            "Age of the state that the standby shows; infinite where it is not known",
            ["replica"],
            registry=registry,
        )
        for reason in REASONS:
            self.primary_reads.labels(reason)
