"""How a subscriber knows that a notification is ours: HMAC-SHA256 of the body, under a secret of
the subscription's own (docs/decisions/0011-signed-notifications.md)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, field

HEADER = "X-Signature"


@dataclass(frozen=True, slots=True)
class Signing:
    """Makes each subscription's secret from the database's own, so that none is stored."""

    key: bytes = field(repr=False)

    def secret(self, subscription_id: str) -> str:
        """Takes a subscription's id; returns its secret as it is told to the subscriber, once."""
        made = hmac.new(self.key, f"subscription {subscription_id}".encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(made.digest()).rstrip(b"=").decode()

    def signature(self, subscription_id: str, body: bytes) -> str:
        """Takes a subscription's id and the bytes that are sent; returns their signature in hex."""
        secret = self.secret(subscription_id).encode()
        return hmac.new(secret, body, hashlib.sha256).hexdigest()
