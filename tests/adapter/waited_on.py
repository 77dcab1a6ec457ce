"""An event that says when somebody begins to wait for it: no test need guess by the clock whether a
worker is idle."""

from __future__ import annotations

import asyncio
from typing import Literal


class WaitedOn(asyncio.Event):
    """An event; `waited` is set once somebody waits for it."""

    def __init__(self) -> None:
        super().__init__()
        self.waited = asyncio.Event()

    async def wait(self) -> Literal[True]:
        """Waits, and says so before."""
        self.waited.set()
        return await super().wait()
