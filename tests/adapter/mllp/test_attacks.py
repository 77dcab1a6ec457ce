"""Peers that are slow, greedy or mad: each is cut off, and good senders notice nothing."""

from __future__ import annotations

import asyncio
import os

import pytest
from prometheus_client import CollectorRegistry

from adapter.admission import AdmissionLimits
from adapter.certificate import Certificate
from adapter.metrics import Metrics
from adapter.mllp.client import Client, NoAnswer
from adapter.mllp.framing import Frame, Oversize, frame
from tests.adapter.mllp.peers import HERE, echo, listening, peer, serving, undisturbed


async def test_block_that_drips(metrics: Metrics) -> None:
    async with (
        serving(metrics, listening(block=0.3)) as server,
        Client(HERE, server.port) as good,
        undisturbed(good),
        peer(server) as slow,
    ):
        await slow.drip(b"\x0b" + b"x" * 100_000)
        assert await slow.rest() == b""


async def test_opened_and_never_used(metrics: Metrics) -> None:
    async with (
        serving(metrics, listening(idle=0.3)) as server,
        Client(HERE, server.port) as good,
        undisturbed(good),
        peer(server) as silent,
    ):
        assert await silent.rest() == b""


@pytest.mark.parametrize("byte", [b"\r", b"\n", b"?"])
async def test_bytes_between_blocks_buy_no_time(metrics: Metrics, byte: bytes) -> None:
    async with (
        serving(metrics, listening(idle=0.3)) as server,
        Client(HERE, server.port) as good,
        undisturbed(good),
        peer(server) as waster,
    ):
        await waster.drip(byte * 100_000)


async def test_half_closed_gets_its_answers_and_is_closed(metrics: Metrics) -> None:
    async with (
        serving(metrics, listening()) as server,
        Client(HERE, server.port) as good,
        undisturbed(good),
        peer(server) as half,
    ):
        half.send(frame(b"a") + b"\x0bnever finished")
        half.writer.write_eof()
        assert await half.rest() == frame(b"a")


async def test_oversize_block_costs_no_memory_and_is_answered(metrics: Metrics) -> None:
    async with (
        serving(metrics, listening(message=10_000)) as server,
        Client(HERE, server.port) as good,
        undisturbed(good),
        peer(server) as greedy,
    ):
        greedy.send(frame(b"x" * 3_000_000))
        greedy.writer.write_eof()
        assert await greedy.rest() == frame(b"oversize 3000000")


async def test_endless_block_is_cut_off(metrics: Metrics) -> None:
    async with (
        serving(metrics, listening(message=10_000, block=0.3)) as server,
        Client(HERE, server.port) as good,
        undisturbed(good),
        peer(server) as greedy,
    ):
        greedy.send(b"\x0b")
        with pytest.raises(ConnectionError):
            while True:
                greedy.send(b"x" * 100_000)
                await greedy.writer.drain()
                await asyncio.sleep(0.001)


async def test_a_little_garbage_before_a_block_is_passed_over(
    metrics: Metrics, samples: CollectorRegistry
) -> None:
    async with serving(metrics, listening(junk=100)) as server, peer(server) as odd:
        odd.send(b"HELLO\r\n" + frame(b"a"))
        odd.writer.write_eof()
        assert await odd.rest() == frame(b"a")
    assert samples.get_sample_value("adapter_mllp_junk_bytes_total") == 5


async def test_much_garbage_is_cut_off(metrics: Metrics) -> None:
    async with (
        serving(metrics, listening(junk=100)) as server,
        Client(HERE, server.port) as good,
        undisturbed(good),
        peer(server) as mad,
    ):
        mad.send(os.urandom(10_000).replace(b"\x0b", b"?"))
        assert await mad.rest() == b""


async def test_one_address_cannot_take_all_connections(
    metrics: Metrics, samples: CollectorRegistry
) -> None:
    limits = AdmissionLimits(connections=10, of_address=3)
    async with (
        serving(metrics, listening(admission=limits)) as server,
        Client(HERE, server.port) as one,
        Client(HERE, server.port) as two,
        Client(HERE, server.port) as three,
        undisturbed(three),
    ):
        for _ in range(5):
            async with Client(HERE, server.port) as more:
                with pytest.raises(NoAnswer):
                    await more.send(b"4")
        assert await one.send(b"1") == b"1"
        assert await two.send(b"2") == b"2"
    labels = {"door": "mllp", "reason": "too-many-of-address"}
    assert samples.get_sample_value("adapter_connections_refused_total", labels) == 5


async def test_blocks_that_wait_for_their_answer_are_bounded_in_bytes(metrics: Metrics) -> None:
    gate = asyncio.Event()
    held: list[int] = []

    async def gated(event: Frame | Oversize, certificate: Certificate | None) -> list[bytes]:
        assert isinstance(event, Frame)
        held.append(len(event.content))
        await gate.wait()
        return await echo(event, certificate)

    where = listening(message=50_000, pipelined_bytes=100_000)
    async with serving(metrics, where, gated) as server, Client(HERE, server.port) as client:
        sending = asyncio.gather(*(client.write(b"x" * 40_000) for _ in range(20)))
        while sum(held) < 80_000:
            await asyncio.sleep(0.01)
        for _ in range(50):
            await asyncio.sleep(0)
        assert sum(held) == 80_000
        gate.set()
        await sending
        for _ in range(20):
            assert await client.answer() == b"x" * 40_000


async def test_a_peer_that_never_reads_its_answers_is_cut_off(metrics: Metrics) -> None:
    async def much(_: Frame | Oversize, __: Certificate | None) -> list[bytes]:
        return [b"x" * 1_000_000]

    async with (
        serving(metrics, listening(idle=0.3), much) as server,
        peer(server) as deaf,
    ):
        with pytest.raises(ConnectionError):
            while True:
                deaf.send(frame(b"more"))
                await deaf.writer.drain()
                await asyncio.sleep(0.001)
