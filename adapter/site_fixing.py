"""What a changed site file would make of the messages that wait: tried first, then applied.

The file counts for those messages only. What the adapter itself runs with is its operator's to
change; until then new messages of the same kind wait as these did.
"""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString

import orjson
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from adapter import feeds, rules
from adapter.conversion.segment_maps import SegmentMaps
from adapter.conversion.site_rows import SiteRows
from adapter.quarantine import QuarantinedContent
from adapter.reason import Reason
from adapter.senders import is_part_of
from adapter.treatment import CONVERTED, QUARANTINED, Treated
from adapter.treatment_process import TreatmentProcess
from mappings import Mappings, Site
from yaml_source import SourceError

Connection = AsyncConnection[TupleRow]

MOST = 500
"""So many messages are tried at once, the oldest first."""
SECONDS = 60.0
MOST_CHARACTERS = 48_000
_NOT_YOURS = Reason(
    "103",
    "MSH[1]-4",
    "With this site file the message would be another organisation's; it is not converted.",
)
_APPLY: LiteralString = """
    WITH fix AS (
        INSERT INTO adapter.site_fix (organisation, content, applied_by, released)
        VALUES (%(of)b, %(content)b, %(by)b, cardinality(%(ids)b::bigint[])) RETURNING id
    ), settled AS (
        UPDATE adapter.inbox SET
            state = new.state, state_since = clock_timestamp(), releases = inbox.releases + 1,
            site_fix = (SELECT id FROM fix),
            reason_code = NULL, reason_location = NULL, reason_text = NULL
        FROM unnest(%(ids)b::bigint[], %(states)b::text[], %(releases)b::integer[])
             AS new (id, state, releases)
        WHERE inbox.id = new.id AND inbox.state = 'quarantined'
          AND inbox.releases = new.releases
        RETURNING inbox.id
    ), sent AS (
        INSERT INTO adapter.outbox (inbox_id, bundle)
        SELECT id, bundle FROM unnest(%(ids)b::bigint[], %(bundles)b::bytea[]) AS new (id, bundle)
        WHERE bundle IS NOT NULL AND id IN (SELECT id FROM settled)
        ON CONFLICT (inbox_id) DO UPDATE SET bundle = excluded.bundle
    )
    SELECT count(*) FROM settled
"""


class CannotUseSite(ValueError):
    """The site file can't be used; str() says which line, and what was expected there."""


class BacklogChanged(Exception):
    """What waits, or what would become of it, is not what was tried; try again."""


@dataclass(frozen=True, slots=True)
class Tried:
    """One message, why it waits, and what the file would make of it. `resources` counts what would
    be sent, by type."""

    message: QuarantinedContent
    after: Treated
    resources: tuple[tuple[str, int], ...]

    @property
    def goes_on(self) -> bool:
        """True where it would not wait any more."""
        return self.after.state != QUARANTINED


@dataclass(frozen=True, slots=True)
class Trial:
    """What a site file would make of an organisation's backlog. `is_whole` is False where more
    waits than was tried."""

    content: str
    tried: tuple[Tried, ...]
    is_whole: bool

    @property
    def digest(self) -> str:
        """Names this very outcome: applying asks for it, so that nothing else is applied."""
        said = [
            [one.message.id, one.message.releases, one.after.state, _print_of(one.after.bundle)]
            for one in self.tried
        ]
        return hashlib.sha256(orjson.dumps([self.content, said])).hexdigest()


def read_site(content: str) -> Site:
    """Takes the text of a site file; returns the site. CannotUseSite: it is wrong, and where."""
    if len(content) > MOST_CHARACTERS:
        raise CannotUseSite(f"The site file is longer than {MOST_CHARACTERS} characters.")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "site.yaml"
        path.write_text(content, encoding="utf-8")
        try:
            site = Site.load(path)
            if site.z_maps:
                SiteRows(SegmentMaps(Mappings.load().for_site(site)), site)
        except SourceError as error:
            raise CannotUseSite(f"Line {error.line}: {error.expected}.") from error
    return site


async def trial(connection: Connection, organisation: str, content: str) -> Trial:
    """Takes an organisation and the text of a site file; returns what it would make of the
    organisation's backlog, and changes nothing. CannotUseSite: it is wrong, or takes too long."""
    site = await asyncio.to_thread(read_site, content)
    waiting = await feeds.contents(connection, organisation, 0, MOST + 1)
    if not waiting:
        return Trial(content, (), is_whole=True)
    aside = TreatmentProcess(rules.treatment(site))
    try:
        async with asyncio.timeout(SECONDS):
            texts = [one.raw if one.corrected is None else one.corrected for one in waiting[:MOST]]
            treated = await aside.treat(texts)
    except TimeoutError as error:
        raise CannotUseSite("The conversion takes too long with this site file.") from error
    finally:
        aside.close()
    tried = [
        _tried(one, _own(after, organisation))
        for one, after in zip(waiting[:MOST], treated, strict=True)
    ]
    return Trial(content, tuple(tried), len(waiting) <= MOST)


async def apply(
    connection: Connection, organisation: str, content: str, digest: str, by: str
) -> int:
    """Takes an organisation, a site file that was tried, the digest of what came of it, and who
    applies it; converts with it what goes on, and returns how many messages that were.
    BacklogChanged: something else would come of it now."""
    found = await trial(connection, organisation, content)
    going = [one for one in found.tried if one.goes_on]
    if found.digest != digest or not going:
        raise BacklogChanged
    values: dict[str, object] = {
        "of": organisation,
        "content": content,
        "by": by,
        "ids": [one.message.id for one in going],
        "states": [one.after.state for one in going],
        "releases": [one.message.releases for one in going],
        "bundles": [one.after.bundle for one in going],
    }
    row = await (await connection.execute(_APPLY, values)).fetchone()
    assert row is not None
    return int(row[0])


def _own(after: Treated, organisation: str) -> Treated:
    """A site file also says whose a message is: it must not make it another's."""
    if after.state == CONVERTED and not is_part_of(after.organisation, organisation):
        return Treated(QUARANTINED, None, _NOT_YOURS)
    return after


def _tried(message: QuarantinedContent, after: Treated) -> Tried:
    counted = Counter(str(one["resourceType"]) for one in _resources(after.bundle))
    return Tried(message, after, tuple(sorted(counted.items())))


def _print_of(bundle: bytes | None) -> str:
    """Names what would be sent, but for its moment of conversion."""
    said = [[one["resourceType"], one.get("id")] for one in _resources(bundle)]
    return hashlib.sha256(orjson.dumps(said)).hexdigest()


def _resources(bundle: bytes | None) -> list[dict[str, Any]]:
    return [entry["resource"] for entry in orjson.loads(bundle)["entry"]] if bundle else []
