"""References between entries of a transaction: by urn:uuid until there is an id."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.api.bundle_references import full_urls, in_order, resolved
from registry.api.outcomes import FhirError
from tests.conformance.example_requests import CONCERN
from tests.registry.api.conftest import Ask
from tests.registry.api.test_bundles import bundle, post
from tests.registry.core.stating import T1

Resource = dict[str, Any]
ONE, OTHER = (f"urn:uuid:0000000{n}-0000-4000-8000-000000000000" for n in (1, 2))
ME = {k: v for k, v in CONCERN.items() if k != "requester"}


def raised(full_url: str, number: str, **more: Any) -> Resource:
    identifier = {"system": "urn:ietf:rfc:3986", "value": number}
    return {
        "fullUrl": full_url,
        "resource": {**ME, "identifier": [identifier], **more},
        "request": {"method": "POST", "url": "ServiceRequest"},
    }


def location(entry: Resource) -> str:
    """Type and id of what an entry of the answer made."""
    return "/".join(entry["response"]["location"].split("/")[-4:-2])


async def made(client: httpx.AsyncClient, *entries: Resource) -> list[Resource]:
    answer = await post(client, bundle("transaction", *entries))
    assert answer.status_code == 200, answer.text
    return answer.json()["entry"]


async def test_an_entry_may_refer_to_one_after_it(ask: Ask) -> None:
    provider = await ask(T1, "provider")
    later = raised(OTHER, "C-2")
    entries = await made(provider, raised(ONE, "C-1", replaces=[{"reference": OTHER}]), later)
    assert [e["response"]["status"] for e in entries] == ["201 Created"] * 2
    assert location(entries[0]) != location(entries[1])


async def test_what_a_conditional_create_finds_is_referred_to(ask: Ask) -> None:
    provider = await ask(T1, "provider")
    entry = raised(ONE, ONE)
    entry["request"]["ifNoneExist"] = f"identifier=urn:ietf:rfc:3986|{ONE}"
    first, again = await made(provider, entry), await made(provider, entry)
    assert [e["response"]["status"] for e in (*first, *again)] == ["201 Created", "200 OK"]
    assert location(first[0]) == location(again[0])


@pytest.mark.parametrize(
    ("entries", "status"),
    [
        ([raised(ONE, "C-1", replaces=[{"reference": OTHER}])], 422),
        (
            [
                raised(ONE, "C-1", replaces=[{"reference": OTHER}]),
                raised(OTHER, "C-2", replaces=[{"reference": ONE}]),
            ],
            422,
        ),
        ([raised(ONE, "C-1"), raised(ONE, "C-2")], 400),
    ],
)
async def test_what_cannot_be_resolved_is_refused(
    ask: Ask, entries: list[Resource], status: int
) -> None:
    provider = await ask(T1, "provider")
    refused = await post(provider, bundle("transaction", *entries))
    assert refused.status_code == status, refused.text
    assert refused.json()["issue"][0]["expression"][0].startswith("Bundle.entry[")
    assert "entry" not in (await provider.get("ServiceRequest")).json()


def test_only_addresses_are_replaced() -> None:
    sent = {
        "identifier": [{"value": ONE}],
        "basedOn": [{"reference": ONE}, {"reference": "Task/1"}],
        "extension": [{"url": "x", "valueUri": ONE}],
    }
    assert resolved(sent, {ONE: "ServiceRequest/7"}) == {
        "identifier": [{"value": ONE}],
        "basedOn": [{"reference": "ServiceRequest/7"}, {"reference": "Task/1"}],
        "extension": [{"url": "x", "valueUri": "ServiceRequest/7"}],
    }


@given(st.lists(st.sets(st.integers(0, 7), max_size=3), min_size=1, max_size=8))
def test_each_comes_after_what_it_refers_to_or_all_are_refused(refers: list[set[int]]) -> None:
    names = [f"urn:uuid:{n}" for n in range(len(refers))]
    bodies = [
        {"basedOn": [{"reference": names[n]} for n in sorted(to) if n < len(names)]}
        for to in refers
    ]
    places = full_urls([{"fullUrl": name} for name in names])
    try:
        order = in_order(range(len(bodies)), bodies, places)
    except FhirError as refused:
        assert refused.status == 422
        assert _has_circle(refers)
        return
    assert sorted(order) == list(range(len(bodies)))
    for at, to in enumerate(refers):
        assert all(order.index(n) <= order.index(at) for n in to if n < len(names))


def _has_circle(refers: list[set[int]]) -> bool:
    reach = [{n for n in to if n < len(refers) and n != at} for at, to in enumerate(refers)]
    for _ in refers:
        reach = [to.union(*(reach[n] for n in to)) for to in reach]
    return any(at in to for at, to in enumerate(reach))
