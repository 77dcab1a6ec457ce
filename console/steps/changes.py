"""What became of a review since a page showed it: for whoever took a step on an older version."""

from __future__ import annotations

from collections.abc import Iterator

from console.case.review import Review
from console.wording import day


def changes(before: Review, after: Review) -> list[str]:
    """Takes a review as it was shown and as it is; returns what changed, in sentences."""
    return list(_changes(before, after))


def _changes(before: Review, after: Review) -> Iterator[str]:
    if before.state_words != after.state_words:
        yield f"It was “{before.state_words}”, and is now “{after.state_words}”."
    if before.lead != after.lead:
        yield f"Before: {before.lead} Now: {after.lead}"
    if before.offered_to != after.offered_to:
        if after.offered_to:
            yield f"The lead is offered to {after.offered_to}."
        else:
            yield f"The lead is no longer offered to {before.offered_to}."
    if before.necessity != after.necessity and after.necessity:
        yield f"How far it is needed: {after.necessity}."
    if before.due != after.due:
        yield f"It is now due on {day(after.due)}." if after.due else "Nothing is due now."
    for reason in _more(before.why, after.why):
        yield f"New reason for the review: {reason}"
    for evidence in _more(before.evidence, after.evidence):
        yield f"New evidence: {evidence}"
    for joined in _more(before.contributors, after.contributors):
        yield f"{joined} joined."
    for left in _more(after.contributors, before.contributors):
        yield f"{left} left."
    if before.family_contact != after.family_contact:
        yield "The family’s point of contact changed."
    for words in _more(before.disagreements, after.disagreements):
        yield f"Disagreement: {words}"
    for words in _more(before.declined, after.declined):
        yield f"Declined to lead: {words}"


def _more(before: list[str], after: list[str]) -> list[str]:
    return [one for one in after if one not in before]
