"""What the delivery of notifications needs to know."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from registry.subscriptions.endpoints import Endpoints

# What a notification is to MESH, where nothing else was agreed with the exchange.
WORKFLOW = "LFD_NOTIFICATION"


@dataclass(frozen=True, slots=True)
class SubscriptionSettings:
    """`endpoints` may be sent to, and `mailboxes` of MESH, in `workflow`; events are kept for
    `retention` to be asked for again; an endpoint that fails for `patience` puts its subscription
    in error; one process has at most `at_once` deliveries under way, and looks for work at least
    every `seconds`."""

    endpoints: Endpoints = field(default_factory=Endpoints)
    retention: timedelta = timedelta(days=30)
    patience: timedelta = timedelta(hours=24)
    at_once: int = 8
    mailboxes: tuple[str, ...] = ()
    workflow: str = WORKFLOW
    seconds: float = 1.0
