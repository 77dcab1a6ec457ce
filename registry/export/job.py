"""One export: what was asked for, how far it is, and the manifest of what came of it.

Source: FHIR Bulk Data Access 2.0, "Bulk Data Status Request" and "Output Manifest".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from registry.access.caller import Caller
from registry.access.roles import Role

Json = dict[str, Any]
# What a client waits before it asks again, in seconds: most exports are done by the first time.
SOON, LATER = 1, 5
RESOURCES_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """An export as asked for: by which client, for whom and in which role, from which address, by
    which request; of which types, since when, of which Group (None: all that may be read), and what
    there is to say about it."""

    client: str
    organisation: str | None
    role: Role
    network: str | None
    request: str
    types: tuple[str, ...]
    since: datetime | None = None
    of_group: str | None = None
    notes: tuple[str, ...] = ()

    def is_of(self, caller: Caller) -> bool:
        """Takes a caller; True for whoever asked for it."""
        mine = (caller.client_id, caller.organisation, caller.role)
        return mine == (self.client, self.organisation, self.role)


@dataclass(frozen=True, slots=True)
class Job:
    """An export as kept: its id, what was wanted, and how far it is. `transaction_time` is the
    instant from which the next one goes on; `expected` and `written` count resources; `failed` says
    why it never will be done."""

    id: str
    wanted: Wanted
    expires_at: datetime
    attempt: int
    transaction_time: datetime | None
    expected: int | None
    written: int
    finished_at: datetime | None
    failed: str | None

    @property
    def progress(self) -> str:
        """How far it is, in at most 100 characters (X-Progress)."""
        if self.attempt == 0:
            return "waiting"
        if self.expected is None:
            return "counting"
        return f"{self.written} of {self.expected} resources"

    @property
    def retry_after(self) -> int:
        """When to ask again, in seconds."""
        left = None if self.expected is None else self.expected - self.written
        return SOON if left is None or left < RESOURCES_AT_ONCE else LATER


@dataclass(frozen=True, slots=True)
class File:
    """A file of an export: its number, `output` or `error`, the type of its resources and how many
    there are, of how many parts it is, and its bytes as text and as gzip."""

    number: int
    kind: str
    type: str
    resources: int
    parts: int
    size: int
    packed: int


def manifest(job: Job, files: list[File], address: str) -> Json:
    """Takes a finished export, its files, and the address below which they are; returns the
    manifest. Nothing is ever listed as deleted: what no longer holds says so itself."""
    assert job.transaction_time is not None

    def listed(kind: str) -> list[Json]:
        return [
            {"type": one.type, "url": f"{address}/{one.number}", "count": one.resources}
            for one in files
            if one.kind == kind
        ]

    return {
        "transactionTime": job.transaction_time.isoformat(),
        "request": job.wanted.request,
        "requiresAccessToken": True,
        "output": listed("output"),
        "deleted": [],
        "error": listed("error"),
    }
