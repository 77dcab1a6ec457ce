"""What `lfd load` tells at the end, and problem by problem where it is asked to."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TextIO

from adapter.history.judging import LEFT_OUT
from adapter.history.ledger import REPEATED, File, Problem
from adapter.treatment import CONVERTED, NOT_RELEVANT, QUARANTINED

_WORDS = {
    CONVERTED: "to be delivered",
    NOT_RELEVANT: "not relevant",
    QUARANTINED: "in quarantine",
    LEFT_OUT: "left out",
    REPEATED: "already there",
}


class Report:
    """Counts outcomes, and problems by what they say; holds no message."""

    def __init__(self, every: TextIO | None = None, lines: TextIO | None = None) -> None:
        """Takes where to write every problem as JSON, and where as a line for people."""
        self.outcomes: Counter[str] = Counter()
        self.files = 0
        self._every = every
        self._lines = lines
        self._counts: Counter[tuple[str, str, str]] = Counter()
        self._first: dict[tuple[str, str, str], str] = {}
        self._file_faults = 0

    def add(self, file: File, problems: Iterable[tuple[Problem, str]]) -> None:
        """Takes problems of a file, each with the outcome of its message."""
        for problem, outcome in problems:
            self._file_faults += not problem.number
            what = (outcome, problem.location, problem.text)
            self._counts[what] += 1
            self._first.setdefault(what, file.place(problem))
            if self._every is not None:
                self._every.write(_as_json(file, problem, outcome))
            if self._lines is not None:
                at = f"{file.place(problem)}: " + f"{problem.location}: " * bool(problem.location)
                self._lines.write(f"{at}{problem.text}\n")

    @property
    def has_faults(self) -> bool:
        """True where something is in quarantine or was left out."""
        return bool(self.outcomes[QUARANTINED] or self.outcomes[LEFT_OUT] or self._file_faults)

    def told(self) -> Iterator[str]:
        """Yields the lines that say what came of it all."""
        total = sum(self.outcomes.values())
        counts = [
            f"{self.outcomes[outcome]:,} {words}"
            for outcome, words in _WORDS.items()
            if self.outcomes[outcome]
        ]
        told = f": {', '.join(counts)}" if counts else ""
        yield f"{total:,} messages of {self.files:,} files{told}"
        for what, count in self._counts.most_common():
            outcome, location, text = what
            at = f"{location}: " if location else ""
            yield f"{count:8,d}  {_WORDS[outcome]}: {at}{text} (first: {self._first[what]})"


def _as_json(file: File, problem: Problem, outcome: str) -> str:
    told = {
        "file": file.name,
        "message" if file.unit == "byte" else "row": problem.number or None,
        file.unit: problem.place,
        "outcome": outcome,
        "inbox_id": problem.inbox_id,
        "code": problem.code,
        "location": problem.location,
        "text": problem.text,
    }
    return json.dumps({name: value for name, value in told.items() if value is not None}) + "\n"
