"""`lfd convert`: HL7 v2 messages to FHIR, as NDJSON, on all cores."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, BinaryIO

from adapter.conversion import Converter
from lfd.batches import batches, total_bytes
from lfd.checkpoint import Checkpoint, fingerprint, load
from lfd.collector import spare_the_collector
from lfd.conversion import Convert, Lines, Numbered, Printing
from lfd.cores import cores, in_order
from lfd.failure import Failure
from lfd.progress import Progress
from lfd.site import site
from lfd.unmapped import report

SOME_FAILED = 2
_SAVE_AFTER = 5_000
"""So many messages are written before a checkpoint, which waits for the disk."""


def run(chosen: Namespace) -> int:
    """Takes files and how to print; writes a line for each message, in order."""
    if chosen.unmapped:
        report(chosen.files, Converter(site(chosen.site)))
        return 0
    if chosen.resume and not chosen.output:
        raise Failure("--resume needs --output FILE: what was written half is cut off there")
    convert = Convert(
        site(chosen.site), Printing(chosen.pretty, chosen.minimise, counts_only=chosen.summary)
    )
    spare_the_collector()
    checkpoint = _checkpoint(chosen)
    with _output(chosen.output, checkpoint) as output:
        _convert(convert, chosen, checkpoint, output)
    if chosen.summary:
        for kind, count in sorted(checkpoint.outcomes.items(), key=_most_first):
            print(f"{count:6d}  {kind}")
    refused = sum(n for kind, n in checkpoint.outcomes.items() if kind.startswith("refused"))
    return SOME_FAILED if refused else 0


def _convert(convert: Convert, chosen: Namespace, checkpoint: Checkpoint, output: BinaryIO) -> None:
    progress = Progress(total_bytes(chosen.files))
    saved, done_bytes = checkpoint.messages, 0
    for batch, lines in _converted(convert, chosen, checkpoint.messages):
        output.write(lines.text)
        output.flush()
        _count(checkpoint, batch, lines)
        done_bytes += sum(len(message.raw) for message in batch)
        progress.show(checkpoint.messages, done_bytes)
        if chosen.resume and checkpoint.messages - saved >= _SAVE_AFTER:
            _save(checkpoint, chosen.resume, output)
            saved = checkpoint.messages
    if chosen.resume:
        _save(checkpoint, chosen.resume, output)
    progress.end()


def _converted(
    convert: Convert, chosen: Namespace, skip: int
) -> Iterator[tuple[list[Numbered], Lines]]:
    processes = chosen.processes or cores()
    return in_order(convert, batches(chosen.files, skip), processes)


def _count(checkpoint: Checkpoint, batch: list[Numbered], lines: Lines) -> None:
    checkpoint.messages += len(batch)
    checkpoint.output += len(lines.text)
    checkpoint.outcomes.update(lines.outcomes)


def _most_first(pair: tuple[str, int]) -> tuple[int, str]:
    return -pair[1], pair[0]


def _checkpoint(chosen: Namespace) -> Checkpoint:
    work: dict[str, Any] = {
        "files": [[file, fingerprint(file)] for file in chosen.files],
        "site": str(chosen.site) if chosen.site else None,
        "pretty": chosen.pretty,
        "minimise": chosen.minimise,
        "summary": chosen.summary,
        "output": str(chosen.output),
    }
    return load(chosen.resume, work) if chosen.resume else Checkpoint(work)


def _output(path: Path | None, checkpoint: Checkpoint) -> AbstractContextManager[BinaryIO]:
    """Where lines go: standard output, or a file that holds what the checkpoint says is done."""
    if path is None:
        return nullcontext(sys.stdout.buffer)
    try:
        if not checkpoint.output:
            return path.open("wb")
        if path.stat().st_size < checkpoint.output:
            raise Failure(f"{path}: shorter than its checkpoint says; delete both to begin anew")
        output = path.open("r+b")
        output.truncate(checkpoint.output)
        output.seek(checkpoint.output)
        return output
    except OSError as error:
        raise Failure(f"{path}: {error.strerror or 'cannot be written'}") from error


def _save(checkpoint: Checkpoint, path: Path, output: BinaryIO) -> None:
    output.flush()
    os.fsync(output.fileno())
    checkpoint.save(path)
