"""`lfd send`: messages by MLLP, with their acknowledgements."""

from __future__ import annotations

import asyncio
import sys
from argparse import Namespace
from collections.abc import Iterator

from adapter import er7
from adapter.mllp.client import Client, NoAnswer
from lfd.failure import Failure
from lfd.reading import read_bytes

ACCEPTED = {"AA", "CA"}


def run(chosen: Namespace) -> int:
    """Takes files and an address; sends each message, prints what was answered."""
    messages = list(_messages(chosen.files))
    if not messages:
        raise Failure("there is no HL7 message in what was named")
    codes = asyncio.run(_send(chosen, messages))
    refused = sum(code not in ACCEPTED for code in codes)
    if refused:
        print(f"lfd: {refused} of {len(codes)} messages were not accepted", file=sys.stderr)
    return 1 if refused else 0


def _messages(files: list[str]) -> Iterator[bytes]:
    for file in files:
        found = list(er7.split(read_bytes(file)))
        if not found:
            print(f"lfd: {file}: no HL7 message in it", file=sys.stderr)
        yield from found


async def _send(chosen: Namespace, messages: list[bytes]) -> list[str]:
    try:
        async with Client(*chosen.to, timeout=chosen.timeout) as client:
            return [_show(await client.send(message)) for message in messages]
    except NoAnswer as error:
        raise Failure(
            f"{chosen.to}: {error}; what was not acknowledged may be sent again"
        ) from error
    except (OSError, TimeoutError) as error:
        raise Failure(f"{chosen.to} cannot be reached: is it listening?") from error


def _show(answer: bytes) -> str:
    """Prints the segments that matter to a person (MSA, ERR); returns the acknowledgement code."""
    message = er7.read(answer)
    told = [s for s in answer.decode("utf-8", "replace").split("\r") if s[:3] in ("MSA", "ERR")]
    print("\n".join(told), flush=True)
    acknowledgement = message.first("MSA")
    return acknowledgement.text(1) if acknowledgement else ""
