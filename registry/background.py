"""Ends tasks that run beside the requests."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from contextlib import suppress

AGAIN_SECONDS = 1.0


async def ended(tasks: Collection[asyncio.Task[None]]) -> None:
    """Takes tasks; returns when all have ended, cancelled where they go on. What one of them failed
    with is raised."""
    running = set(tasks)
    while running:
        # Again and again: where a wait ends in the moment it is cancelled, Python 3.11 lets the
        # cancellation go by (asyncio.wait_for).
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=AGAIN_SECONDS)
    for task in tasks:
        with suppress(asyncio.CancelledError):
            task.result()
