"""How much of a message is read, so that none takes minutes or the whole memory.

The numbers are far above what any sender has a use for; docs/bad-input.md says what happens beyond.
"""

from __future__ import annotations

MOST_SEGMENTS = 10_000
"""A message of more is not read at all."""

MOST_REPETITIONS = 1_000
"""What a field repeats beyond this stays in its raw text and is not read."""
