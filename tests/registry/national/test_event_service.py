"""Subscriptions at the national event service: against the stand-in, by the command, and what a
service may answer that is not as it should be."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from pytest_httpx import HTTPXMock

from conformance.national_stand_in.application import SUBSCRIPTIONS, TOKEN
from lfd.arguments_of.nation import EVENTS
from lfd.command import main
from registry.national import event
from registry.national.event_service import EventService, NotDone, wanted
from registry.national.token import Tokens
from tests.registry.national.conftest import CLIENT, KEY_ID, Nation
from tests.registry.national.shapes import CLOUD_EVENT

BASE = "https://events.example/service"
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
ADDRESS = f"{BASE}/subscriptions"


@pytest.fixture
def lfd(
    nation: Nation, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Runs `lfd national` at the stand-in; returns the exit code and what it wrote."""
    key = tmp_path / "key.pem"
    key.write_text(nation.private_key)
    where = ["--events-url", nation.url + SUBSCRIPTIONS.removesuffix("/subscriptions")]
    where += ["--pds-token-url", nation.url + TOKEN, "--pds-client", CLIENT]
    where += ["--pds-key", str(key), "--pds-key-id", KEY_ID]

    def run(*words: str) -> tuple[int, str, str]:
        code = main(["national", *words, *where])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def to(mailbox: str = "X26OT001", workflow: str = "LFD_EVENTS") -> list[str]:
    return ["--mailbox", mailbox, "--workflow", workflow]


def test_subscriptions_are_made_listed_and_removed(
    lfd: Callable[..., tuple[int, str, str]],
) -> None:
    assert lfd("list") == (0, "no subscriptions\n", "")
    made: dict[str, str] = {}
    for one in EVENTS:
        code, out, _ = lfd("subscribe", one, *to())
        assert code == 0
        found = ID.search(out)
        assert found is not None
        made[one] = found[0]
    # More than one page of the stand-in's.
    endpoint = "mesh://X26OT001?workflow_id=LFD_EVENTS"
    expected = [f"{made[one]}  active  eventType={one}  {endpoint}" for one in EVENTS]
    assert lfd("list")[1].splitlines() == expected
    assert lfd("remove", made[EVENTS[0]])[0] == 0
    assert lfd("list")[1].splitlines() == expected[1:]
    assert lfd("subscribe", EVENTS[0], *to())[0] == 0


def test_what_cannot_be_done_says_what_to_do(lfd: Callable[..., tuple[int, str, str]]) -> None:
    assert lfd("subscribe", EVENTS[0], *to())[0] == 0
    twice = "lfd: the service answered HTTP 409: there is one for that event and mailbox already"
    code, out, err = lfd("subscribe", EVENTS[0], *to())
    assert (code, out) == (1, "")
    assert err.startswith(twice)
    other = "e9050741-ae87-4720-beb1-2abd9248e227"
    assert "HTTP 404" in lfd("remove", other)[2]
    assert "is a UUID" in lfd("remove", "../../people/9990000018")[2]
    assert "a mailbox has" in lfd("subscribe", EVENTS[1], *to("mesh box"))[2]
    assert "a workflow has" in lfd("subscribe", EVENTS[1], *to(workflow="a?b=c"))[2]


def test_an_address_that_is_not_https_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["national", "list", "--events-url", "http://events.example", "--pds-key", "none"]
    words += ["--pds-token-url", "x", "--pds-client", "x", "--pds-key-id", "x"]
    assert main(words) == 1
    assert "--events-url: an https address is needed" in capsys.readouterr().err


def test_what_can_be_subscribed_to_is_taken_when_it_comes() -> None:
    for one in EVENTS:
        (read,) = event.events({**CLOUD_EVENT, "type": one})
        assert read.kind is not None, one


class _OneToken(Tokens):
    """A token that nobody asks for."""

    def __init__(self) -> None:
        pass

    async def token(self) -> str:
        return "secret"


async def service(http: httpx.AsyncClient) -> EventService:
    return EventService(BASE, _OneToken(), http)


@pytest.mark.parametrize("entry", [{"id": "1"}, {"resource": {"id": "1"}, "fullUrl": "x"}])
async def test_entries_are_read_in_either_form(httpx_mock: HTTPXMock, entry: Any) -> None:
    httpx_mock.add_response(url=ADDRESS, json={"entry": [entry, "nonsense", {"channel": 1}]})
    async with httpx.AsyncClient() as http:
        found = await (await service(http)).all()
    assert [one.id for one in found] == ["1", ""]


async def test_the_next_page_is_asked_of_the_same_service(httpx_mock: HTTPXMock) -> None:
    following = {"relation": "next", "url": "https://elsewhere.example/x?continue_from=a%3D%3D"}
    httpx_mock.add_response(url=ADDRESS, json={"entry": [{"id": "1"}], "link": [following]})
    httpx_mock.add_response(url=f"{ADDRESS}?continue_from=a%3D%3D", json={"entry": [{"id": "2"}]})
    async with httpx.AsyncClient() as http:
        found = await (await service(http)).all()
    assert [one.id for one in found] == ["1", "2"]
    for request in httpx_mock.get_requests():
        assert request.headers["authorization"] == "Bearer secret"
        assert ID.fullmatch(request.headers["x-correlation-id"])


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"status_code": 403, "text": "secret"}, "HTTP 403: the application is not admitted"),
        ({"status_code": 503}, "HTTP 503: try again later"),
        ({"status_code": 302, "headers": {"Location": "https://x.example"}}, "HTTP 302"),
        ({"status_code": 201, "text": "<html>"}, "no JSON"),
        ({"status_code": 201, "json": []}, "no id"),
    ],
)
async def test_other_answers_are_errors_in_one_line(
    httpx_mock: HTTPXMock, answer: dict[str, Any], said: str
) -> None:
    httpx_mock.add_response(url=ADDRESS, **answer)
    async with httpx.AsyncClient() as http:
        one = await service(http)
        with pytest.raises(NotDone) as raised:
            await one.subscribe(wanted(EVENTS[0], "X26OT001", "LFD", ""))
    assert said in str(raised.value)
    assert "secret" not in str(raised.value)


async def test_a_service_that_is_away_is_said_to_be(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_exception(httpx.ConnectTimeout("secret"))
    async with httpx.AsyncClient() as http:
        one = await service(http)
        with pytest.raises(NotDone, match=r"does not answer \(ConnectTimeout\)"):
            await one.all()
