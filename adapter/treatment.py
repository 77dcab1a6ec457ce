"""What becomes of one message: a Bundle to deliver, nothing to deliver, or a reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from adapter.reason import Reason

CONVERTED = "converted"
NOT_RELEVANT = "not-relevant"
QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class Treated:
    """The state the message comes to, the Bundle as JSON if there is one, and what is wrong.

    `unmapped` names the fields with a value that no mapping read, `organisation` their sender.
    """

    state: str
    bundle: bytes | None = None
    reason: Reason | None = None
    organisation: str = ""
    unmapped: tuple[str, ...] = ()


Treat = Callable[[bytes], Treated]
"""Takes a message; returns what becomes of it."""


def unexpected(error: Exception) -> Treated:
    """Takes an exception nobody foresaw; returns a quarantine that names only its type.

    Its text may hold what the message said about a person.
    """
    text = (
        f"The conversion failed on this message ({type(error).__name__}). It is a fault of the "
        "adapter: report it, then release the message when the adapter is mended."
    )
    return Treated(QUARANTINED, None, Reason("207", "", text))
