"""The demo's one console shows each trust its own adapter's feed, though each has its database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from psycopg.conninfo import make_conninfo

from adapter.feeds import Feed, Refused
from adapter.integration import Integration
from adapter.quarantine import NotQuarantined, Quarantined, QuarantinedContent
from adapter.site_fixing import BacklogChanged, Trial, read_site


class FeedOfEach:
    """The feeds of several adapters, each asked for its own organisation alone. Whoever has none
    has no message."""

    def __init__(self, adapters: Mapping[str, Integration]) -> None:
        self._adapters = adapters

    @classmethod
    def on_server(cls, database: str, names: Mapping[str, str]) -> FeedOfEach:
        """Takes the address of any database of the server, and the names of the adapters' own by
        organisation; returns their feeds."""
        return cls(
            {of: Integration(make_conninfo(database, dbname=name)) for of, name in names.items()}
        )

    async def feeds(self, organisation: str, now: datetime) -> list[Feed]:
        """As `Integration.feeds`."""
        own = self._adapters.get(organisation)
        return await own.feeds(organisation, now) if own else []

    async def refused(self, organisation: str) -> list[Refused]:
        """As `Integration.refused`."""
        own = self._adapters.get(organisation)
        return await own.refused(organisation) if own else []

    async def quarantined(self, organisation: str, after: int, limit: int) -> list[Quarantined]:
        """As `Integration.quarantined`."""
        own = self._adapters.get(organisation)
        return await own.quarantined(organisation, after, limit) if own else []

    async def content(self, organisation: str, message_id: int) -> QuarantinedContent:
        """As `Integration.content`."""
        return await self._own(organisation, message_id).content(organisation, message_id)

    async def release(
        self, organisation: str, message_id: int, shown: str, text: str | None = None
    ) -> None:
        """As `Integration.release`."""
        own = self._own(organisation, message_id)
        await own.release(organisation, message_id, shown, text)

    async def trial(self, organisation: str, content: str) -> Trial:
        """As `Integration.trial`."""
        own = self._adapters.get(organisation)
        if own is None:
            read_site(content)
            return Trial(content, (), is_whole=True)
        return await own.trial(organisation, content)

    async def apply(self, organisation: str, content: str, digest: str, by: str) -> int:
        """As `Integration.apply`."""
        own = self._adapters.get(organisation)
        if own is None:
            raise BacklogChanged
        return await own.apply(organisation, content, digest, by)

    def _own(self, organisation: str, message_id: int) -> Integration:
        own = self._adapters.get(organisation)
        if own is None:
            raise NotQuarantined(message_id)
        return own
