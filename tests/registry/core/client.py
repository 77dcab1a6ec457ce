"""A FHIR client: sends a Task back with the one change that a step is."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from conformance import canonical
from nhs import addresses
from registry.core.decision import Step
from registry.core.fhir.elements import concept, kind_of, task_input, task_output

Task = dict[str, Any]

NOT_SELECTED = "screen not-selected"
REASON = {"text": "as agreed with those concerned"}
REOPENED = {"text": "something new has come to light"}
HELD = {
    "coding": [{"system": canonical.REVIEW_REASON, "code": "coroner"}],
    "text": "Inquest opened",
}


def organisation(ods: str) -> Task:
    """A Reference to an organisation, as a client writes one."""
    return {
        "reference": f"Organization/{ods}",
        "identifier": {"system": addresses.ODS_ORGANISATION, "value": ods},
    }


def owner(task: Task) -> str | None:
    """Who leads the review of a Task, or is asked to."""
    return task.get("owner", {}).get("identifier", {}).get("value")


def of_kind(task: Task, kind: str) -> list[Task]:
    """The inputs of a kind."""
    return [i for i in task.get("input", []) if kind_of(i, canonical.REVIEW_INPUT) == kind]


def referred(task: Task, kind: str) -> list[str]:
    """The organisations that the inputs of a kind refer to."""
    return [i["valueReference"]["identifier"]["value"] for i in of_kind(task, kind)]


def changed(task: Task, step: str, by: str, to: str) -> Task | None:
    """Takes a Task, a step (`Step`, or NOT_SELECTED), who takes it, and whom an offer is for;
    returns the Task as a client sends it, None where the step is no change of this Task."""
    sent = deepcopy(task)
    change = _CHANGES[step]
    change(sent, by, to)
    return None if sent == task else sent


def _status(status: str, *, reason: Task | None = None, was: str | None = None) -> _Change:
    def change(task: Task, by: str, to: str) -> None:
        if was is None or task["status"] == was:
            task["status"] = status
            if reason:
                task["statusReason"] = reason

    return change


def _accept(task: Task, by: str, to: str) -> None:
    if by in referred(task, "offered-to"):
        task["owner"] = organisation(by)
        _without(task, "offered-to")
    else:
        task["status"] = "accepted"


def _decline(task: Task, by: str, to: str) -> None:
    if by in referred(task, "offered-to"):
        _without(task, "offered-to")
    else:
        task["status"] = "rejected"
    task["statusReason"] = REASON


def _offer(task: Task, by: str, to: str) -> None:
    # To offer it once more to whom it is offered changes nothing, and makes no version.
    if to not in (owner(task), by, *referred(task, "offered-to")):
        task["owner"] = organisation(to)


def _withdraw(task: Task, by: str, to: str) -> None:
    if by not in referred(task, "offered-to"):
        _without(task, "offered-to")


def _select(task: Task, by: str, to: str) -> None:
    screened = concept(canonical.REVIEW_OUTPUT, "selected", "Selected")
    task["output"] = [task_output("screening", screened)]


def _screen_out(task: Task, by: str, to: str) -> None:
    if task["status"] != "completed":
        task["status"] = "completed"
        task["statusReason"] = REASON
        screened = concept(canonical.REVIEW_OUTPUT, "not-selected", "Not selected")
        task["output"] = [task_output("screening", screened)]


def _complete(task: Task, by: str, to: str) -> None:
    if task["status"] != "completed":
        task["status"] = "completed"
        judged = concept(canonical.JUDGEMENT_PRISM, "1", "Definitely not")
        task["output"] = [task_output("judgement", judged)]


def _join(task: Task, by: str, to: str) -> None:
    if by not in referred(task, "contributor"):
        _add(task, task_input("contributor", organisation(by)))


def _leave(task: Task, by: str, to: str) -> None:
    gone = [i for i in of_kind(task, "contributor") if _refers(i, by)]
    if gone:
        task["input"] = [i for i in task["input"] if i not in gone]


def _liaise(task: Task, by: str, to: str) -> None:
    calls = len(of_kind(task, "family-contact"))
    words = "Bereavement office, ext. 1" if calls == 0 else f"{_contact(task)}0"
    _without(task, "family-contact")
    _add(task, task_input("family-contact", words))


def _disagree(task: Task, by: str, to: str) -> None:
    _add(task, task_input("disagreement", "we see it otherwise"))


def _contact(task: Task) -> str:
    return of_kind(task, "family-contact")[0]["valueString"]


def _refers(parameter: Task, ods: str) -> bool:
    return parameter["valueReference"]["identifier"]["value"] == ods


def _without(task: Task, kind: str) -> None:
    gone = of_kind(task, kind)
    if gone:
        task["input"] = [i for i in task["input"] if i not in gone]


def _add(task: Task, parameter: Task) -> None:
    task["input"] = [*task.get("input", []), parameter]


_Change = Callable[[Task, str, str], None]
_CHANGES: dict[str, _Change] = {
    Step.ACCEPT: _accept,
    Step.DECLINE: _decline,
    Step.OFFER: _offer,
    Step.WITHDRAW_OFFER: _withdraw,
    Step.START: _status("in-progress", was="accepted"),
    Step.HOLD: _status("on-hold", reason=HELD),
    Step.RESUME: _status("in-progress", was="on-hold"),
    Step.SCREEN: _select,
    NOT_SELECTED: _screen_out,
    Step.COMPLETE: _complete,
    Step.REOPEN: _status("in-progress", reason=REOPENED, was="completed"),
    Step.CLOSE: _status("cancelled", reason=REASON),
    Step.JOIN: _join,
    Step.LEAVE: _leave,
    Step.LIAISE: _liaise,
    Step.DISAGREE: _disagree,
}
STEPS = tuple(_CHANGES)
