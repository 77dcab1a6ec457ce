"""The MLLP listener on real sockets: order, pipelining, partial reads, limits, stopping."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from adapter.admission import AdmissionLimits
from adapter.certificate import Certificate
from adapter.metrics import Metrics
from adapter.mllp.client import Client, NoAnswer
from adapter.mllp.connection import ConnectionLimits
from adapter.mllp.framing import Frame, Oversize, frame
from adapter.mllp.server import Handle, Listening, Server
from tests.adapter.mllp.peers import peer

HERE = "127.0.0.1"
LISTENING = Listening(HERE, 0)


async def echo(event: Frame | Oversize, _: Certificate | None) -> list[bytes]:
    return [event.content if isinstance(event, Frame) else b"too long " + event.head[:5]]


@asynccontextmanager
async def serving(
    metrics: Metrics, handle: Handle = echo, listening: Listening = LISTENING
) -> AsyncGenerator[Server]:
    server = Server(listening, handle, metrics)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


def limited(**limits: float) -> Listening:
    return replace(LISTENING, each=replace(ConnectionLimits(), **limits))


def admitting(**limits: int) -> Listening:
    return replace(LISTENING, admission=replace(AdmissionLimits(), **limits))


async def test_one_message_one_answer(metrics: Metrics) -> None:
    async with serving(metrics) as server, Client(HERE, server.port) as client:
        assert await client.send(b"one") == b"one"
        assert await client.send(b"two") == b"two"


async def test_pipelined_messages_are_worked_on_together_and_answered_in_order(
    metrics: Metrics,
) -> None:
    together = asyncio.Barrier(10)

    async def last_first(event: Frame | Oversize, _: Certificate | None) -> list[bytes]:
        assert isinstance(event, Frame)
        await together.wait()
        await asyncio.sleep((10 - int(event.content)) * 0.005)
        return [event.content]

    async with serving(metrics, last_first) as server, Client(HERE, server.port) as client:
        for n in range(10):
            await client.write(b"%d" % n)
        assert [await client.answer() for _ in range(10)] == [b"%d" % n for n in range(10)]


async def test_message_in_single_bytes(metrics: Metrics) -> None:
    async with serving(metrics) as server:
        reader, writer = await asyncio.open_connection(HERE, server.port)
        for byte in frame(b"slow") + b"\x0bno CR\x1c":
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0)
        expected = frame(b"slow") + frame(b"no CR")
        assert await reader.readexactly(len(expected)) == expected
        writer.close()
        await writer.wait_closed()


async def test_many_connections(metrics: Metrics) -> None:
    async def talk(port: int, name: int) -> list[bytes]:
        async with Client(HERE, port) as client:
            return [await client.send(b"%d/%d" % (name, n)) for n in range(20)]

    async with serving(metrics) as server:
        answers = await asyncio.gather(*(talk(server.port, name) for name in range(50)))
    assert answers == [[b"%d/%d" % (name, n) for n in range(20)] for name in range(50)]


async def test_oversize_message_is_answered_and_the_connection_goes_on(metrics: Metrics) -> None:
    async with (
        serving(metrics, listening=limited(message=1000)) as server,
        Client(HERE, server.port) as client,
    ):
        assert await client.send(b"x" * 300_000) == b"too long xxxxx"
        assert await client.send(b"small") == b"small"


async def test_silent_connection_is_closed(metrics: Metrics) -> None:
    async with (
        serving(metrics, listening=limited(idle=0.1)) as server,
        Client(HERE, server.port) as client,
    ):
        assert await client.send(b"one") == b"one"
        with pytest.raises(NoAnswer):
            await client.answer()


async def test_dripping_block_is_cut_off_without_an_answer(metrics: Metrics) -> None:
    async with serving(metrics, listening=limited(block=0.2)) as server, peer(server) as slow:
        slow.send(b"\x0bMSH|")
        await slow.drip(b"x" * 1000)
        assert await slow.rest() == b""


async def test_no_hl7_at_all_is_cut_off(metrics: Metrics) -> None:
    async with serving(metrics, listening=limited(junk=100)) as server, peer(server) as odd:
        odd.send(b"GET / HTTP/1.1 " * 100)
        assert await odd.rest() == b""


async def test_peer_that_closes_its_half_gets_its_answers(metrics: Metrics) -> None:
    async def slow(event: Frame | Oversize, _: Certificate | None) -> list[bytes]:
        await asyncio.sleep(0.05)
        return await echo(event, None)

    async with serving(metrics, slow) as server:
        reader, writer = await asyncio.open_connection(HERE, server.port)
        writer.write(frame(b"a") + frame(b"b") + b"\x0bnot finished")
        writer.write_eof()
        assert await reader.read() == frame(b"a") + frame(b"b")
        writer.close()


async def test_too_many_connections(metrics: Metrics) -> None:
    async with serving(metrics, listening=admitting(connections=1)) as server:
        async with Client(HERE, server.port) as first:
            await first.send(b"1")
            async with Client(HERE, server.port) as second:
                with pytest.raises(NoAnswer):
                    await second.send(b"2")
            assert await first.send(b"3") == b"3"
        while server._open:  # pyright: ignore[reportPrivateUsage]
            await asyncio.sleep(0.01)
        async with Client(HERE, server.port) as third:
            assert await third.send(b"4") == b"4"


async def test_back_pressure_holds_back_reading(metrics: Metrics) -> None:
    gate = asyncio.Event()
    at_once = 0

    async def gated(event: Frame | Oversize, _: Certificate | None) -> list[bytes]:
        nonlocal at_once
        at_once += 1
        await gate.wait()
        return await echo(event, None)

    async with (
        serving(metrics, gated, limited(pipelined=4)) as server,
        Client(HERE, server.port) as client,
    ):
        for n in range(20):
            await client.write(b"%d" % n)
        await asyncio.sleep(0.1)
        assert at_once == 4
        gate.set()
        assert [await client.answer() for _ in range(20)] == [b"%d" % n for n in range(20)]


async def test_stop_answers_what_was_read(metrics: Metrics) -> None:
    gate = asyncio.Event()

    async def gated(event: Frame | Oversize, _: Certificate | None) -> list[bytes]:
        await gate.wait()
        return await echo(event, None)

    server = Server(limited(pipelined=2), gated, metrics)
    await server.start()
    async with Client(HERE, server.port) as client, Client(HERE, server.port) as silent:
        for n in range(5):
            await client.write(b"%d" % n)
        await asyncio.sleep(0.05)
        stopping = asyncio.create_task(server.stop())
        await asyncio.sleep(0.05)
        gate.set()
        await stopping
        assert [await client.answer() for _ in range(5)] == [b"%d" % n for n in range(5)]
        for each in (client, silent):
            with pytest.raises(NoAnswer):
                await each.answer()


async def test_stop_does_not_wait_for_ever(metrics: Metrics) -> None:
    async def never(event: Frame | Oversize, _: Certificate | None) -> list[bytes]:
        await asyncio.Event().wait()
        return []

    server = Server(LISTENING, never, metrics)
    await server.start()
    async with Client(HERE, server.port) as client:
        await client.write(b"1")
        await asyncio.sleep(0.05)
        await server.stop(within=0.1)
        with pytest.raises(NoAnswer):
            await client.answer()


async def test_fault_in_the_handler_closes_without_an_answer(metrics: Metrics) -> None:
    async def broken(event: Frame | Oversize, _: Certificate | None) -> list[bytes]:
        raise ValueError("a secret")

    async with serving(metrics, broken) as server, Client(HERE, server.port) as client:
        with pytest.raises(NoAnswer):
            await client.send(b"1")


async def test_peer_that_vanishes_leaves_nothing_open(metrics: Metrics) -> None:
    async with serving(metrics) as server:
        _, writer = await asyncio.open_connection(HERE, server.port)
        writer.write(frame(b"x" * 100_000) * 20)
        await asyncio.sleep(0.02)
        writer.transport.abort()
        async with asyncio.timeout(5):
            while server._open:  # pyright: ignore[reportPrivateUsage]
                await asyncio.sleep(0.01)


async def test_client_gives_up_after_its_time(metrics: Metrics) -> None:
    async def never(event: Frame | Oversize, _: Certificate | None) -> list[bytes]:
        return []

    async with (
        serving(metrics, never) as server,
        Client(HERE, server.port, timeout=0.1) as client,
    ):
        with pytest.raises(NoAnswer, match="within"):
            await client.send(b"1")
