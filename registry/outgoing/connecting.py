"""Connects to a host that a client named, trusting nothing that resolves its name.

The host's name is resolved once, its addresses are judged, and the connection goes to the address
that was judged: a name that changes its address in between gains nothing.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import httpx

from registry.outgoing.address import Address

MAX_ADDRESSES = 4

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""Takes a host and port; returns its network addresses. OSError: it has none."""
Answer = TypeVar("Answer")


class NotAllowed(Exception):
    """The host has a network address that is not allowed, or none."""


async def resolved(host: str, port: int) -> list[str]:
    """Takes a host and port; returns its network addresses. OSError: it has none."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[4][0]) for address in found))


async def judged(
    address: Address, resolve: Resolve, may_connect: Callable[[Address, str], bool]
) -> list[str]:
    """Takes an address, what resolves names, and whether a network address may be connected to for
    it; returns the network addresses to try, in order. NotAllowed, OSError."""
    found = await resolve(address.host, address.port)
    # One bad address among good ones is reason enough: nobody sets that up by mistake.
    if not found or not all(may_connect(address, one) for one in found):
        raise NotAllowed
    return found[:MAX_ADDRESSES]


async def first_answer(found: Sequence[str], ask: Callable[[str], Awaitable[Answer]]) -> Answer:
    """Takes judged network addresses, one at least, and what asks at one of them; returns the
    answer of the first that can be connected to. httpx.ConnectError, httpx.ConnectTimeout: none
    can."""
    for one in found[:-1]:
        try:
            return await ask(one)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            continue
    return await ask(found[-1])


def request(
    http: httpx.AsyncClient,
    method: str,
    address: Address,
    found: str,
    headers: Sequence[tuple[str, str]],
    content: bytes | None = None,
) -> httpx.Request:
    """Takes a client, a method, an address, the network address to connect to, headers and a body;
    returns the request: its certificate must be for the name, though it goes to the address."""
    at = f"[{found}]" if ":" in found else found
    return http.build_request(
        method,
        f"{address.scheme}://{at}:{address.port}{address.target}",
        content=content,
        headers=[
            *headers,
            ("Host", address.authority),
            ("Accept-Encoding", "identity"),
            ("User-Agent", "lfd-registry"),
        ],
        extensions={"sni_hostname": address.host.strip("[]")},
    )
