"""The primary of a real cluster killed under load, as a process and as a node. The long run, twenty
kills, is `python -m tests.cluster.drill`; docs/cluster.md has its table."""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path

import pytest

from tests.cluster.drill import drill
from tests.cluster.nodes import missing

# It takes about two minutes, and programs that no Python package brings.
NEEDED = missing()


@pytest.mark.skipif(not os.environ.get("LFD_NIGHTLY"), reason="runs at night: LFD_NIGHTLY=1")
@pytest.mark.skipif(bool(NEEDED), reason=f"not installed: {', '.join(NEEDED)}")
@pytest.mark.timeout(600)
def test_nothing_promised_is_lost_when_the_primary_is_killed() -> None:
    # Not tmp_path: the server's account has to get there.
    with tempfile.TemporaryDirectory(prefix="lfd-cluster-") as directory:
        Path(directory).chmod(0o711)
        result = asyncio.run(drill(Path(directory), ["process", "node"]))
    assert result.ledger.messages, "nothing was acknowledged"
    assert result.ledger.leads, "no lead was accepted"
    assert [fault.kind for fault in result.faults] == ["process", "node"]
    assert (result.lost_messages, result.doubled_messages) == (set(), set())
    assert (result.undelivered, result.lost_deaths, result.lost_leads) == (0, 0, 0)
