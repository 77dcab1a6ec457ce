"""The trigger event of a message, however loosely the sender writes it."""

from __future__ import annotations

from functools import lru_cache

from adapter.er7 import Message
from mappings import Event
from mappings.events import load_events
from mappings.maps import FOLDER


def message_type(message: Message) -> str:
    """Takes a message; returns MSH-9.1 in capitals, ADT for what we convert."""
    return message.header.text(9).upper()


def trigger(message: Message) -> str:
    """Takes a message; returns its event code in capitals, '' where nothing names it.

    MSH-9.2 decides; EVN-1 (all there was before v2.3) only where it is empty.
    """
    written = message.header.text(9, 2)
    if not written and (event := message.first("EVN")):
        written = event.text(1)
    return written.upper()


@lru_cache(maxsize=1)
def events() -> dict[str, Event]:
    """The trigger events by code, read once."""
    return load_events(FOLDER / "events.yaml")
