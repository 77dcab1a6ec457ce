"""The rates of everybody side by side, as a table for docs/benchmarks.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

from benchmarks.convert.contestants import Contestant, Round

_HEAD = (
    "| what | converted or read | messages/s (least–most) | times |",
    "| --- | --- | --- | --- |",
)


def table(rounds: Mapping[Contestant, Sequence[Round]], of: int) -> str:
    """Takes the rounds of everybody and how many messages there are; returns Markdown. `times` is
    our rate as so many of theirs: our reader's to readers, our JSON's to converters."""
    rates = {who: [r.done / r.seconds for r in done] for who, done in rounds.items()}
    lines = [_line(who, rounds[who][0].done, of, rates) for who in rounds]
    return "\n".join([*_HEAD, *lines])


def _line(who: Contestant, done: int, of: int, rates: Mapping[Contestant, Sequence[float]]) -> str:
    own = rates[who]
    rate = f"**{median(own):,.0f}** ({min(own):,.0f}–{max(own):,.0f})"
    return f"| {who.name} | {done} of {of} | {rate} | {_times(who, rates)} |"


def _times(who: Contestant, rates: Mapping[Contestant, Sequence[float]]) -> str:
    if who.name.startswith("our"):
        return ""
    name = "our conversion, as JSON" if who.converts else "our reader"
    ours = next(rate for other, rate in rates.items() if other.name == name)
    return f"{median(ours) / median(rates[who]):,.1f}"
