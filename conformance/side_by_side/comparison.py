"""What the two converters make of the same messages: of a folder by removal, of our cases by what
is right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from adapter.er7 import read, split
from adapter.er7.delimiters import NotHl7
from conformance.side_by_side.cases import Case, Fact, Verdict
from conformance.side_by_side.converters import Convert
from conformance.side_by_side.leaves import Leaves
from conformance.side_by_side.removal import Field, valued, without

# A field is emptied in so many of the messages that have it; one of them can show that it is used.
# One is too few to look at: what a converter does with a field may rest on its value, or on what
# stands beside it.
EXAMPLES = 5
_LARGEST = 100_000
Pair = tuple[Leaves | None, Leaves | None]


@dataclass(frozen=True, slots=True)
class Judged:
    """One fact of one of our cases: what became of it in our conversion and in theirs, and what
    they say in its place."""

    case: str
    fact: Fact
    ours: Verdict
    theirs: Verdict
    they_say: str


@dataclass(frozen=True, slots=True)
class Used:
    """A field of the corpus, and whether our conversion and theirs say something else without
    it."""

    field: Field
    by_us: bool
    by_them: bool


@dataclass(frozen=True, slots=True)
class Event:
    """A trigger event: how many messages there are, and how many each converter takes."""

    name: str
    messages: int
    by_us: int
    by_them: int


def judged(cases: Sequence[Case], ours: Convert, theirs: Convert) -> list[Judged]:
    """Takes our cases and the converters; returns what became of each fact."""
    messages = [case.message for case in cases]
    rows: list[Judged] = []
    for case, we, they in zip(cases, ours(messages), theirs(messages), strict=True):
        for fact in case.facts:
            said = fact.said(they)
            rows.append(Judged(case.name, fact, fact.verdict(we), fact.verdict(they), said))
    return rows


def corpus(folders: Iterable[Path]) -> list[str]:
    """Takes folders of `*.hl7` files; returns their ADT messages that are UTF-8 and not of
    megabytes, each once, with segments that end in CR."""
    found: dict[str, None] = {}
    for folder in folders:
        for path in sorted(folder.rglob("*.hl7")):
            for raw in split(path.read_bytes()):
                text = _readable(raw)
                if text is not None:
                    found.setdefault(text)
    return list(found)


def events(messages: Sequence[str], of: Sequence[Pair]) -> list[Event]:
    """Takes messages and what both make of each; returns the trigger events, the most frequent
    first."""
    counted: Counter[str] = Counter()
    us: Counter[str] = Counter()
    them: Counter[str] = Counter()
    for message, (we, they) in zip(messages, of, strict=True):
        name = _event(message)
        counted[name] += 1
        us[name] += we is not None
        them[name] += they is not None
    return [Event(name, n, us[name], them[name]) for name, n in counted.most_common()]


def converted(messages: Sequence[str], ours: Convert, theirs: Convert) -> list[Pair]:
    """Takes messages and the converters; returns what both make of each."""
    raw = [message.encode() for message in messages]
    return list(zip(ours(raw), theirs(raw), strict=True))


def used(messages: Sequence[str], of: Sequence[Pair], ours: Convert, theirs: Convert) -> list[Used]:
    """Takes messages, what both make of each, and the converters; returns each field that has a
    value in a message that both take, in order."""
    trials = list(_trials(messages, of))
    without_it = converted([without(messages[at], field) for at, field in trials], ours, theirs)
    by_us: dict[Field, bool] = {}
    by_them: dict[Field, bool] = {}
    for (at, field), (we, they) in zip(trials, without_it, strict=True):
        by_us[field] = by_us.get(field, False) or we != of[at][0]
        by_them[field] = by_them.get(field, False) or they != of[at][1]
    return [Used(field, by_us[field], by_them[field]) for field in sorted(by_us)]


def _trials(messages: Sequence[str], of: Sequence[Pair]) -> Iterable[tuple[int, Field]]:
    having: dict[Field, list[tuple[int, str]]] = {}
    for at, (message, (we, they)) in enumerate(zip(messages, of, strict=True)):
        if we is not None and they is not None:
            for field, value in valued(message).items():
                having.setdefault(field, []).append((at, value))
    return [(at, field) for field, where in having.items() for at in _examples(where)]


def _examples(where: Sequence[tuple[int, str]]) -> list[int]:
    """Other values first: the corpus repeats itself, and the same value again shows little."""
    first_with: dict[str, int] = {}
    again: list[int] = []
    for at, value in where:
        if first_with.setdefault(value, at) != at:
            again.append(at)
    return [*first_with.values(), *again][:EXAMPLES]


def _readable(raw: bytes) -> str | None:
    if len(raw) > _LARGEST:
        return None
    try:
        header = read(raw).all("MSH")[0]
        text = raw.decode("utf-8").replace("\r\n", "\r").replace("\n", "\r")
    except (NotHl7, UnicodeDecodeError):
        return None
    return text if header.text(9) == "ADT" and not header.text(18) else None


def _event(message: str) -> str:
    return read(message.encode()).all("MSH")[0].text(9, 2) or "none"
