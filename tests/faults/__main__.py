"""`python -m tests.faults --kills N --seed S`: kills as often as you like, and what came of it."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from argparse import ArgumentParser
from pathlib import Path

from tests.faults.area import running
from tests.faults.campaign import Campaign


async def _run(kills: int, seed: int, root: Path) -> None:
    began = time.monotonic()
    async with running(root) as area:
        campaign = Campaign(area, seed)
        try:
            await campaign.run(kills)
        finally:
            ledger = area.sender.ledger
            print("| moment | killed | times |\n| --- | --- | --- |")
            for (moment, victim), times in sorted(campaign.done.kills.items()):
                print(f"| {moment} | {victim.replace('_', ' ')} | {times} |")
            print(
                f"\n{campaign.done.kills.total()} kills in {time.monotonic() - began:.0f} s, "
                f"seed {seed}, reckoned {campaign.done.reckonings} times; "
                f"{len(ledger.written)} messages, {len(ledger.acknowledged)} acknowledged, "
                f"{ledger.unanswered} times without an answer, "
                f"{ledger.refused.total()} times refused for later; "
                f"{len(set(area.receiver.numbers))} events, "
                f"{len(area.receiver.numbers)} notifications of them",
                flush=True,
            )


def main() -> int:
    """Runs it; returns 0 where nothing was lost, doubled or different."""
    parser = ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--kills", type=int, default=100, help="how many; default: 100")
    parser.add_argument("--seed", type=int, default=1, help="says what is killed when")
    parser.add_argument("--keep", type=Path, help="a directory for the processes' logs")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        try:
            asyncio.run(_run(chosen.kills, chosen.seed, chosen.keep or Path(made)))
        except AssertionError as error:
            print(f"FAILED: {error}", file=sys.stderr)
            return 1
    print("nothing lost, nothing doubled, the same state as undisturbed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
