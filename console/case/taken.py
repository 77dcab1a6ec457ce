"""What each step was, once it is taken."""

from __future__ import annotations

TAKEN = {
    "accept": "Accepted the lead",
    "decline": "Declined to lead",
    "offer": "Offered the lead to another organisation",
    "withdraw-offer": "Withdrew the offer of the lead",
    "start": "Started the review",
    "hold": "Put the review on hold",
    "resume": "Resumed the review",
    "screen": "Screened the death",
    "complete": "Completed the review",
    "reopen": "Reopened the review",
    "close": "Closed the review",
    "escalate": "Told the integrated care board that it is overdue",
    "join": "Joined the review",
    "leave": "Left the review",
    "liaise": "Named the family’s point of contact",
    "disagree": "Disagreed",
}
