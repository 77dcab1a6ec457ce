"""The messages of files in batches, read a piece at a time."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import BinaryIO

from adapter import er7
from lfd.conversion import Numbered
from lfd.failure import Failure

MOST_MESSAGES = 250
MOST_BYTES = 500_000


def batches(files: Sequence[str], skip: int = 0) -> Iterator[list[Numbered]]:
    """Takes files, `-` for standard input, and how many messages to leave out at the start; yields
    the others, batch by batch."""
    batch: list[Numbered] = []
    size = 0
    for message in _messages(files):
        if skip:
            skip -= 1
            continue
        batch.append(message)
        size += len(message.raw)
        if len(batch) == MOST_MESSAGES or size >= MOST_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def total_bytes(files: Sequence[str]) -> int | None:
    """The size of all files together; None where one is standard input or a pipe."""
    paths = [Path(file) for file in files]
    if "-" in files or not all(path.is_file() for path in paths):
        return None
    return sum(path.stat().st_size for path in paths)


def _messages(files: Sequence[str]) -> Iterator[Numbered]:
    for file in files:
        number = 0
        with _open(file) as opened:
            for number, raw in enumerate(_read(file, opened), 1):
                yield Numbered(file, number, raw)
        if number == 0:
            yield Numbered(file, 0, b"")


def _open(file: str) -> AbstractContextManager[BinaryIO]:
    if file == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return Path(file).open("rb")
    except OSError as error:
        raise _unreadable(file, error) from error


def _read(file: str, opened: BinaryIO) -> Iterator[bytes]:
    try:
        yield from er7.split_file(opened)
    except OSError as error:
        raise _unreadable(file, error) from error


def _unreadable(file: str, error: OSError) -> Failure:
    return Failure(f"{file}: {error.strerror or 'cannot be read'}")
