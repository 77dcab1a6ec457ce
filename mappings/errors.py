"""What a mistake in a mapping is reported as, once, when the mappings are loaded."""

from __future__ import annotations


class MappingError(ValueError):
    """A mapping file cannot be used; names the file, the line, and what was expected there."""

    def __init__(self, file: str, line: int, expected: str) -> None:
        super().__init__(f"{file}, line {line}: {expected}")
        self.file = file
        self.line = line
        self.expected = expected
