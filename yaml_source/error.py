"""What a mistake in a file is reported as, once, when the file is read."""

from __future__ import annotations


class SourceError(ValueError):
    """A file cannot be used; names the file, the line, and what was expected there."""

    def __init__(self, file: str, line: int, expected: str) -> None:
        super().__init__(f"{file}, line {line}: {expected}")
        self.file = file
        self.line = line
        self.expected = expected
