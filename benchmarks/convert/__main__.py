"""`python -m benchmarks.convert`: measures everybody round by round and prints the table."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from benchmarks.convert.contestants import Contestant, Missing, Round, hl7apy, ours, python_hl7
from benchmarks.convert.java_converter import linuxforhealth
from benchmarks.convert.messages import messages
from benchmarks.convert.table import table
from lfd.collector import spare_the_collector

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"


def main() -> int:
    """Measures what is here; returns the exit code."""
    chosen = _arguments()
    found = messages(chosen.corpus, chosen.least)
    if not found:
        print(f"{chosen.corpus}: no message to measure with", file=sys.stderr)
        return 1
    sizes = [len(raw) for raw in found]
    mean = sum(sizes) / len(sizes)
    print(f"{len(found)} messages, median {median(sizes):.0f} bytes, mean {mean:.0f}\n")
    with ExitStack() as stack:
        contestants = _contestants(found, stack)
        rounds = _measure(contestants, chosen.rounds, chosen.warm_up)
    print(table(rounds, len(found)))
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.convert", description=__doc__)
    parser.add_argument("--corpus", type=Path, default=CORPUS, help="a folder of HL7 v2 files")
    parser.add_argument("--least", type=int, default=400, help="the least size; default 400 bytes")
    parser.add_argument("--rounds", type=int, default=7, help="rounds that count; default 7")
    parser.add_argument(
        "--warm-up", type=int, default=5, help="rounds before, for Java to compile; default 5"
    )
    return parser.parse_args()


def _contestants(found: Sequence[bytes], stack: ExitStack) -> list[Contestant]:
    def java(raws: Sequence[bytes]) -> Contestant:
        return stack.enter_context(linuxforhealth(raws))

    contestants = ours(found)
    for make in (python_hl7, hl7apy, java):
        try:
            contestants.append(make(found))
        except Missing as missing:
            print(f"left out: {missing}", file=sys.stderr)
    return contestants


def _measure(
    contestants: Sequence[Contestant], rounds: int, warm_up: int
) -> dict[Contestant, list[Round]]:
    """Everybody once in every round, so that a busy machine is as busy for all."""
    measured: dict[Contestant, list[Round]] = {who: [] for who in contestants}
    for number in range(warm_up + rounds):
        if number == warm_up:
            spare_the_collector()  # as every process of ours does
        for who in contestants:
            one = who.run()
            if number >= warm_up:
                measured[who].append(one)
    return measured


if __name__ == "__main__":
    sys.exit(main())
