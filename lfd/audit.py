"""`lfd audit`: does the audit record hold, and what to keep elsewhere to know later."""

from __future__ import annotations

import asyncio
import sys
from argparse import Namespace

from lfd.failure import Failure
from lfd.place import database
from lfd.reading import read_text
from registry import audit_record
from registry import database as registry_database
from registry.audit.chain import Anchor, UnreadableAnchor, read_anchors
from registry.audit.verification import Verified

BROKEN = 2


def anchor(chosen: Namespace) -> int:
    """Takes the place; prints the end of each month's chain, a line each."""
    with database(chosen) as url:
        registry_database.prepare(url)
        ends = asyncio.run(audit_record.anchors(url))
    for end in ends:
        print(end)
    if not ends:
        print("nothing is on record yet", file=sys.stderr)
    return 0


def verify(chosen: Namespace) -> int:
    """Takes the place and a file of anchors; says that the record holds, or where it does not."""
    kept = _anchors(chosen)
    with database(chosen) as url:
        registry_database.prepare(url)
        found = asyncio.run(audit_record.verified(url, kept))
    for month, rows in sorted(found.linked.items()):
        print(f"{month:%Y-%m}: {rows} events linked")
    if found.waiting:
        print(f"{found.waiting} events wait to be linked")
    return _result(found, len(kept))


def run(chosen: Namespace) -> int:
    """Takes the command's options; does what its second word says."""
    return anchor(chosen) if chosen.action == "anchor" else verify(chosen)


def _anchors(chosen: Namespace) -> list[Anchor]:
    if chosen.anchors is None:
        return []
    try:
        return read_anchors(read_text(chosen.anchors))
    except UnreadableAnchor as error:
        raise Failure(f"{chosen.anchors}: {error}") from error


def _result(found: Verified, anchors: int) -> int:
    for broken in found.broken:
        print(f"BROKEN at {broken}")
    if not found.holds:
        return BROKEN
    said = f"{anchors} anchors say" if anchors > 1 else "1 anchor says"
    print("OK" + (f", and as {said}" if anchors else ""))
    return 0
