"""Why an access token opens nothing."""

from __future__ import annotations

from typing import Literal


class InvalidToken(Exception):
    """The token is not one that is trusted here (`invalid`) or no longer good (`expired`)."""

    def __init__(self, why: Literal["invalid", "expired"]) -> None:
        super().__init__(why)
        self.why: Literal["invalid", "expired"] = why


class NotAdmitted(Exception):
    """The token is good, but does not say, or not so that we understand it, for whom its client
    acts; str() names what is missing, and nothing of what the token holds."""


class IssuerUnavailable(Exception):
    """The token can't be judged now: the keys of its issuer can't be had."""
