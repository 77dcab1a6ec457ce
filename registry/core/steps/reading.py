"""Reads the step that a client takes from the Task it sends back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from conformance import canonical
from registry.core import judgement
from registry.core.decision import Outcome, Reason, Step
from registry.core.fhir.elements import kind_of
from registry.core.flags import CONFIRMED, FINDING, NOT_CONFIRMED
from registry.core.reviews import CASE_RECORD_REVIEW
from registry.core.steps.permitted import permitted
from registry.core.steps.refusal import StepRefused
from registry.core.steps.task import ReviewTask, first_coding
from registry.core.visibility import view

Resource = dict[str, Any]

SCREENING = "screening"
SELECTED, NOT_SELECTED = "selected", "not-selected"
HOLD_REASONS = ("coroner", "police", "other-process")
OUTPUTS = (
    SCREENING,
    judgement.KIND,
    FINDING,
    "overall-care",
    "problem-in-care",
    "theme",
    "learning",
    "action",
    "impact",
    "notified",
)
# Outputs that are codes of ours: their code system, and which of its codes.
_CODED = {
    SCREENING: (canonical.REVIEW_NECESSITY, (SELECTED, NOT_SELECTED)),
    FINDING: (canonical.FLAG_FINDING, (CONFIRMED, NOT_CONFIRMED)),
}
# What the server alone writes, and a client's copy of it is not compared.
_SERVER_OWNED = {"meta", "text", "lastModified"}
_STEP_ELEMENTS = {"status", "statusReason", "owner", "input", "output"}
_STATUS_STEPS = {
    "accepted": Step.ACCEPT,
    "rejected": Step.DECLINE,
    "on-hold": Step.HOLD,
    "completed": Step.COMPLETE,
    "cancelled": Step.CLOSE,
}
_IN_PROGRESS_STEPS = {"accepted": Step.START, "on-hold": Step.RESUME, "completed": Step.REOPEN}
_NEEDS_REASON = {Step.DECLINE, Step.HOLD, Step.CLOSE, Step.REOPEN, Step.DISAGREE}


@dataclass(frozen=True, slots=True)
class Taken:
    """A step as a client takes it, on the review or inquiry named by `route`."""

    route: str
    step: Step
    to: str | None = None
    reason: Reason | None = None
    selected: bool | None = None
    outcomes: tuple[Outcome, ...] = ()
    contact: str | None = None
    about: str | None = None


def step(current: Resource, sent: Resource, organisation: str | None, role: str) -> Taken | None:
    """Takes the stored Task, the Task a caller sent, and who the caller is; returns the step to be
    taken, or None when nothing changes.

    Raises StepRefused when the change is not one the caller may make.
    """
    changed = _changed(view(current, role), sent)
    if not changed:
        return None
    others = [name for name in changed if name not in _STEP_ELEMENTS]
    if others:
        raise StepRefused(
            "business-rule",
            f"Task.{others[0]}",
            f"{', '.join(others)} must be sent as it was read: it follows from the facts.",
        )
    asker = _Asker(ReviewTask(current), organisation, role)
    taken = _taken(asker, sent, set(changed))
    asker.refuse_unpermitted(taken.step)
    # Offered to the same organisation a second time: nothing would change.
    return None if taken.to is not None and taken.to == asker.task.offered_to else taken


def leads_now(task: Resource) -> str:
    """Takes a Task; returns in one sentence who leads or is proposed to lead."""
    owner = task.get("owner", {})
    if not owner:
        return "Nobody is proposed to lead."
    who = f"{owner.get('display')} ({owner.get('identifier', {}).get('value')})"
    since = task.get("executionPeriod", {}).get("start")
    return f"{who} has led since {since}." if since else f"{who} is proposed to lead."


def _changed(seen: Resource, sent: Resource) -> list[str]:
    names = (set(seen) | set(sent)) - _SERVER_OWNED
    return sorted(name for name in names if seen.get(name) != sent.get(name))


@dataclass(frozen=True, slots=True)
class _Asker:
    """Who asks for a step, on which Task."""

    task: ReviewTask
    organisation: str | None
    role: str

    def refuse_unpermitted(self, wanted: Step) -> None:
        """Raises StepRefused where the step is not one that this organisation may take now."""
        may = permitted(self.task, self.organisation, self.role)
        if wanted in may:
            return
        if not may or self.organisation not in (self.task.owner, self.task.offered_to):
            raise StepRefused(
                "forbidden",
                "Task.owner",
                f"Your organisation cannot take the step '{wanted}' on this review. "
                f"{leads_now(self.task.resource)}{_offer(may)}",
            )
        raise StepRefused(
            "business-rule",
            "Task.status",
            f"The step '{wanted}' is not allowed on a review that is {self.task.state}."
            f"{_offer(may)}",
        )


def _offer(may: tuple[Step, ...]) -> str:
    return f" Allowed next: {', '.join(may)}." if may else " Allowed next: none."


def _taken(asker: _Asker, sent: Resource, changed: set[str]) -> Taken:
    task = asker.task
    if task.is_inquiry:
        asker.refuse_unpermitted(Step.COMPLETE)
        return _answer(task, sent, changed)
    if "owner" in changed:
        return _owner_step(task, sent, changed, asker.organisation)
    if "status" in changed:
        return _status_step(asker, sent, changed)
    if "input" in changed:
        return _input_step(task, sent, changed, asker.organisation)
    if "output" in changed:
        asker.refuse_unpermitted(Step.SCREEN)
        return _screen(task, sent)
    raise StepRefused(
        "business-rule", "Task.statusReason", "A reason is given together with the step it is for."
    )


def _answer(task: ReviewTask, sent: Resource, changed: set[str]) -> Taken:
    outcomes = _outcomes(sent)
    if sent.get("status") != "completed" or not changed <= {"status", "statusReason", "output"}:
        raise StepRefused(
            "business-rule",
            "Task.status",
            "A question is answered by status completed. Allowed next: complete.",
        )
    findings = {o.code for o in outcomes if o.kind == FINDING}
    if task.asks_for_a_finding and findings not in ({CONFIRMED}, {NOT_CONFIRMED}):
        raise StepRefused(
            "required",
            "Task.output",
            f"Say in one output of kind {FINDING} whether it is {CONFIRMED} or {NOT_CONFIRMED}.",
        )
    return Taken(
        task.route,
        Step.COMPLETE,
        reason=_reason(sent, changed),
        outcomes=outcomes,
        about=task.about,
    )


def _owner_step(
    task: ReviewTask, sent: Resource, changed: set[str], organisation: str | None
) -> Taken:
    """A lead that names another owner offers it the lead; one who was offered it and names itself
    takes it."""
    to = sent.get("owner", {}).get("identifier", {}).get("value")
    if not isinstance(to, str) or not to:
        raise StepRefused("required", "Task.owner.identifier", "Name the new lead by its ODS code.")
    if changed - {"owner", "status", "statusReason", "input"}:
        raise _several_at_once()
    if to == organisation and task.offered_to == organisation:
        return Taken(task.route, Step.ACCEPT, reason=_reason(sent, changed))
    if changed - {"owner", "statusReason"}:
        raise _several_at_once()
    return Taken(task.route, Step.OFFER, to=to, reason=_reason(sent, changed))


def _status_step(asker: _Asker, sent: Resource, changed: set[str]) -> Taken:
    task = asker.task
    was, wanted = task.resource["status"], str(sent.get("status"))
    if changed - {"status", "statusReason", "output"}:
        raise _several_at_once()
    chosen = _IN_PROGRESS_STEPS.get(was) if wanted == "in-progress" else _STATUS_STEPS.get(wanted)
    if chosen is None:
        raise StepRefused(
            "business-rule",
            "Task.status",
            f"A review that is {was} cannot become {wanted[:20]}."
            f"{_offer(permitted(task, asker.organisation, asker.role))}",
        )
    asker.refuse_unpermitted(chosen)
    if chosen is Step.COMPLETE:
        return _complete(task, sent, changed)
    if "output" in changed:
        raise _several_at_once()
    return Taken(task.route, chosen, reason=_needed_reason(chosen, sent, changed))


def _complete(task: ReviewTask, sent: Resource, changed: set[str]) -> Taken:
    outcomes = _outcomes(sent)
    screened = _screening(outcomes)
    if screened is False:
        reason = _reason(sent, changed)
        if reason is None or not reason.text:
            raise StepRefused(
                "required", "Task.statusReason", "Say why the death is not selected for review."
            )
        return Taken(task.route, Step.SCREEN, selected=False, reason=reason)
    if task.route == CASE_RECORD_REVIEW and not any(o.kind == judgement.KIND for o in outcomes):
        scales = " or ".join(judgement.SCALES)
        raise StepRefused(
            "required",
            "Task.output",
            "A case record review ends with a judgement: an output of kind judgement, a code 1 to "
            f"6 of the scale it was made on ({scales}).",
        )
    return Taken(task.route, Step.COMPLETE, outcomes=outcomes, reason=_reason(sent, changed))


def _screen(task: ReviewTask, sent: Resource) -> Taken:
    if _screening(_outcomes(sent)) is not True:
        raise StepRefused(
            "business-rule",
            "Task.output",
            f"While a review is open its only output is {SCREENING} {SELECTED}; others come with "
            "status completed.",
        )
    return Taken(task.route, Step.SCREEN, selected=True)


def _screening(outcomes: tuple[Outcome, ...]) -> bool | None:
    found = {o.code for o in outcomes if o.kind == SCREENING}
    if not found:
        return None
    if found not in ({SELECTED}, {NOT_SELECTED}):
        raise StepRefused(
            "value", "Task.output", f"{SCREENING} is {SELECTED} or {NOT_SELECTED}, once."
        )
    return found == {SELECTED}


def _input_step(
    task: ReviewTask, sent: Resource, changed: set[str], organisation: str | None
) -> Taken:
    if changed - {"input", "statusReason"}:
        raise _several_at_once()
    before: list[Resource] = task.resource.get("input", [])
    after: list[Resource] = sent.get("input", [])
    added = [i for i in after if i not in before]
    removed = [i for i in before if i not in after]
    kinds = {kind_of(i, canonical.REVIEW_INPUT) for i in (*added, *removed)}
    if len(added) > 1 or len(removed) > 1 or len(kinds) != 1:
        raise _several_at_once()
    match kinds.pop():
        case "offered-to" if removed and not added:
            withdraws = organisation != task.offered_to
            chosen = Step.WITHDRAW_OFFER if withdraws else Step.DECLINE
            return Taken(task.route, chosen, reason=_needed_reason(chosen, sent, changed))
        case "contributor" if _only(added or removed) == organisation:
            chosen = Step.JOIN if added else Step.LEAVE
            return Taken(task.route, chosen, reason=_reason(sent, changed))
        case "family-contact":
            return Taken(task.route, Step.LIAISE, contact=_words(added) if added else None)
        case "disagreement" if added:
            return Taken(task.route, Step.DISAGREE, reason=Reason(text=_words(added)))
        case _:
            raise StepRefused(
                "business-rule",
                "Task.input",
                "Of the inputs only these are for clients: contributor (your own organisation), "
                "family-contact, disagreement, and taking away offered-to.",
            )


def _only(parameters: list[Resource]) -> str | None:
    return parameters[0].get("valueReference", {}).get("identifier", {}).get("value")


def _words(parameters: list[Resource]) -> str:
    words = parameters[0].get("valueString")
    if not isinstance(words, str) or not words.strip():
        raise StepRefused("required", "Task.input", "Give the words as valueString.")
    return words.strip()


def _outcomes(sent: Resource) -> tuple[Outcome, ...]:
    return tuple(_outcome(output) for output in sent.get("output", []))


def _outcome(output: Resource) -> Outcome:
    kind = kind_of(output, canonical.REVIEW_OUTPUT)
    if kind not in OUTPUTS:
        raise StepRefused(
            "value",
            "Task.output.type",
            f"An output has a type of {canonical.REVIEW_OUTPUT}: {', '.join(OUTPUTS)}.",
        )
    if "valueString" in output:
        found = Outcome(kind, text=output["valueString"])
    elif "valueCodeableConcept" in output:
        concept: Resource = output["valueCodeableConcept"]
        coding = first_coding(concept)
        found = Outcome(kind, coding.get("system"), coding.get("code"), concept.get("text"))
    else:
        raise StepRefused(
            "value", "Task.output.value[x]", "Give a valueString or a valueCodeableConcept."
        )
    if kind == judgement.KIND and (
        found.system not in judgement.SCALES or found.code not in judgement.SCORES
    ):
        raise StepRefused(
            "value",
            "Task.output",
            "A judgement is a code 1 to 6 of the scale it was made on: "
            f"{' or '.join(judgement.SCALES)}.",
        )
    return _in_our_codes(found)


def _in_our_codes(found: Outcome) -> Outcome:
    """What must be one of our codes, in its code system; clients often leave the system out."""
    if found.kind not in _CODED:
        if not found.code and not found.text:
            raise StepRefused("value", "Task.output.value[x]", "Give words, or a code.")
        return found
    system, codes = _CODED[found.kind]
    if found.code not in codes:
        raise StepRefused(
            "value", "Task.output", f"{found.kind} is {' or '.join(codes)} ({system})."
        )
    return replace(found, system=system)


def _reason(sent: Resource, changed: set[str]) -> Reason | None:
    """The reason given with this step: what stood there before was given for another."""
    if "statusReason" not in changed:
        return None
    given: Resource = sent.get("statusReason", {})
    codes = [
        c.get("code") for c in given.get("coding", []) if c.get("system") == canonical.REVIEW_REASON
    ]
    if not codes and not given.get("text"):
        return None
    if any(code not in HOLD_REASONS for code in codes):
        raise StepRefused(
            "value",
            "Task.statusReason.coding",
            f"{canonical.REVIEW_REASON} has the codes {', '.join(HOLD_REASONS)}; give other "
            "reasons in words.",
        )
    return Reason(text=given.get("text"), code=codes[0] if codes else None)


def _needed_reason(chosen: Step, sent: Resource, changed: set[str]) -> Reason | None:
    reason = _reason(sent, changed)
    if chosen in _NEEDS_REASON and reason is None:
        raise StepRefused(
            "required", "Task.statusReason", f"Say why: the step '{chosen}' needs a reason."
        )
    if chosen is Step.HOLD and (reason is None or reason.code not in HOLD_REASONS):
        raise StepRefused(
            "required",
            "Task.statusReason.coding",
            f"A hold is for one of: {', '.join(HOLD_REASONS)} ({canonical.REVIEW_REASON}).",
        )
    return reason


def _several_at_once() -> StepRefused:
    return StepRefused(
        "business-rule", "Task", "One step at a time: send one change, read the answer, go on."
    )
