"""What the adapter counts, in Prometheus' names and units; no label is about a person."""

from __future__ import annotations

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram

from adapter.unmapped_fields import UnmappedFields

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
# From a moment to a day: a registry may be away over a night.
_LAG = (
    0.05,
    0.1,
    0.25,
    0.5,
    1.0,
    2.0,
    5.0,
    10.0,
    30.0,
    60.0,
    300.0,
    900.0,
    3600.0,
    14400.0,
    86400.0,
)


class Metrics:
    """The adapter's metrics in one registry; make one per registry."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        self.messages = Counter(
            "adapter_messages",
            "Messages received, by the acknowledgement code decided for them",
            ["acknowledgement_code"],
            registry=registry,
        )
        self.connections = Gauge(
            "adapter_mllp_connections", "MLLP connections now open", registry=registry
        )
        self.connections_refused = Counter(
            "adapter_connections_refused",
            "Connections closed before a message, by the door (mllp, http) and the reason",
            ["door", "reason"],
            registry=registry,
        )
        self.messages_forbidden = Counter(
            "adapter_messages_forbidden",
            "Messages of an organisation that their sender may not speak for, by sender",
            ["sender"],
            registry=registry,
        )
        self.requests_unauthenticated = Counter(
            "adapter_http_unauthenticated_requests",
            "HTTP requests with a message and without a valid token or certificate",
            registry=registry,
        )
        self.security_reloads = Counter(
            "adapter_security_file_reloads",
            "Times that certificates and sender file were read anew, by outcome (used, kept-old)",
            ["outcome"],
            registry=registry,
        )
        self.certificate_expires = Gauge(
            "adapter_certificate_expiry_timestamp_seconds",
            "When the certificate in use ends, in seconds since 1970; 0 without TLS",
            registry=registry,
        )
        self.junk_bytes = Counter(
            "adapter_mllp_junk_bytes", "Bytes received outside MLLP blocks", registry=registry
        )
        self.commit_seconds = Histogram(
            "adapter_inbox_commit_seconds",
            "Time to commit one batch of messages",
            registry=registry,
            buckets=_SECONDS,
        )
        self.processed = Counter(
            "adapter_messages_processed",
            "Messages processed, by the state they came to",
            ["state"],
            registry=registry,
        )
        self.unmapped_fields = UnmappedFields(registry)
        self.inbox = Gauge(
            "adapter_inbox_messages",
            "Messages in the inbox that wait for processing or for a person",
            ["state"],
            registry=registry,
        )
        self.outbox = Gauge(
            "adapter_outbox_messages", "Messages not yet delivered", registry=registry
        )
        self.oldest_undelivered_seconds = Gauge(
            "adapter_oldest_undelivered_age_seconds",
            "Time since the oldest message not yet processed or delivered was received",
            registry=registry,
        )
        self.oldest_quarantined_seconds = Gauge(
            "adapter_oldest_quarantined_age_seconds",
            "Time since the oldest message that waits for a person was received",
            registry=registry,
        )
        self.receipt_to_delivery_seconds = Histogram(
            "adapter_receipt_to_delivery_seconds",
            "Time from the receipt of a message until the registry had it",
            registry=registry,
            buckets=_LAG,
        )
        self.database_reachable = Gauge(
            "adapter_database_reachable",
            "1 when the adapter's database answered the last look at it",
            registry=registry,
        )
        self.delivery_attempts = Counter(
            "adapter_delivery_attempts",
            "Attempts to deliver a message to the registry, by outcome",
            ["outcome"],
            registry=registry,
        )
        self.registry_reachable = Gauge(
            "adapter_registry_reachable",
            "1 when the last attempt to reach the registry was answered",
            registry=registry,
        )
