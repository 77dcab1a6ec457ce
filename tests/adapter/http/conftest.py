"""Every test of sockets runs on both event loops: the library's, and uvloop's as in production."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import pytest
import uvloop


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Names the loops, and says how each is made."""
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
