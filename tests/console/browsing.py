"""A person's way through the pages without a browser: links, forms and redirects."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx


@dataclass
class Form:
    """A form of a page: where it goes, its hidden fields, and its buttons' values by name."""

    action: str
    fields: dict[str, str] = field(default_factory=dict[str, str])


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(said.get("action", "")))
        if tag == "input" and said.get("type") == "hidden" and self.forms:
            self.forms[-1].fields[said["name"]] = said.get("value", "")


def forms(page: httpx.Response) -> list[Form]:
    """The forms of a page."""
    reader = _Forms()
    reader.feed(page.text)
    return reader.forms


def form_to(page: httpx.Response, path: str) -> Form:
    """The form of a page that goes to a path."""
    found = [one for one in forms(page) if urlsplit(one.action).path.endswith(path)]
    assert len(found) == 1, f"{len(found)} forms to {path} in {page.url}"
    return found[0]


def query(url: str) -> dict[str, str]:
    """The parameters of an address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


class Visitor:
    """Somebody with a browser that keeps cookies."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.http.close()

    @property
    def cookies(self) -> dict[str, str]:
        """What the browser keeps, by name."""
        return {one.name: one.value or "" for one in self.http.cookies.jar}

    def get(self, path: str) -> httpx.Response:
        """Opens a page, without following where it leads."""
        return self.http.get(path)

    def open(self, path: str) -> httpx.Response:
        """Opens a page, and follows where it leads."""
        return self.http.get(path, follow_redirects=True)

    def send(
        self, page: httpx.Response, path: str, headers: dict[str, str] | None = None, **more: str
    ) -> httpx.Response:
        """Sends the form of a page that goes to a path, without following where that leads."""
        form = form_to(page, path)
        target = urljoin(str(page.url), form.action)
        return self.http.post(target, data={**form.fields, **more}, headers=headers)

    def follow(self, answer: httpx.Response) -> httpx.Response:
        """Follows a redirect, and where it leads."""
        assert answer.has_redirect_location, answer.status_code
        target = urljoin(str(answer.url), answer.headers["location"])
        return self.http.get(target, follow_redirects=True)

    def come_back(self, organisation: str, path: str = "/") -> httpx.Response:
        """Chooses at the local provider; the answer sends the browser back to the console."""
        return self.send(self.open(path), "/authorize", organisation=organisation)

    def sign_in(self, organisation: str, path: str = "/") -> httpx.Response:
        """Signs in by the local provider; returns the page that comes of it."""
        return self.follow(self.come_back(organisation, path))

    def session(self) -> str:
        """What the session's cookie holds."""
        return next(v for n, v in self.cookies.items() if n.endswith("lfd-session"))
