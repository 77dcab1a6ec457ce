"""How far a conversion has come, kept in a file so that it can go on after it was stopped.

The checkpoint is written after the output it speaks of is on the disk. What stands in the output
beyond it was not finished and is cut off when the conversion goes on, so every message is there
exactly once.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lfd.failure import Failure

_END = 65_536
"""So many bytes at each end of a file tell it from another of its size."""


@dataclass(slots=True)
class Checkpoint:
    """`work` says which conversion this is; `messages` and `output` (bytes) are done."""

    work: dict[str, Any]
    messages: int = 0
    output: int = 0
    outcomes: Counter[str] = field(default_factory=Counter[str])

    def save(self, path: Path) -> None:
        """Takes where to keep it; replaces what is there in one step."""
        saved = {name: getattr(self, name) for name in ("work", "messages", "output", "outcomes")}
        new = path.with_name(f"{path.name}.new")
        try:
            with new.open("w", encoding="utf-8") as file:
                json.dump(saved, file)
                file.flush()
                os.fsync(file.fileno())
            new.replace(path)
        except OSError as error:
            raise Failure(f"{path}: {error.strerror or 'cannot be written'}") from error


def fingerprint(file: str) -> list[str | int] | None:
    """Takes an input file; returns what changes when somebody changes it: its size, its time of
    modification and the SHA-256 of its two ends. None for what is no file, such as a pipe."""
    path = Path(file)
    if file == "-" or not path.is_file():
        return None
    try:
        with path.open("rb") as opened:
            ends = hashlib.sha256(opened.read(_END))
            size = opened.seek(0, os.SEEK_END)
            opened.seek(max(0, size - _END))
            ends.update(opened.read(_END))
            return [size, os.fstat(opened.fileno()).st_mtime_ns, ends.hexdigest()]
    except OSError as error:
        raise Failure(f"{file}: {error.strerror or 'cannot be read'}") from error


def load(path: Path, work: dict[str, Any]) -> Checkpoint:
    """Takes a checkpoint file and which conversion is to go on; returns how far it is. Failure
    where the file is of another conversion."""
    if not path.exists():
        return Checkpoint(work)
    try:
        saved = json.loads(path.read_text(encoding="utf-8"))
        found = Checkpoint(
            saved["work"], saved["messages"], saved["output"], Counter(saved["outcomes"])
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Failure(f"{path}: this is no checkpoint of a conversion") from error
    if found.work != work:
        raise Failure(
            f"{path}: this is the checkpoint of another conversion (other files or options, or a"
            " file changed since); delete it to begin anew"
        )
    return found
