"""Why a step is not taken."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StepRefused(Exception):
    """The step is not allowed: FHIR issue code, where, why, and what would be allowed."""

    code: str
    expression: str
    text: str
