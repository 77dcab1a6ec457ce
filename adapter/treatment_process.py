"""Treats messages in a process of its own, so that no answer at the door waits for a conversion.

Nothing is kept there: when that process dies, the batch in hand is treated again in a new one.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from adapter import child_process
from adapter.treatment import Treat, Treated, treat_each, unexpected


class TreatmentProcess:
    """Treats batches of messages; the process is started by the first of them."""

    def __init__(self, treat: Treat) -> None:
        """Takes what becomes of one message; it is sent to the process, so it must be picklable."""
        self._treat = treat
        self._pool: ProcessPoolExecutor | None = None

    async def treat(self, raws: Sequence[bytes]) -> list[Treated]:
        """Takes messages; returns what becomes of each, in order.

        A message that the process dies of is quarantined, and no other with it. BrokenProcessPool
        where no process lives long enough to treat anything.
        """
        try:
            return await self._run(raws)
        except BrokenProcessPool:
            return [await self._alone(raw) for raw in raws]

    def close(self) -> None:
        """Ends the process after what it has in hand."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None

    async def _alone(self, raw: bytes) -> Treated:
        try:
            return (await self._run([raw]))[0]
        except BrokenProcessPool as error:
            # Was it the message? Only where a process lives that is not given it.
            await self._run([])
            return unexpected(error)

    async def _run(self, raws: Sequence[bytes]) -> list[Treated]:
        if self._pool is None:
            # Not forked: this process has threads, and connections that are nobody else's.
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(1, context, _start, (self._treat,))
        pool = self._pool
        try:
            return await asyncio.get_running_loop().run_in_executor(pool, _run, list(raws))
        except BrokenProcessPool:
            self.close()
            raise


_treat: Treat | None = None
# Where processors are short, acknowledging comes first: a sender waits for it, and nobody for a
# conversion. It still gets about a third of what another process gets, so that it never stands.
_NICENESS = 5


def _start(treat: Treat) -> None:
    global _treat
    _treat = treat
    child_process.begin()
    os.nice(_NICENESS)


def _run(raws: list[bytes]) -> list[Treated]:
    assert _treat is not None
    return treat_each(_treat, raws)
