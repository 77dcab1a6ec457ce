"""`lfd site guess`: a first site file for a new sender, drafted from a sample of its messages."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator

from adapter import er7
from adapter.conversion.trigger import message_type
from adapter.er7 import Message, NotHl7
from adapter.site_guess import guess
from lfd.batches import batches
from lfd.failure import Failure
from mappings import Mappings


def run(chosen: Namespace) -> int:
    """Takes files; prints the draft, and on standard error how many messages were passed over."""
    sample = _Sample(chosen.files)
    draft = guess(sample, Mappings.load())
    if not sample.taken:
        raise Failure("there is no ADT message in these files: give a sample of the sender's own")
    print(draft, end="")
    if sample.passed_over:
        print(f"{sample.passed_over} messages passed over: no HL7 v2, or no ADT", file=sys.stderr)
    return 0


class _Sample:
    """The ADT messages of some files, one at a time."""

    def __init__(self, files: list[str]) -> None:
        self._files = files
        self.taken, self.passed_over = 0, 0

    def __iter__(self) -> Iterator[Message]:
        for batch in batches(self._files):
            for _, number, raw in batch:
                if not number:
                    continue
                message = _adt(raw)
                if message is None:
                    self.passed_over += 1
                else:
                    self.taken += 1
                    yield message


def _adt(raw: bytes) -> Message | None:
    try:
        message = er7.read(raw)
    except NotHl7:
        return None
    return message if message_type(message) == "ADT" else None
