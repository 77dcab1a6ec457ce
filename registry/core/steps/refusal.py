"""Why a step is not taken."""

from __future__ import annotations


class StepRefused(Exception):
    """The step is not allowed: FHIR issue code, where, why, and what would be allowed."""

    # No frozen dataclass: contextlib sets `__traceback__` on what passes through it.
    def __init__(self, code: str, expression: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.expression = expression
        self.text = text
