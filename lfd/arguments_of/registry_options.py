"""What may be set for a registry: sign-in, limits, retention, national feed, subscriptions."""

from __future__ import annotations

import argparse
from pathlib import Path

from lfd.arguments_of.values import count_to


def jwks_hosts(command: argparse.ArgumentParser) -> None:
    """Adds --jwks-host: from whom others' public keys are fetched."""
    command.add_argument(
        "--jwks-host",
        metavar="HOST",
        nargs="+",
        action="extend",
        default=[],
        help="hosts (HOST or HOST:PORT) that others' public keys may be fetched from; none without",
    )


def retention(command: argparse.ArgumentParser) -> None:
    """Adds how long what may be needed of the living is held. None has a default here: without the
    option, what was last set holds."""
    options = {
        "--forget-allowance-days": ("DAYS", "how late news of a death may come; default: 335"),
        "--forget-evidence-years": ("YEARS", "how long evidence for a flag is held; default: 10"),
        "--forget-silence-years": (
            "YEARS",
            "how long a stay without an end is held after the last word on it; default: 10",
        ),
    }
    for option, (metavar, help_text) in options.items():
        command.add_argument(
            option,
            metavar=metavar,
            type=count_to(36_500 if metavar == "DAYS" else 100),
            help=f"{help_text}, or as it was last set",
        )


def replicas(command: argparse.ArgumentParser) -> None:
    """Adds the standbys that reads may be answered from."""
    command.add_argument(
        "--read-database",
        metavar="URL",
        help="servers of the same cluster, several hosts in one string, whose standbys answer "
        "reads and searches; a client sees its own writes all the same",
    )
    command.add_argument(
        "--read-lag-seconds",
        metavar="SECONDS",
        type=count_to(30),
        default=5,
        help="a standby whose state is older answers nothing; 2 to 30; default: %(default)s",
    )


def limits(command: argparse.ArgumentParser) -> None:
    """Adds how many requests are taken."""
    command.add_argument(
        "--client-rate",
        metavar="N",
        type=count_to(100_000),
        default=500,
        help="requests a second of one client, ten times as many at once; default: %(default)s",
    )
    command.add_argument(
        "--address-rate",
        metavar="N",
        type=count_to(100_000),
        default=10,
        help="requests a second for a token, or without a valid one, of one address, ten times as "
        "many at once; default: %(default)s",
    )


def sign_in(command: argparse.ArgumentParser) -> None:
    """Adds how people sign in to the console, and for how long."""
    command.add_argument(
        "--oidc-issuer",
        metavar="URL",
        help="the OpenID Connect provider that signs people in to the console",
    )
    command.add_argument("--oidc-client-id", metavar="ID", help="who the console is to it")
    files = {
        "--oidc-client-key": "the console's private key (PEM), for private_key_jwt",
        "--oidc-client-secret": "or the file that holds its client secret",
        "--oidc-roles": "the roles file (YAML): who may enter the console, and as what",
    }
    for option, help_text in files.items():
        command.add_argument(option, metavar="FILE", type=Path, help=help_text)
    command.add_argument(
        "--session-idle-minutes",
        metavar="MINUTES",
        type=count_to(240),
        default=30,
        help="how long a console session lives without a request; default: %(default)s",
    )
    command.add_argument(
        "--session-hours",
        metavar="HOURS",
        type=count_to(24),
        default=12,
        help="how long a console session lives at most; default: %(default)s",
    )


def national(command: argparse.ArgumentParser) -> None:
    """Adds the national feed."""
    group = command.add_argument_group(
        "national feed", "deaths and flags from national services (docs/national-feed.md)"
    )
    texts = {
        "--pds-url": ("URL", "FHIR base of the Personal Demographics Service; none without it"),
        "--pds-token-url": ("URL", "the address that gives access tokens for it"),
        "--pds-client": ("ID", "the application's API key"),
        "--pds-key-id": ("KID", "the kid of its public key, as registered"),
        "--pds-organisation": ("ODS", "the organisation it is read for"),
        "--flags-url": ("URL", "FHIR base of the patient-flags service"),
        "--mesh-url": ("URL", "the message exchange, where events come by a mailbox"),
        "--mesh-mailbox": ("ID", "the mailbox"),
    }
    for option, (metavar, help_text) in texts.items():
        group.add_argument(option, metavar=metavar, help=help_text)
    files = {
        "--pds-key": "the application's private key (RSA, PEM)",
        "--mesh-password": "the file that holds the mailbox's password",
        "--mesh-shared-key": "the file that holds the exchange's shared key",
        "--mesh-cert": "our client certificate for the exchange (PEM)",
        "--mesh-key": "its private key (PEM)",
        "--mesh-ca": "the authorities the exchange is known by (PEM)",
    }
    for option, help_text in files.items():
        group.add_argument(option, metavar="FILE", type=Path, help=help_text)
    group.add_argument(
        "--pds-rate",
        metavar="N",
        type=count_to(1000),
        default=5,
        help="readings of one service a second, of all registries together; default: %(default)s",
    )
    group.add_argument(
        "--pds-poll",
        choices=("daily", "sweep"),
        help="read people who left hospital lately without an event: every day for 31 days and "
        "then less often, or a few times, beside a subscription; never without it",
    )
    group.add_argument(
        "--mesh-seconds",
        metavar="SECONDS",
        type=count_to(86_400),
        default=60,
        help="seconds between two looks into the mailbox; default: %(default)s",
    )


def subscriptions(command: argparse.ArgumentParser) -> None:
    """Adds who may be told of changes."""
    group = command.add_argument_group(
        "subscriptions", "who may be told of changes, and how (docs/subscriptions.md)"
    )
    listed = {
        "--subscription-hosts": (
            "HOST",
            "hosts (HOST or HOST:PORT) that notifications may be sent to; none without",
        ),
        "--subscription-networks": (
            "NETWORK",
            "networks (like 10.0.0.0/8) in which these hosts may be though they are not public",
        ),
        "--subscription-mailboxes": (
            "ID",
            "MESH mailboxes that notifications may be sent to, from the mailbox of the national "
            "feed",
        ),
    }
    for option, (metavar, help_text) in listed.items():
        group.add_argument(
            option, metavar=metavar, nargs="+", action="extend", default=[], help=help_text
        )
    group.add_argument(
        "--subscription-workflow",
        metavar="ID",
        default="LFD_NOTIFICATION",
        help="the MESH workflow of notifications; default: %(default)s",
    )
    group.add_argument(
        "--subscription-days",
        metavar="DAYS",
        type=count_to(3650),
        default=30,
        help="how long events are kept to be sent, or asked for again; default: %(default)s",
    )
    group.add_argument(
        "--subscription-patience",
        metavar="HOURS",
        type=count_to(720),
        default=24,
        help="how long an endpoint may fail before its subscription is in error; default: "
        "%(default)s",
    )
