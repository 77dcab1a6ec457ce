"""The demo's child processes, where they do not do as they should."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from lfd.demo import children
from lfd.demo.children import Order
from lfd.failure import Failure

NOBODY = "http://127.0.0.1:9/readyz"


async def test_a_child_that_ends_at_start_says_why_in_one_line(tmp_path: Path) -> None:
    words = ["registry", "--database", f"postgresql://x@/none?host={tmp_path}"]
    with pytest.raises(Failure) as failure:
        async with children.running([Order("registry", words, NOBODY)], tmp_path):
            pass
    text = str(failure.value)
    assert text.startswith("the registry has ended: the database cannot be reached")
    assert "\n" not in text


async def test_the_others_are_stopped_when_one_does_not_start(tmp_path: Path) -> None:
    orders = [
        Order("first", ["send", "-", "--to", "127.0.0.1:9"], NOBODY),
        Order("second", ["client"], NOBODY),
    ]
    with pytest.raises(Failure, match="the second has ended"):
        async with asyncio.timeout(10):
            async with children.running(orders, tmp_path):
                pass
