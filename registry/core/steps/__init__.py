"""Steps on a review: what a client may change of a Task, and the decision that it amounts to.

A client sends the Task back with one change. Everything else must be as it was read: the rest of a
review follows from facts and is nobody's to edit.
"""

from __future__ import annotations

from registry.core.steps.permitted import permitted
from registry.core.steps.reading import Taken, leads_now, step
from registry.core.steps.refusal import StepRefused

__all__ = ["StepRefused", "Taken", "leads_now", "permitted", "step"]
