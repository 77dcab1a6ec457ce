"""What becomes of the corpus, by source: `python -m tests.adapter.conversion.corpus_table`."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from adapter.conversion import Converter, Refusal
from adapter.door import Door
from adapter.er7 import split
from adapter.rules import door
from mappings import Site
from tests.adapter.conversion.messages import SHARED

CORPUS = SHARED / "corpus"
CONVERTED, NOT_RELEVANT, REFUSED, QUARANTINED = OUTCOMES = (
    "converted",
    "not relevant",
    "refused",
    "quarantined",
)


def outcome(converter: Converter, at: Door, raw: bytes) -> tuple[str, str]:
    """Takes a message; returns what becomes of it as a sender sends it, and the reason."""
    verdict = at.judge(raw)
    if verdict.reason is not None:
        return QUARANTINED if verdict.entry else REFUSED, verdict.reason.text
    try:
        conversion = converter.convert(raw)
    except Refusal as refusal:
        return QUARANTINED, refusal.text
    return CONVERTED if conversion.relevant else NOT_RELEVANT, conversion.reason


def outcomes(folder: Path) -> Iterator[tuple[str, str]]:
    """Takes a folder; yields the outcome and the reason of each message in it."""
    site = Site.default()
    converter, at = Converter(site), door(site)
    for path in sorted(folder.rglob("*.hl7")):
        for raw in split(path.read_bytes()):
            yield outcome(converter, at, raw)


def lines(corpus: Path) -> Iterator[str]:
    """Takes the corpus; yields the table, and below it the reasons with their numbers."""
    yield "| source | messages | " + " | ".join(OUTCOMES) + " |"
    yield "| --- |" + " ---: |" * (len(OUTCOMES) + 1)
    total: Counter[str] = Counter()
    reasons: Counter[tuple[str, str]] = Counter()
    for folder in sorted(path for path in corpus.iterdir() if path.is_dir()):
        found = list(outcomes(folder))
        counts = Counter(kind for kind, _ in found)
        total += counts
        reasons.update((kind, reason) for kind, reason in found if kind != CONVERTED)
        yield _line(folder.name, counts)
    yield _line("all", total)
    yield ""
    for (kind, reason), count in reasons.most_common():
        yield f"{count:5d}  {kind}: {reason}"


def _line(name: str, counts: Counter[str]) -> str:
    cells = [str(counts[kind]) for kind in OUTCOMES]
    return f"| {name} | {counts.total()} | " + " | ".join(cells) + " |"


def main() -> int:
    """Prints the table; 1 where there is no corpus."""
    if not CORPUS.is_dir():
        print("the shared corpus is not here", file=sys.stderr)
        return 1
    for line in lines(CORPUS):
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
