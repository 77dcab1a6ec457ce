"""What the pages need of the adapter whose feed they show; `adapter.integration` is one."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from adapter.feeds import Feed, Refused
from adapter.quarantine import Quarantined, QuarantinedContent
from adapter.site_fixing import Trial


class Inbox(Protocol):
    """One adapter's messages, for one organisation at a time and never for another."""

    async def feeds(self, organisation: str, now: datetime) -> list[Feed]:
        """Takes an organisation and the time; returns its feeds, and those of its sites."""
        ...

    async def refused(self, organisation: str) -> list[Refused]:
        """Takes an organisation; returns what others sent in its name."""
        ...

    async def quarantined(self, organisation: str, after: int, limit: int) -> list[Quarantined]:
        """Takes an organisation, the last id seen and how many; returns the next that wait."""
        ...

    async def content(self, organisation: str, message_id: int) -> QuarantinedContent:
        """Takes an organisation and an id; returns the message. NotQuarantined."""
        ...

    async def release(
        self, organisation: str, message_id: int, shown: str, text: str | None = None
    ) -> None:
        """Takes an organisation, an id, the fingerprint of what was shown, and the mended message;
        has it processed again. NotQuarantined; MessageChanged; CannotMend."""
        ...

    async def trial(self, organisation: str, content: str) -> Trial:
        """Takes an organisation and a site file; returns what it would make of what waits.
        CannotUseSite."""
        ...

    async def apply(self, organisation: str, content: str, digest: str, by: str) -> int:
        """Takes an organisation, a site file, the digest of its trial, and who applies it; returns
        how many messages went on. CannotUseSite; BacklogChanged."""
        ...
