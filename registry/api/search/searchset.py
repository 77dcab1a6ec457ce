"""The Bundle that a search is answered with; stored JSON goes into it as it is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import orjson

from registry.api.outcomes import Issue, outcome_of


@dataclass(frozen=True, slots=True)
class Entry:
    """A resource's address, its JSON, and whether it was searched for or brought along."""

    url: str
    content: bytes
    mode: str = "match"


@dataclass
class Searchset:
    """What a searchset Bundle says besides its entries; `seen_up_to` is up to when all that was
    written has been seen by it."""

    links: dict[str, str] = field(default_factory=dict[str, str])
    total: int | None = None
    issues: Sequence[Issue] = ()
    seen_up_to: datetime | None = None

    def bundle(self, entries: Sequence[Entry]) -> bytes:
        """Takes entries; returns the Bundle's JSON."""
        links = [{"relation": name, "url": url} for name, url in self.links.items()]
        parts = [b'{"resourceType":"Bundle","type":"searchset"']
        if self.seen_up_to is not None:
            parts.append(b',"meta":' + seen_up_to(self.seen_up_to))
        if self.total is not None:
            parts.append(b',"total":%d' % self.total)
        parts.append(b',"link":' + orjson.dumps(links))
        shown = [_entry(entry) for entry in entries]
        if self.issues:
            said = orjson.dumps(outcome_of(self.issues))
            shown.append(b'{"resource":' + said + b',"search":{"mode":"outcome"}}')
        if shown:
            parts.append(b',"entry":[' + b",".join(shown) + b"]")
        return b"".join(parts) + b"}"


def seen_up_to(instant: datetime) -> bytes:
    """Takes the instant up to which all that was written is seen; returns the Bundle's meta."""
    return orjson.dumps({"lastUpdated": instant.isoformat()})


def _entry(entry: Entry) -> bytes:
    return (
        b'{"fullUrl":' + orjson.dumps(entry.url) + b',"resource":' + entry.content
        + b',"search":{"mode":"' + entry.mode.encode() + b'"}}'
    )  # fmt: skip
