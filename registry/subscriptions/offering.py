"""What the API's interactions with subscriptions work with."""

from __future__ import annotations

from dataclasses import dataclass

from registry.subscriptions.channel import Channels
from registry.subscriptions.signing import Signing


@dataclass(frozen=True, slots=True)
class Offering:
    """The channels there are, and the maker of secrets."""

    channels: Channels
    signing: Signing
