"""`lfd convert` needs no more memory for a long stream than for a short one."""

from __future__ import annotations

import sys
from pathlib import Path
from threading import Thread

import pytest

from tests.lfd.convert.command import messages, start

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
LIMIT = 300_000_000
MESSAGES = 20_000


@pytest.mark.timeout(600)
def test_a_long_stream_stays_under_the_limit() -> None:
    with start("-", "--processes", "2") as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def feed() -> None:
            assert process.stdin is not None
            for message in messages(MESSAGES):
                process.stdin.write(message)
            process.stdin.close()

        Thread(target=feed).start()
        most = lines = 0
        for lines, _ in enumerate(process.stdout, 1):
            if lines % 1000 == 0:
                most = max(most, sum(map(proportional_bytes, family(process.pid))))
        assert process.wait() == 0
    assert lines == MESSAGES
    assert 0 < most < LIMIT


def family(pid: int) -> list[int]:
    """A process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *map(int, children)]


def proportional_bytes(pid: int) -> int:
    """The memory of a process, where what it shares is counted in parts (PSS)."""
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0  # it has just ended
    return next(
        int(line.split()[1]) * 1024 for line in rollup.splitlines() if line.startswith("Pss:")
    )
