"""Messages that wait for a person: what is wrong with them, and how they go on their way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString

from psycopg import Connection
from psycopg.rows import class_row

from adapter.reason import Reason

SUMMARY: LiteralString = """
    id, organisation, control_id, trigger, received_at, state_since, releases,
    coalesce(reason_code, '') AS code, coalesce(reason_location, '') AS location,
    coalesce(reason_text, '') AS text
"""
"""The columns of `Quarantined`, as a row of the inbox has them."""
RELEASED: LiteralString = """
    state = 'received', state_since = clock_timestamp(), releases = releases + 1,
    corrected = coalesce(%s, corrected),
    reason_code = NULL, reason_location = NULL, reason_text = NULL
"""
"""What a release sets in the inbox; takes the message as it was mended, NULL where it was not."""
_LIST: LiteralString = f"""
    SELECT {SUMMARY} FROM adapter.inbox WHERE state = 'quarantined' AND id > %s
    ORDER BY id LIMIT %s
"""
_SHOW: LiteralString = f"""
    SELECT {SUMMARY}, raw, corrected FROM adapter.inbox WHERE state = 'quarantined' AND id = %s
"""
_RELEASE: LiteralString = f"""
    UPDATE adapter.inbox SET {RELEASED}
    WHERE state = 'quarantined' AND id = %s
    RETURNING id
"""


class NotQuarantined(LookupError):
    """There is no such message in quarantine; it may be released already."""


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A message in quarantine without its content; `releases` counts earlier attempts."""

    id: int
    organisation: str
    control_id: str
    trigger: str
    received_at: datetime
    state_since: datetime
    releases: int
    code: str
    location: str
    text: str

    @property
    def reason(self) -> Reason:
        """Why it is here."""
        return Reason(self.code, self.location, self.text)


@dataclass(frozen=True, slots=True)
class QuarantinedContent(Quarantined):
    """A message in quarantine, as received and as corrected. Both hold personal data."""

    raw: bytes
    corrected: bytes | None


def messages(connection: Connection[object], after: int = 0, limit: int = 100) -> list[Quarantined]:
    """Takes the last id already seen; returns the next messages in quarantine, oldest first."""
    with connection.cursor(row_factory=class_row(Quarantined)) as cursor:
        return cursor.execute(_LIST, [after, limit]).fetchall()


def show(connection: Connection[object], message_id: int) -> QuarantinedContent:
    """Takes an id; returns the message with its content. Raises NotQuarantined."""
    with connection.cursor(row_factory=class_row(QuarantinedContent)) as cursor:
        found = cursor.execute(_SHOW, [message_id]).fetchone()
    if found is None:
        raise NotQuarantined(message_id)
    return found


def release(
    connection: Connection[object], message_id: int, corrected: bytes | None = None
) -> None:
    """Takes an id and, where the message was mended, its new bytes; it is processed once more.

    What was received stays as it was received. Commits. Raises NotQuarantined.
    """
    with connection.transaction():
        if connection.execute(_RELEASE, [corrected, message_id]).fetchone() is None:
            raise NotQuarantined(message_id)
