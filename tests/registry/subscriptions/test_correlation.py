"""A notification names the request that brought about what it tells."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest

from tests.registry.api.conftest import Ask
from tests.registry.api.test_reviews import IN_HOSPITAL
from tests.registry.core.stating import T1
from tests.registry.subscriptions.conftest import FHIR, created, wanted
from tests.registry.subscriptions.receiver import Receiver


@pytest.mark.parametrize("sent", ["as it is", "as a URN", "none"])
async def test_the_request_id_of_the_message_comes_with_the_notification(
    ask: Ask, receiver: Receiver, sent: str
) -> None:
    provider, adapter = await ask(T1, "provider"), await ask(T1, "adapter")
    await created(provider, wanted(receiver.url))
    await receiver.until(lambda: len(receiver.received) == 1)
    assert "x-correlation-id" not in receiver.received[0].headers, "nobody asked for a handshake"
    ways: dict[str, Callable[[UUID], str] | None] = {
        "as it is": str,
        "as a URN": lambda one: one.urn,
        "none": None,
    }
    named = ways[sent]
    request_id = uuid4()
    headers = FHIR | ({} if named is None else {"X-Request-ID": named(request_id)})
    answer = await adapter.post("$process-message", json=IN_HOSPITAL, headers=headers)
    assert answer.status_code == 200, answer.text
    await receiver.until(lambda: len(receiver.received) == 2)
    told = UUID(receiver.received[-1].headers["x-correlation-id"])
    # A request without an id got one, which its answer has.
    assert told == (UUID(answer.headers["x-request-id"]) if named is None else request_id)
