"""Exports over the API: kick-off, status, files, and cancelling.

Whoever asks after an export is looked at again each time: the client that asked for it, for the
same organisation and role, whose token still reaches all of it. To anybody else it is not there.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import urlencode

import orjson

from registry.api.call import Answer, Call
from registry.api.outcomes import FhirError, not_found
from registry.api.service import Service
from registry.audit.patterns import EXPORT
from registry.export import jobs, kickoff
from registry.export.groups import require_group
from registry.export.job import File, Job, Wanted, manifest
from registry.export.packing import takes_gzip, unpacked
from registry.export.selection import chosen, still_permits
from registry.store.transaction import Connection, Pool

# How long a client waits whose exports are all still to be made, in seconds.
_BUSY = "60"


class Exports:
    """The interactions of an export."""

    def __init__(self, service: Service) -> None:
        self._pool = service.pool
        self._base = service.access.fhir_url

    async def kick_off(self, connection: Connection, call: Call) -> Answer:
        """Answers 202 with the address of the export's status. 403: the token does not reach; 429:
        the client has as many waiting as it may have."""
        kickoff.require_asynchronous(call.headers)
        pairs = call.asked if call.body is None else kickoff.parameters(call.body)
        is_lenient = call.preferences.is_lenient
        asked = kickoff.read(pairs, datetime.now(UTC), is_lenient=is_lenient)
        caller = call.caller
        if call.resource_id:
            # By its types alone: bulk clients ask for no scope of Group, which is not exported.
            await require_group(connection, call)
        types, notes = chosen(asked, caller.role, caller.scopes)
        if call.resource_type == "Patient" and asked.types is None:
            types = tuple(name for name in types if name != "Organization")
        if caller.role == "national" and asked.since is not None:
            raise _since_tells()
        if not await jobs.has_room(connection, caller.client_id, caller.organisation):
            raise _too_many()
        wanted = Wanted(
            caller.client_id,
            caller.organisation,
            caller.role,
            call.origin.network,
            self._request(call),
            types,
            asked.since,
            call.resource_id or None,
            notes,
        )
        job_id = await jobs.add(connection, wanted)
        where = f"{self._base}/$export-status/{job_id}"
        return Answer(202, b"", {"Content-Location": where}, recorded_as=f"{EXPORT}{job_id}")

    async def status(self, connection: Connection, call: Call) -> Answer:
        """Answers 202 with how far the export is, 200 with the manifest when it is done, 500 where
        it could not be made."""
        job = await self._mine(connection, call)
        if job.failed is not None:
            raise FhirError(500, "exception", "INTERNAL_SERVER_ERROR", job.failed)
        if job.finished_at is None:
            waiting = {"X-Progress": job.progress, "Retry-After": str(job.retry_after)}
            return Answer(202, b"", waiting)
        files = await jobs.files(connection, job.id)
        said = manifest(job, files, f"{self._base}/$export-file/{job.id}")
        return Answer(200, orjson.dumps(said), {"Expires": _http_date(job.expires_at)})

    async def cancel(self, connection: Connection, call: Call) -> Answer:
        """Answers 202: the export and its files are gone, whether or not it was done."""
        job = await self._mine(connection, call)
        await jobs.remove(connection, job.id)
        return Answer(202, recorded_as=f"{EXPORT}{job.id}")

    async def file(self, connection: Connection, call: Call) -> Answer:
        """Answers with a file, as gzip where the client takes it."""
        job = await self._mine(connection, call)
        found = [f for f in await jobs.files(connection, job.id) if str(f.number) == call.version]
        if job.finished_at is None or not found:
            raise not_found()
        as_gzip = takes_gzip(call.headers.get("accept-encoding"))
        headers = {
            "Content-Type": kickoff.NDJSON,
            "Content-Length": str(found[0].packed if as_gzip else found[0].size),
            "Vary": "Accept-Encoding",
            # A proxy before us passes it on, and keeps no copy on a disk of its own.
            "X-Accel-Buffering": "no",
            "Expires": _http_date(job.expires_at),
        }
        if as_gzip:
            headers["Content-Encoding"] = "gzip"
        stream = _stream(self._pool, job, found[0], as_gzip=as_gzip)
        name = f"{EXPORT}{job.id}/{found[0].number}"
        return Answer(200, b"", headers, stream=stream, recorded_as=name)

    async def _mine(self, connection: Connection, call: Call) -> Job:
        caller = call.caller
        job = await jobs.of_caller(connection, call.resource_id, caller)
        if job is None or not still_permits(job.wanted.types, caller.role, caller.scopes):
            raise not_found()
        return job

    def _request(self, call: Call) -> str:
        named = [part for part in (call.resource_type, call.resource_id) if part]
        where = "/".join([*named, "$export"])
        said = f"?{urlencode(call.asked)}" if call.asked else ""
        return f"{self._base}/{where}{said}"


def _stream(pool: Pool, job: Job, file: File, *, as_gzip: bool) -> AsyncIterator[bytes]:
    parts = jobs.parts(pool, job.id, file)
    return parts if as_gzip else unpacked(parts)


def _http_date(at: datetime) -> str:
    return format_datetime(at.astimezone(UTC), usegmt=True)


def _since_tells() -> FhirError:
    text = (
        "_since is not served to a national recipient: what changed since yesterday would tell the "
        "day of a death. Take the whole export."
    )
    return FhirError(400, "not-supported", "UNSUPPORTED_VALUE", text)


def _too_many() -> FhirError:
    text = f"This client has {jobs.AT_ONCE} exports that are not done. Wait, or cancel one."
    headers = {"Retry-After": _BUSY}
    return FhirError(429, "throttled", "TOO_MANY_REQUESTS", text, headers=headers)
