"""What is agreed with national services: `lfd national`."""

from __future__ import annotations

import argparse
from pathlib import Path

from lfd.arguments_of.declaring import Commands, add_command, add_group

EVENTS = (
    "pds-death-notification-2",
    "nhs-number-change-2",
    "pds-record-change-2",
    "patientflags-change-1",
)
_OF_APPLICATION = (
    "      --events-url https://api.service.nhs.uk/multicast-notification-service \\\n"
    "      --pds-token-url https://api.service.nhs.uk/oauth2/token \\\n"
    "      --pds-client API-KEY --pds-key pds.pem --pds-key-id registry-1"
)


def national(commands: Commands) -> None:
    """Adds `lfd national` and its commands."""
    actions = add_group(
        commands, "national", "Subscriptions at the national event service (docs/national-feed.md)."
    )
    subscribe = add_command(
        actions,
        "subscribe",
        "national_events",
        "have national events sent to our mailbox",
        "Subscribes to one type of event at the national event service, for the mailbox that\n"
        "registries look into (--mesh-mailbox). It is an agreement: be admitted to it first.",
        "  lfd national subscribe pds-death-notification-2 --mailbox X26OT001 \\\n"
        f"      --workflow LFD_EVENTS \\\n{_OF_APPLICATION}",
    )
    subscribe.add_argument("event", metavar="EVENT", choices=EVENTS, help=", ".join(EVENTS))
    subscribe.add_argument(
        "--mailbox", metavar="ID", required=True, help="the MESH mailbox they come to"
    )
    subscribe.add_argument(
        "--workflow", metavar="ID", required=True, help="the MESH workflow they come under"
    )
    subscribe.add_argument(
        "--reason",
        metavar="TEXT",
        default="Learning from Deaths: reviews of deaths in care and after it",
        help="why they are wanted, for the service's team; default: %(default)s",
    )
    listing = add_command(
        actions,
        "list",
        "national_events",
        "what we are subscribed to",
        "Lists the application's subscriptions: id, status, criteria and endpoint.",
        f"  lfd national list \\\n{_OF_APPLICATION}",
    )
    remove = add_command(
        actions,
        "remove",
        "national_events",
        "end a subscription",
        "Removes a subscription. Events that wait in the mailbox stay there.",
        "  lfd national remove e9050741-ae87-4720-beb1-2abd9248e227 \\\n" + _OF_APPLICATION,
    )
    remove.add_argument("id", metavar="ID", help="its id, as the list gives it")
    for name, action in (("subscribe", subscribe), ("list", listing), ("remove", remove)):
        action.set_defaults(action=name)
        _application(action)


def _application(command: argparse.ArgumentParser) -> None:
    """The same names as the registry's options: it is the same application."""
    group = command.add_argument_group("the application", "as for `lfd registry`")
    texts = {
        "--events-url": ("URL", "the national event service"),
        "--pds-token-url": ("URL", "the address that gives access tokens"),
        "--pds-client": ("ID", "the application's API key"),
        "--pds-key-id": ("KID", "the kid of its public key, as registered"),
    }
    for option, (metavar, help_text) in texts.items():
        group.add_argument(option, metavar=metavar, required=True, help=help_text)
    group.add_argument(
        "--pds-key",
        metavar="FILE",
        type=Path,
        required=True,
        help="the application's private key (RSA, PEM)",
    )
