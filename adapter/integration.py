"""What a trust's integration team does with its own feed: looks, mends, releases.

Everything here is for one organisation and its sites, and refuses what is another's.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import LiteralString

from adapter import feeds, site_fixing
from adapter.database import connect
from adapter.feeds import Feed, Refused
from adapter.mending import mended
from adapter.quarantine import RELEASED, NotQuarantined, Quarantined, QuarantinedContent
from adapter.site_fixing import Trial

_APPLICATION = "adapter integration"
_RELEASE: LiteralString = f"""
    UPDATE adapter.inbox SET {RELEASED}
    WHERE state = 'quarantined' AND id = %s AND releases = %s
"""


def fingerprint(message: QuarantinedContent) -> str:
    """Takes a message; returns what names its text as it is now."""
    text = message.raw if message.corrected is None else message.corrected
    return hashlib.sha256(text).hexdigest()


class MessageChanged(Exception):
    """The message is not as it was shown: somebody mended it meanwhile."""


class Integration:
    """The feed of one adapter, in its database."""

    def __init__(self, database: str) -> None:
        self._database = database

    async def feeds(self, organisation: str, now: datetime) -> list[Feed]:
        """Takes an organisation and the time; returns its feeds, and those of its sites."""
        async with await connect(self._database, _APPLICATION) as connection:
            return await feeds.feeds(connection, organisation, now)

    async def refused(self, organisation: str) -> list[Refused]:
        """Takes an organisation; returns what others sent in its name."""
        async with await connect(self._database, _APPLICATION) as connection:
            return await feeds.refused(connection, organisation)

    async def quarantined(self, organisation: str, after: int, limit: int) -> list[Quarantined]:
        """Takes an organisation, the last id seen and how many; returns the next that wait."""
        async with await connect(self._database, _APPLICATION) as connection:
            return await feeds.quarantined(connection, organisation, after, limit)

    async def content(self, organisation: str, message_id: int) -> QuarantinedContent:
        """Takes an organisation and an id; returns the message. NotQuarantined: none of theirs."""
        async with await connect(self._database, _APPLICATION) as connection:
            return await feeds.content(connection, organisation, message_id)

    async def release(
        self, organisation: str, message_id: int, shown: str, text: str | None = None
    ) -> None:
        """Takes an organisation, an id, the fingerprint of what was shown, and the message as it
        was mended (None: as it is); it is processed once more. NotQuarantined: none of theirs;
        MessageChanged; CannotMend: the text can't take its place."""
        async with await connect(self._database, _APPLICATION) as connection:
            found = await feeds.content(connection, organisation, message_id)
            if fingerprint(found) != shown:
                raise MessageChanged
            corrected = None if text is None else mended(found.raw, text)
            done = await connection.execute(_RELEASE, [corrected, message_id, found.releases])
            if done.rowcount != 1:
                raise NotQuarantined(message_id)

    async def trial(self, organisation: str, content: str) -> Trial:
        """Takes an organisation and a site file; returns what it would make of what waits.
        CannotUseSite."""
        async with await connect(self._database, _APPLICATION) as connection:
            return await site_fixing.trial(connection, organisation, content)

    async def apply(self, organisation: str, content: str, digest: str, by: str) -> int:
        """Takes an organisation, a site file, the digest of its trial, and who applies it; returns
        how many messages went on. CannotUseSite; BacklogChanged."""
        async with await connect(self._database, _APPLICATION) as connection:
            return await site_fixing.apply(connection, organisation, content, digest, by)
