"""What becomes of one message: a Bundle to deliver, nothing to deliver, or a reason."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
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

TreatAll = Callable[[Sequence[bytes]], Awaitable[list[Treated]]]
"""Takes messages; returns what becomes of each, in order."""


def treat_each(treat: Treat, raws: Iterable[bytes]) -> list[Treated]:
    """Takes messages; returns what becomes of each. One that fails harms no other."""
    return [_safely(treat, raw) for raw in raws]


def in_turn(treat: Treat) -> TreatAll:
    """Takes what becomes of one message; returns what treats several in this process, and lets the
    event loop have its turn after each."""

    async def treat_all(raws: Sequence[bytes]) -> list[Treated]:
        treated: list[Treated] = []
        for raw in raws:
            await asyncio.sleep(0)
            treated.append(_safely(treat, raw))
        return treated

    return treat_all


def _safely(treat: Treat, raw: bytes) -> Treated:
    try:
        return treat(raw)
    except Exception as error:
        return unexpected(error)


def unexpected(error: Exception) -> Treated:
    """Takes an exception nobody foresaw; returns a quarantine that names only its type.

    Its text may hold what the message said about a person.
    """
    text = (
        f"The conversion failed on this message ({type(error).__name__}). It is a fault of the "
        "adapter: report it, then release the message when the adapter is mended."
    )
    return Treated(QUARANTINED, None, Reason("207", "", text))
