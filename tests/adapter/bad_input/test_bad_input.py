"""Every row of docs/bad-input.md, by MLLP into a real inbox, by HTTP, and by `lfd convert`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from starlette.applications import Starlette

from adapter import http
from adapter.database import prepare
from adapter.er7 import NotHl7, read
from adapter.inbox import Inbox
from adapter.metrics import Metrics
from adapter.mllp.client import Client
from adapter.mllp.framing import LIMIT, Frame, Oversize, frame
from adapter.mllp.server import Listening, Server
from adapter.receiver import Receiver
from adapter.rules import door, treatment
from adapter.treatment import Treat
from lfd.batches import batches
from lfd.conversion import Convert, Printing
from mappings import Site
from postgres.embedded import EmbeddedServer, ensure_database
from tests.adapter.bad_input.inputs import INPUTS
from tests.adapter.bad_input.table import Row, rows

HERE = "127.0.0.1"
ROWS = rows()
SAME, OTHER = (f"the same control id again, {which} content" for which in ("same", "other"))
AGAIN = {SAME: 1, OTHER: 2}
KEPT = {"AA": "received", "AE": "quarantined"}
each_row = pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
pytestmark = pytest.mark.timeout(60)


@cache
def content(name: str) -> bytes:
    return INPUTS[name]()


@pytest.fixture(scope="module")
def shared_database(adapter_server: EmbeddedServer) -> str:
    """One database for all rows: making one for each would take longer than the tests."""
    ensure_database(adapter_server, "bad_input")
    prepare(adapter_server.url("bad_input"))
    return adapter_server.url("bad_input")


@pytest.fixture
def database(shared_database: str) -> str:
    """It, with nothing in it."""
    with psycopg.connect(shared_database) as connection:
        connection.execute("TRUNCATE adapter.inbox CASCADE")
    return shared_database


@cache
def treat() -> Treat:
    return treatment(Site.default())


def test_the_table_names_the_inputs() -> None:
    assert list(ROWS) == list(INPUTS)


@asynccontextmanager
async def receiving(database: str, metrics: Metrics) -> AsyncGenerator[Receiver]:
    inbox = Inbox(database, metrics, lambda: None)
    task = asyncio.create_task(inbox.run())
    try:
        yield Receiver(door(Site.default()), inbox, metrics, LIMIT)
    finally:
        await inbox.close()
        await task


async def by_mllp(receiver: Receiver, metrics: Metrics, raw: bytes) -> set[str]:
    """Sends it as a block; returns the codes of the answers to it and whatever else is in it."""

    async def handle(event: Frame | Oversize, _: object) -> list[bytes]:
        if isinstance(event, Oversize):
            return await receiver.refuse_oversize(event.head)
        return await receiver.receive(event.content)

    server = Server(Listening(HERE, 0), handle, metrics)
    await server.start()
    try:
        async with Client(HERE, server.port) as client:
            await client.write(raw)
            blocks = frame(raw).count(b"\x1c") - (1 if raw.count(b"\x1c") else 0)
            return {outcome(await client.answer()) for _ in range(max(1, blocks))}
    finally:
        await server.stop()


async def by_http(receiver: Receiver, raw: bytes) -> set[str]:
    app = Starlette(routes=[http.route(receiver, LIMIT)])
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://adapter") as client:
        response = await client.post(http.PATH, content=raw)
    assert response.status_code == 200
    return {outcome(response.content)}


def outcome(answer: bytes) -> str:
    """The code of an acknowledgement with its condition, such as `AE 101`."""
    message = read(answer)
    msa, err = message.first("MSA"), message.first("ERR")
    assert msa is not None
    if err is None:
        return msa.text(1)
    return f"{msa.text(1)} {err.text(3) or err.text(1, 4)}"


def kept(database: str) -> list[tuple[str, bytes]]:
    with psycopg.connect(database) as connection:
        found = connection.execute("SELECT state, raw FROM adapter.inbox ORDER BY id").fetchall()
    return [(state, bytes(raw)) for state, raw in found]


def check_kept(row: Row, said: str, database: str) -> None:
    """What was answered with AA or AE is in the inbox, and processing it ends well."""
    found = kept(database)
    state = KEPT.get(said[:2])
    if row.name not in AGAIN:
        assert [one for one, _ in found] == ([state] if state else [])
    else:
        assert len(found) == AGAIN[row.name]
    for state, raw in found:
        if state == "received":
            assert treat()(raw).state == "converted"


@each_row
async def test_by_mllp(row: Row, database: str, metrics: Metrics) -> None:
    async with receiving(database, metrics) as receiver:
        if row.name in AGAIN:
            await by_mllp(receiver, metrics, content(SAME))
        assert await by_mllp(receiver, metrics, content(row.name)) == {row.mllp}
    check_kept(row, row.mllp, database)


@each_row
async def test_by_http(row: Row, database: str, metrics: Metrics) -> None:
    async with receiving(database, metrics) as receiver:
        if row.name in AGAIN:
            await by_http(receiver, content(SAME))
        assert await by_http(receiver, content(row.name)) == {row.http}
    check_kept(row, row.http, database)


@cache
def convert() -> Convert:
    return Convert(Site.default(), Printing())


@each_row
def test_by_convert(row: Row, tmp_path: Path) -> None:
    path = tmp_path / "input.hl7"
    path.write_bytes(content(row.name))
    written = b"".join(convert()(batch).text for batch in batches([str(path)]))
    lines = [json.loads(line) for line in written.splitlines()]
    assert lines
    kinds = {"converted" if one["resourceType"] == "Bundle" else "refused" for one in lines}
    assert kinds == {row.convert}
    for line in lines:
        if row.convert == "converted":
            assert set(row.issues) <= issues(line)


def issues(bundle: dict[str, Any]) -> set[str]:
    outcomes = [e["resource"] for e in bundle["entry"] if "issue" in e["resource"]]
    return {one["details"]["coding"][0]["code"] for o in outcomes for one in o["issue"]}


@pytest.mark.parametrize("name", INPUTS)
def test_every_prefix_of_it_is_read_or_refused(name: str) -> None:
    """A connection may break anywhere."""
    raw = content(name)[:400]
    for end in range(len(raw)):
        try:
            read(raw[:end])
        except NotHl7 as error:
            assert error.reason
