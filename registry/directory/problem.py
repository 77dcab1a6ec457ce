"""What is wrong with a directory file, said so that a person can mend it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: the file's line (from 1), the column's name, and what was expected."""

    line: int
    column: str
    text: str


class DirectoryFileError(ValueError):
    """A directory file can't be taken; str() has one line for each problem, all of them at once."""

    def __init__(self, file: str, problems: Sequence[Problem]) -> None:
        self.file = file
        self.problems = tuple(problems)
        super().__init__("\n".join(f"{file}:{p.line}: {p.column}: {p.text}" for p in problems))
