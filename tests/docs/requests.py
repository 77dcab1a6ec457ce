"""The requests that stand in a page, each with the status of its answer."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import httpx

_FENCE = "```http"
_BLOCK = re.compile(r"^```http\n(?P<request>.*?)\n= (?P<status>\d{3})\n```$", re.M | re.S)


class Example(NamedTuple):
    """A request of a page, and the status it says of the answer."""

    method: str
    path: str
    headers: dict[str, str]
    body: str
    status: int


def examples(page: Path, **variables: str) -> list[Example]:
    """Takes a page and what its `$VARIABLES` stand for; returns its requests, in order.

    AssertionError where a block of the page is no request with a status.
    """
    text = page.read_text(encoding="utf-8")
    found: list[Example] = []
    for block in _BLOCK.finditer(text):
        request = block["request"]
        for name, value in variables.items():
            request = request.replace(f"${name}", value)
        head, _, body = request.partition("\n\n")
        first, *headers = head.split("\n")
        method, _, path = first.partition(" ")
        named = dict(line.split(": ", 1) for line in headers)
        found.append(Example(method, path, named, body, int(block["status"])))
    assert len(found) == text.count(_FENCE), page
    return found


async def sent(client: httpx.AsyncClient, example: Example) -> httpx.Response:
    """Sends a request to the client's own base address, which stands for /fhir."""
    path, _, query = example.path.removeprefix("/fhir").partition("?")
    return await client.request(
        example.method,
        f"{path.lstrip('/')}?{query}" if query else path.lstrip("/"),
        headers=example.headers,
        content=example.body,
    )
