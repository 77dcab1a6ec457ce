"""What the page after a step says was done. Only an address that this session made says it."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.requests import Request

from console.session.session import Session
from registry.core.decision import Step

_SAID = {
    Step.ACCEPT: "Your organisation leads the review.",
    Step.DECLINE: "Your organisation has declined to lead. The next organisation is asked.",
    Step.START: "The review is in progress.",
    Step.HOLD: "The review is on hold.",
    Step.RESUME: "The review is in progress again.",
    Step.SCREEN: "The result of the screening is saved.",
    Step.COMPLETE: "The review is completed.",
    Step.OFFER: "The lead is offered. Your organisation leads until the other accepts.",
    Step.WITHDRAW_OFFER: "The offer is withdrawn.",
    Step.JOIN: "Your organisation contributes to the review.",
    Step.LEAVE: "Your organisation no longer contributes to the review.",
    Step.LIAISE: "The family’s point of contact is saved.",
    Step.DISAGREE: "What your organisation sees differently is on record.",
    Step.REOPEN: "The review is open again.",
    Step.CLOSE: "The review is closed.",
    "answer": "Your answer is saved.",
    "concern": "The concern is raised. The case record review is required.",
    "concern-outside": "The concern is raised. It counts as soon as the death is known.",
    "take-back": "The concern is taken back.",
    "cohort-proposed": "The cohort is proposed. Your organisation has agreed to it.",
    "cohort-agreed": "Your organisation has agreed.",
    "cohort-withdrawn": "Your organisation takes no part any more. All exports of it are gone.",
    "export-asked": "The export is being made.",
    "export-removed": "The export is gone, with its files.",
}


def with_done(path: str, what: str, session: Session) -> str:
    """Takes the path of the next page and what was done; returns the address that says so."""
    return f"{path}?{urlencode({'done': what, 'seal': session.seal(what)})}"


def done_said(request: Request, session: Session) -> str | None:
    """Takes a request for a page; returns what was done before it, in a sentence."""
    what = request.query_params.get("done", "")
    if not session.is_sealed(what, request.query_params.get("seal", "")):
        return None
    return _SAID.get(what)
