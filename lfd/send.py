"""`lfd send`: messages by MLLP, with their acknowledgements."""

from __future__ import annotations

import asyncio
import sys
from argparse import Namespace
from collections.abc import Iterator

from adapter import er7
from adapter.acknowledgement import answers_asked
from adapter.mllp.client import Client, NoAnswer
from lfd.failure import Failure
from lfd.reading import read_bytes

ACCEPTED = {"AA", "CA"}
# For an answer that only some outcomes call for: the peer decides them together with the first.
GRACE_SECONDS = 1.0


def run(chosen: Namespace) -> int:
    """Takes files and an address; sends each message, prints what was answered."""
    messages = list(_messages(chosen.files))
    if not messages:
        raise Failure("there is no HL7 message in what was named")
    codes = asyncio.run(_send(chosen, messages))
    refused = sum(code not in ACCEPTED for code in codes)
    if refused:
        print(f"lfd: {refused} of {len(messages)} messages were not accepted", file=sys.stderr)
    return 1 if refused else 0


def _messages(files: list[str]) -> Iterator[bytes]:
    for file in files:
        found = list(er7.split(read_bytes(file)))
        if not found:
            print(f"lfd: {file}: no HL7 message in it", file=sys.stderr)
        yield from found


async def _send(chosen: Namespace, messages: list[bytes]) -> list[str]:
    codes: list[str] = []
    try:
        async with Client(*chosen.to, timeout=chosen.timeout) as client:
            for message in messages:
                await client.write(message)
                codes += [_show(answer) for answer in await _answers(client, message)]
            return codes
    except NoAnswer as error:
        raise Failure(
            f"{chosen.to}: {error}; what was not acknowledged may be sent again"
        ) from error
    except (OSError, TimeoutError) as error:
        raise Failure(f"{chosen.to} cannot be reached: is it listening?") from error


async def _answers(client: Client, message: bytes) -> list[bytes]:
    """The answers that the message asks for by MSH-15 and MSH-16; without them, one."""
    least, most = _asked(message)
    answers = [await client.answer() for _ in range(least)]
    for _ in range(most - least):
        try:
            answers.append(await asyncio.wait_for(client.answer(), GRACE_SECONDS))
        except TimeoutError:
            break
    return answers


def _asked(message: bytes) -> tuple[int, int]:
    try:
        return answers_asked(er7.read(message))
    except er7.NotHl7:
        return 1, 1


def _show(answer: bytes) -> str:
    """Prints the segments that matter to a person (MSA, ERR); returns the acknowledgement code."""
    message = er7.read(answer)
    told = [s for s in answer.decode("utf-8", "replace").split("\r") if s[:3] in ("MSA", "ERR")]
    print("\n".join(told), flush=True)
    acknowledgement = message.first("MSA")
    return acknowledgement.text(1) if acknowledgement else ""
