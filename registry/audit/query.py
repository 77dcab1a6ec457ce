"""A search as it goes on record: what was asked by, without the values.

BALP wants the search as it was sent. Ours name people by NHS number, and whoever reads the audit
record is not to learn those; so each value that is not of a closed vocabulary is replaced by a
keyed hash. Who has the number and the database can tell whether it was asked for; the record alone
tells nobody.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

# Of a closed vocabulary, and checked as such before the search is done.
_SAID_AS_IS = frozenset(
    {"_count", "_elements", "_include", "_revinclude", "_since", "_sort", "_summary", "_total"}
)
_WORDS = re.compile(r"[A-Za-z][A-Za-z,-]*")
_MOMENT = re.compile(
    r"(eq|ne|gt|ge|lt|le|sa|eb|ap)?\d{4}(-\d{2}){0,2}"
    r"(T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+ -]\d{2}:\d{2})?)?"
)
_BY_IDENTIFIER = frozenset({"identifier", "patient.identifier", "subject.identifier"}) | {
    "patient:identifier", "subject:identifier",
}  # fmt: skip
_BY_ID = frozenset({"patient", "subject", "patient:Patient", "subject:Patient"})
_OUR_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# The guide's own names, in letters alone: nobody's number.
_MEASURE = re.compile(r"[a-z]{1,20}(-[a-z]{1,20}){0,5}")
_ODS_CODE = re.compile(r"(?=.*[A-Z])[A-Z0-9]{1,12}")
_PUBLISHED = re.compile(rf"{_ODS_CODE.pattern}-[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}")
Asked = Iterable[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Hashing:
    """The key of the values' hashes: the database's own secret."""

    key: bytes

    def __call__(self, value: str) -> str:
        """Takes a value; returns what stands for it: the same for the same value."""
        return "hmac-" + hmac.new(self.key, value.encode(), hashlib.sha256).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Named:
    """The people a search names: by identifiers (system and value), and by ids of Patients."""

    identifiers: frozenset[tuple[str, str]] = frozenset()
    ids: frozenset[str] = frozenset()

    def __len__(self) -> int:
        return len(self.identifiers) + len(self.ids)


def redacted(resource_type: str, asked: Asked, hashing: Hashing) -> str:
    """Takes the type searched, the parameters and the key; returns the search as a query whose
    values are dates, words of closed vocabularies, or hashes."""
    said = "&".join(f"{_name(name)}={_value(name, value, hashing)}" for name, value in asked)
    return f"{resource_type}?{said}" if said else resource_type


def reference(resource_type: str, resource_id: str, version: str, hashing: Hashing) -> str:
    """Takes what an address names; returns it as a reference. An id that we cannot have made is
    replaced too: some send an NHS number there. Whether there is such a resource makes no
    difference."""
    if not resource_id:
        return resource_type
    is_ours = (
        _OUR_ID.fullmatch(resource_id)
        or (resource_type in ("Organization", "Group") and _ODS_CODE.fullmatch(resource_id))
        or (resource_type == "Measure" and _MEASURE.fullmatch(resource_id))
        or (resource_type == "MeasureReport" and _PUBLISHED.fullmatch(resource_id))
    )
    named = f"{resource_type}/{resource_id if is_ours else hashing(resource_id)}"
    is_version = version.isascii() and version.isdigit() and len(version) < 10
    return f"{named}/_history/{version}" if is_version else named


def named(resource_type: str, asked: Asked) -> Named:
    """Takes the type searched and the parameters; returns whom they name."""
    identifiers: set[tuple[str, str]] = set()
    ids: set[str] = set()
    for name, text in asked:
        # No text of the database holds NUL: such a value names nobody, and cannot be looked for.
        for value in text.replace("\0", "").split(","):
            if name in _BY_IDENTIFIER and (name != "identifier" or resource_type == "Patient"):
                system, _, number = value.rpartition("|")
                identifiers.add((system, number))
            elif name in _BY_ID or (name == "_id" and resource_type == "Patient"):
                ids.add(value.rpartition("/")[2])
    return Named(frozenset(identifiers), frozenset(ids))


def _name(name: str) -> str:
    """A parameter's name; what is none may be a value in the wrong place."""
    return name if re.fullmatch(r"[A-Za-z_:.-]{1,64}", name) else "unknown"


def _value(name: str, value: str, hashing: Hashing) -> str:
    if name in _SAID_AS_IS and re.fullmatch(r"[A-Za-z0-9_:,.+-]{0,300}", value) and not (
        # Ten digits in a row are an NHS number wherever they stand.
        re.search(r"\d{10}", value)
    ):  # fmt: skip
        return quote(value, safe=":,")
    if _MOMENT.fullmatch(value):
        return quote(value, safe=":,")
    if name in ("status", "intent", "priority", "outcome", "action") and _WORDS.fullmatch(value):
        return value
    return hashing(value)
