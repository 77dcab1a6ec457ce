"""Messages of our own making with what is right for each, and the verdict on what a converter
made of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any

import yaml

from conformance.side_by_side.leaves import Leaves, values

FILE = Path(__file__).with_name("cases.yaml")
NOTHING = "nothing"


class Verdict(Enum):
    """What became of a fact."""

    KEPT = "kept"
    LOST = "lost"
    WRONG = "wrong"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Fact:
    """What a field says and where it belongs; `why` is for readers."""

    field: str
    places: tuple[str, ...]
    right: tuple[str, ...]
    why: str

    def verdict(self, said: Leaves | None) -> Verdict:
        """Takes what a converter made of the message (None: it refused it); returns what became of
        the fact."""
        if said is None:
            return Verdict.REFUSED
        found = [value for place in self.places for value in values(said, place)]
        if not found:
            return Verdict.KEPT if self.right == (NOTHING,) else Verdict.LOST
        is_right = any(_same(value, right) for value in found for right in self.right)
        return Verdict.KEPT if is_right else Verdict.WRONG

    def said(self, said: Leaves | None) -> str:
        """Takes what a converter made of the message; returns what stands where the fact
        belongs."""
        found = [] if said is None else [v for place in self.places for v in values(said, place)]
        return ", ".join(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class Case:
    """A message, and the facts in it."""

    name: str
    message: bytes
    facts: tuple[Fact, ...]


def load(path: Path = FILE) -> list[Case]:
    """Takes the file of the cases; returns them."""
    written = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [_case(n, one, written["segments"]) for n, one in enumerate(written["cases"], 1)]


def _case(number: int, written: dict[str, Any], segments: dict[str, str]) -> Case:
    when = "20260309061104"
    header = f"MSH|^~\\&|PAS|ZT1|LFD|ROUTE|{when}||ADT^{written['event']}|SIDE-{number}|P|2.4"
    named: list[str] = written["lines"]
    lines = [segments.get(line, line) for line in named]
    message = "\r".join([header, f"EVN||{when}", *lines, ""])
    facts = tuple(_fact(one) for one in written["facts"])
    return Case(written["name"], message.encode(), facts)


def _fact(written: dict[str, Any]) -> Fact:
    said: str | list[str] = written["is"]
    right = tuple(said) if isinstance(said, list) else (said,)
    places = [written["at"], *([written["or_at"]] if "or_at" in written else [])]
    return Fact(written["field"], tuple(places), right, written.get("why", ""))


def _same(value: str, right: str) -> bool:
    """Equal, or the same moment written with the same offset from UTC: the offset says which day
    it was."""
    if value == right:
        return True
    try:
        one, other = datetime.fromisoformat(value), datetime.fromisoformat(right)
    except ValueError:
        return False
    return "T" in value and one == other and one.utcoffset() == other.utcoffset()
