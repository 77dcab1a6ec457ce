"""A write that is asked for again under the same X-Request-ID is done once."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from uuid import UUID

from registry.api.call import Answer
from registry.api.outcomes import FhirError
from registry.store import answered
from registry.store.answered import Answered, OtherRequest
from registry.store.transaction import Connection


def fingerprint(*parts: bytes) -> bytes:
    """Takes what makes a request this request and no other; returns a hash of it."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.digest()


async def once(
    connection: Connection,
    client: str,
    request_id: UUID | None,
    print_of_it: bytes,
    work: Callable[[], Awaitable[Answer]],
) -> Answer:
    """Takes a client, its request id (None: it sent none), the request's fingerprint and the work;
    returns the answer kept from the first time, else does the work and keeps its answer, in the
    transaction of the connection. A refusal is not kept: nothing was done. FhirError 422: the id
    was used for another request."""
    if request_id is None:
        return await work()
    try:
        before = await answered.claim(connection, client, request_id, print_of_it)
    except OtherRequest:
        text = "This X-Request-ID was used for another request. Send a new one."
        raise FhirError(422, "duplicate", "DUPLICATE_REJECTED", text) from None
    if before is not None:
        return Answer(before.status, before.body, before.headers)
    answer = await work()
    kept = Answered(answer.status, answer.headers, answer.content)
    await answered.keep(connection, client, request_id, kept)
    return answer
