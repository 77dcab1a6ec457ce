"""Peers of the registry's HTTP port that are slow on purpose: cut off, while others are served."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from adapter.admission import AdmissionLimits
from lfd.endpoint import Endpoint
from lfd.guarded_http import OF_REGISTRY, HttpLimits, serving_guarded
from tests.attacks.target import Target

HERE = "127.0.0.1"
HEAD = b"POST / HTTP/1.1\r\nHost: x\r\n"
CUT_OFF_WITHIN = 60.0


async def _length(request: Request) -> Response:
    return Response(str(len(await request.body())))


@asynccontextmanager
async def served(limits: HttpLimits) -> AsyncGenerator[tuple[int, list[str]]]:
    """Serves what reads bodies; gives the port, and the reasons of connections refused."""
    refused: list[str] = []
    app = Starlette(routes=[Route("/", _length, methods=["POST"])])
    async with serving_guarded(app, Endpoint(HERE, 0), refused.append, limits=limits) as port:
        yield port, refused


async def _until_cut_off(port: int, before: bytes, drip: bytes) -> bytes:
    """Sends, then a byte at a time until the other side closes; returns what it said."""
    reader, writer = await asyncio.open_connection(HERE, port)
    writer.write(before)
    reading = asyncio.create_task(reader.read())
    async with asyncio.timeout(CUT_OFF_WITHIN):
        while not reading.done():
            if drip:
                writer.write(drip)
            await asyncio.wait([reading], timeout=0.02)
    writer.transport.abort()
    error = reading.exception()
    assert error is None or isinstance(error, ConnectionError)
    return b"" if error else reading.result()


SLOW = {
    "says nothing": (b"", b""),
    "drips its first line": (b"PO", b""),
    "drips headers": (HEAD, b"X"),
    "drips a body": (HEAD + b"Content-Length: 100000\r\n\r\n", b"x"),
    "stops in its body": (HEAD + b"Content-Length: 100000\r\n\r\nx", b""),
    "drips chunks": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
}


@pytest.mark.parametrize("name", SLOW)
async def test_cut_off(name: str) -> None:
    limits = HttpLimits(head=0.3, body=0.3)
    async with served(limits) as (port, _):
        answer = await _until_cut_off(port, *SLOW[name])
        assert not answer.startswith(b"HTTP/1.1 200")
        async with httpx.AsyncClient() as client:
            good = await client.post(f"http://{HERE}:{port}/", content=b"abc")
        assert good.text == "3"


async def test_a_second_request_is_no_slower_than_a_first() -> None:
    async with served(HttpLimits(head=0.3, body=0.3)) as (port, _):
        first = HEAD + b"Content-Length: 1\r\n\r\nx"
        answer = await _until_cut_off(port, first + HEAD, b"X")
        assert answer.count(b"HTTP/1.1 200") == 1


async def test_one_address_cannot_take_all_connections() -> None:
    limits = HttpLimits(AdmissionLimits(connections=10, of_address=3))
    async with served(limits) as (port, refused):
        held = [await asyncio.open_connection(HERE, port) for _ in range(3)]
        reader, writer = await asyncio.open_connection(HERE, port)
        assert await reader.read() == b""
        for one in (writer, *(writer for _, writer in held)):
            one.transport.abort()
        assert refused == ["too-many-of-address"]


def test_the_registry_has_limits() -> None:
    assert OF_REGISTRY.head <= 10
    assert OF_REGISTRY.body <= 90
    assert OF_REGISTRY.admission.of_address < OF_REGISTRY.admission.connections <= 1000


def test_the_running_one_cuts_off_and_serves_meanwhile(target: Target) -> None:
    with target.connect() as slow:
        slow.settimeout(CUT_OFF_WITHIN)
        slow.sendall(HEAD + b"X: ")
        assert target.is_well()
        assert slow.recv(1000) == b""
