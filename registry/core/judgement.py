"""Judgements on a death: was it more likely than not due to problems in care?

Two opposite six-point scales are in use, so a score means nothing without its scale. PRISM (Hogan
2015): 6 is definitely, 4 is probably, more than 50:50. RCP and the NQB dashboard: 1 is definitely,
3 is probably, more than 50:50.
"""

from __future__ import annotations

from conformance import canonical
from registry.core.decision import Outcome

KIND = "judgement"
_MORE_LIKELY_THAN_NOT = {
    canonical.JUDGEMENT_PRISM: {"4", "5", "6"},
    canonical.JUDGEMENT_RCP_NQB: {"1", "2", "3"},
}
SCALES = tuple(_MORE_LIKELY_THAN_NOT)
SCORES = frozenset("123456")


def is_due_to_problems(outcome: Outcome) -> bool:
    """Takes an outcome of a review; True if it judges the death more likely than not due to
    problems in care."""
    return (
        outcome.kind == KIND
        and outcome.system is not None
        and outcome.code in _MORE_LIKELY_THAN_NOT.get(outcome.system, set())
    )
