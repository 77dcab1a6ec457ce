"""What processes cost: time on a processor, and memory. Read from Linux's /proc."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds on a processor since the start, of the process itself and of its children; the
    memory of all of them in bytes, shared pages in parts (PSS)."""

    own: float
    of_children: float
    memory: int


def cost(pids: Sequence[int]) -> Cost:
    """Takes processes; returns what they and their living children cost together so far."""
    children = [child for pid in pids for child in _children(pid)]
    return Cost(
        sum(map(_seconds, pids)),
        sum(map(_seconds, children)),
        sum(map(_memory, [*pids, *children])),
    )


def _children(pid: int) -> list[int]:
    try:
        listed = [one.read_text() for one in Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:
        return []
    found = [int(word) for text in listed for word in text.split()]
    return found + [further for child in found for further in _children(child)]


def _seconds(pid: int) -> float:
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(after_name[11]) + int(after_name[12])) / _TICK


def _memory(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
