"""What comes back from the identity provider: the answer to our own request, once, or nothing."""

from __future__ import annotations

from urllib.parse import urlencode

import httpx
import pytest

from tests.console.browsing import Visitor, query
from tests.console.conftest import Local
from tests.console.served import count

CALLBACK = "/sign-in/callback"


def back_with(answer: httpx.Response, **changes: str | None) -> str:
    """The way back, with some of its parameters changed or left out (None)."""
    parameters = {**query(answer.headers["location"]), **changes}
    kept = {name: value for name, value in parameters.items() if value is not None}
    return f"{CALLBACK}?{urlencode(kept)}"


def refused(local: Local, answer: httpx.Response) -> bool:
    """Whether an answer is the page of a sign-in that was stopped, and nobody is in."""
    assert "lfd-session" not in answer.cookies
    return answer.status_code == 400 and count(local.database, "session") == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "another"},
        {"state": None},
        {"state": ""},
        {"code": "another"},
        {"code": None},
        {"iss": "https://evil.example"},
        {"iss": None},
    ],
    ids=str,
)
def test_a_changed_answer_is_refused(
    local: Local, visitor: Visitor, changes: dict[str, str | None]
) -> None:
    answer = visitor.come_back("RT1")
    assert refused(local, visitor.get(back_with(answer, **changes)))


def test_an_answer_is_good_once(local: Local, visitor: Visitor) -> None:
    answer = visitor.come_back("RT1")
    assert visitor.get(back_with(answer)).status_code == 303
    replayed = visitor.get(back_with(answer))
    assert replayed.status_code == 400
    assert "lfd-session" not in replayed.cookies
    assert count(local.database, "session") == 1


def test_a_code_is_good_once_also_in_another_answer(local: Local, visitor: Visitor) -> None:
    answer = visitor.come_back("RT1")
    code = query(answer.headers["location"])["code"]
    assert visitor.get(back_with(answer)).status_code == 303
    other = visitor.come_back("QX1", "/sign-in")
    assert visitor.get(back_with(other, code=code)).status_code == 400


def test_a_code_of_another_sign_in_is_refused(local: Local, visitor: Visitor) -> None:
    first, second = visitor.come_back("RT1"), visitor.come_back("QX1")
    code = query(first.headers["location"])["code"]
    assert refused(local, visitor.get(back_with(second, code=code)))


def test_an_answer_in_another_browser_is_refused(local: Local, visitor: Visitor) -> None:
    answer = visitor.come_back("RT1")
    with local.visitor() as other:
        assert refused(local, other.get(back_with(answer)))
        other.get("/sign-in")
        assert refused(local, other.get(back_with(answer)))
    # The answer was not used up by a browser that it is not for.
    assert visitor.get(back_with(answer)).status_code == 303


def test_two_sign_ins_of_one_browser_may_cross(visitor: Visitor) -> None:
    first, second = visitor.come_back("RT1"), visitor.come_back("QX1")
    assert visitor.get(back_with(first)).status_code == 303
    assert visitor.get(back_with(second)).status_code == 303


@pytest.mark.parametrize("error", ["access_denied", "server_error", "<script>", "x" * 3000])
def test_an_answer_that_says_no_is_told_without_its_words(
    local: Local, visitor: Visitor, error: str
) -> None:
    answer = visitor.come_back("RT1")
    told = visitor.get(back_with(answer, code=None, error=error, error_description="<script>"))
    assert told.status_code == 403
    assert "Nothing was opened or changed" in told.text
    assert "<script" not in told.text
    assert count(local.database, "session") == 0


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "https://evil.example/",
        "/\\evil.example",
        "/%0d%0aSet-Cookie:x=1",
        "%2f/e",
    ],
)
def test_nobody_is_sent_to_another_site(visitor: Visitor, target: str) -> None:
    page = visitor.open(f"/sign-in?{urlencode({'return_to': target})}")
    answer = visitor.send(page, "/authorize", organisation="RT1")
    onward = visitor.get(back_with(answer)).headers["location"]
    assert onward.startswith("/")
    assert not onward.startswith(("//", "/\\"))
    chooser = visitor.open(f"/organisation?{urlencode({'return_to': target})}")
    sent = visitor.send(chooser, "/organisation", organisation="RT1", return_to=target)
    assert sent.headers["location"].startswith("/")
    assert not sent.headers["location"].startswith(("//", "/\\"))
