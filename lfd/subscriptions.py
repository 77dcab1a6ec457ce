"""The options that say whom a registry may send notifications to, and how."""

from __future__ import annotations

from argparse import Namespace
from datetime import timedelta

from lfd.failure import Failure
from registry.outgoing.address import AddressError, AllowedHosts
from registry.subscriptions.endpoints import EndpointRefused, Endpoints, networks
from registry.subscriptions.settings import SubscriptionSettings

ON_ONE_MACHINE = SubscriptionSettings(Endpoints(is_loopback_allowed=True))
"""Where all of it runs on one machine: whatever listens on it may be sent to, and nothing else."""


def subscription_settings(chosen: Namespace) -> SubscriptionSettings:
    """Takes a command's options; returns the settings. Failure: a host or network can't be
    read, or mailboxes are named and there is none of our own to send from."""
    try:
        hosts = AllowedHosts.of(chosen.subscription_hosts)
    except AddressError as error:
        raise Failure(f"--subscription-hosts: {error}") from error
    try:
        reached = networks(chosen.subscription_networks)
    except EndpointRefused as error:
        raise Failure(f"--subscription-networks: {error}") from error
    if chosen.subscription_mailboxes and chosen.mesh_mailbox is None:
        raise Failure("--subscription-mailboxes needs a mailbox to send from: --mesh-mailbox")
    return SubscriptionSettings(
        Endpoints(hosts, reached),
        retention=timedelta(days=chosen.subscription_days),
        patience=timedelta(hours=chosen.subscription_patience),
        mailboxes=tuple(chosen.subscription_mailboxes),
        workflow=chosen.subscription_workflow,
    )
