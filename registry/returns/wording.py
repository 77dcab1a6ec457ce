"""Words that stand in every document, and in what sense."""

from __future__ import annotations

DUE_TO_PROBLEMS = "more likely than not due to problems in care"
CAVEAT = (
    "These figures say nothing in comparison. Organisations differ in whom they care for, in which "
    "deaths they choose to review and in how they judge; do not rank organisations by them, and do "
    "not add them up across organisations. They are for one organisation's own learning."
)
CAVEAT_SOURCE = "NHS Improvement 2017, Implementing the Learning from Deaths framework"
DISCLOSURE_NOTE = (
    "Numbers from 1 to 7 are not shown (*), nor are others from which such a number would follow; "
    "the rest is rounded to the nearest 5, totals from their true value. 0 is shown. Parts may "
    "therefore not add up to their total. A change is shown only where the rounded number changed."
)
DISCLOSURE_SOURCE = "Rule for Hospital Episode Statistics below national level, September 2018"
OWN_NOTE = "Exact numbers, for the organisation's own board: not for publication."
