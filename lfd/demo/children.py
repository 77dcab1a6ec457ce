"""The processes of the demo: started together, awaited until they are ready, stopped together."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import httpx

from lfd.failure import Failure

READY_WITHIN = 60.0
STOP_WITHIN = 15.0
LOOK_EVERY = 0.05


@dataclass(frozen=True, slots=True)
class Order:
    """One `lfd` command to run: its name for people, its words, where it says it is ready, and the
    module that runs it."""

    name: str
    words: list[str]
    probe: str
    module: str = "lfd.demo.child"


class Child:
    """A running `lfd` command; what it writes is in its log."""

    def __init__(self, order: Order, process: Process, log: Path) -> None:
        self._order = order
        self._process = process
        self._log = log

    async def ready(self, http: httpx.AsyncClient) -> None:
        """Returns once it is ready. Failure: it ended, or took too long."""
        try:
            async with asyncio.timeout(READY_WITHIN):
                while not await self._answers(http):
                    if self._process.returncode is not None:
                        raise self._ended()
                    await asyncio.sleep(LOOK_EVERY)
        except TimeoutError as error:
            text = f"the {self._order.name} is not ready after {READY_WITHIN:.0f} seconds"
            raise Failure(f"{text}: see {self._log}") from error

    async def failed(self) -> Failure:
        """Returns why it ended, when it does without having been told to."""
        await self._process.wait()
        return self._ended()

    async def stop(self) -> None:
        """Tells it to stop and waits until it has; ends it by force when it does not."""
        with suppress(ProcessLookupError):
            self._process.terminate()
        try:
            async with asyncio.timeout(STOP_WITHIN):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    async def _answers(self, http: httpx.AsyncClient) -> bool:
        try:
            return (await http.get(self._order.probe)).is_success
        except httpx.HTTPError:
            return False

    def _ended(self) -> Failure:
        said = self._log.read_text(errors="replace").strip().splitlines()
        reason = said[-1].removeprefix("lfd: ") if said else f"exit code {self._process.returncode}"
        return Failure(f"the {self._order.name} has ended: {reason}")


@asynccontextmanager
async def running(orders: Iterable[Order], logs: Path) -> AsyncGenerator[list[Child]]:
    """Takes what to run and where logs go; gives the children, all ready, and stops them at the
    end. Failure: one of them did not start."""
    children: list[Child] = []
    try:
        for order in orders:
            children.append(await _start(order, logs))
        async with httpx.AsyncClient() as http:
            await _all_ready(children, http)
        yield children
    finally:
        await asyncio.gather(*(child.stop() for child in children))


async def first_failure(children: Iterable[Child]) -> Failure:
    """Takes the children; returns why the first of them ended, when one does."""
    waiting = [asyncio.create_task(child.failed()) for child in children]
    try:
        done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        return done.pop().result()
    finally:
        for task in waiting:
            task.cancel()


async def _all_ready(children: list[Child], http: httpx.AsyncClient) -> None:
    waiting = [asyncio.create_task(child.ready(http)) for child in children]
    try:
        await asyncio.gather(*waiting)
    finally:
        for task in waiting:
            task.cancel()


async def _start(order: Order, logs: Path) -> Child:
    log = logs / f"{order.name.replace(' ', '-')}.log"
    with _written_anew(log) as output:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", order.module, *order.words),
            stdin=PIPE,
            stdout=DEVNULL,
            stderr=output,
            # Ctrl-C in a terminal is for us alone: we stop them when their work is done.
            start_new_session=True,
        )
    return Child(order, process, log)


def _written_anew(log: Path) -> BinaryIO:
    log.parent.mkdir(parents=True, exist_ok=True)
    return log.open("wb")
