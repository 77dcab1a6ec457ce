"""docs/subscriptions.md: its subscription is taken, its check of the signature is right, and its
tables are those of the code."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Callable
from typing import Any, cast

import httpx

from registry.subscriptions import terms
from registry.subscriptions.topics import TOPICS
from tests.docs.pages import ROOT
from tests.registry.api.conftest import Ask
from tests.registry.core.stating import T1
from tests.registry.subscriptions.conftest import created
from tests.registry.subscriptions.receiver import Receiver

PAGE = (ROOT / "docs" / "subscriptions.md").read_text()


def subscription(endpoint: str) -> dict[str, Any]:
    found = re.search(r"<<'END'\n(.*?)\n    END", PAGE, re.DOTALL)
    assert found is not None
    sent = json.loads(textwrap.dedent(found[1]))
    sent["channel"]["endpoint"] = endpoint
    return sent


def check_of_the_page() -> Callable[[bytes, str, str], bool]:
    found = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    names: dict[str, Any] = {}
    exec(found[1], names)
    return cast(Callable[[bytes, str, str], bool], names["is_from_the_registry"])


async def test_its_subscription_is_taken_and_its_check_knows_us(
    ask: Ask, receiver: Receiver
) -> None:
    provider: httpx.AsyncClient = await ask(T1, "provider")
    made = await created(provider, subscription(receiver.url))
    (secret,) = [one["valueString"] for one in made["extension"]]
    await receiver.until(lambda: len(receiver.received) == 1)
    (told,) = receiver.received
    is_ours = check_of_the_page()
    assert is_ours(told.body, told.headers["x-signature"], secret)
    assert not is_ours(told.body + b" ", told.headers["x-signature"], secret)
    assert not is_ours(told.body, told.headers["x-signature"], secret[:-1])


def test_its_topics_are_the_topics() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| .* \| (\w+) \| (.*) \|$", PAGE, re.MULTILINE)
    stated = {code: (focus, set(re.findall(r"`(\w+)`", said))) for code, focus, said in rows}
    assert stated == {t.code: (t.focus, set(t.filters)) for t in TOPICS.values()}


def test_its_bounds_are_the_bounds() -> None:
    for name, allowed, unit in (
        ("heartbeat-period", terms.HEARTBEATS, " seconds"),
        ("timeout", terms.TIMEOUTS, " seconds"),
        ("max-count", terms.COUNTS, " events"),
    ):
        assert f"| `backport-{name}` | {allowed.start} to {allowed.stop - 1}{unit}" in PAGE
