"""A review, or a question, as a page shows it to one organisation: what its Task says, and the
steps that the organisation may take now, by the same table as the API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from conformance import canonical
from console.case.references import code_of, id_of, name_of, ods_of, words_of
from console.wording import day
from registry.core.decision import Step
from registry.core.fhir.elements import kind_of
from registry.core.reviews import State
from registry.core.steps import permitted
from registry.core.steps.task import ReviewTask
from registry.returns.scales import SCALES

Resource = dict[str, Any]

# What the page says of a state, and the colour of its tag (nhsuk-tag).
_TAGS = {
    State.PROPOSED: "yellow",
    State.NOBODY_PROPOSED: "red",
    State.ACCEPTED: "blue",
    State.IN_PROGRESS: "blue",
    State.ON_HOLD: "orange",
    State.OUT_OF_SCOPE: "orange",
    State.COMPLETED: "green",
    State.CLOSED: "grey",
    State.ENDED: "grey",
}
_SHORT = {
    State.PROPOSED: "Lead proposed",
    State.NOBODY_PROPOSED: "Nobody proposed",
    State.ACCEPTED: "Accepted",
    State.IN_PROGRESS: "In progress",
    State.ON_HOLD: "On hold",
    State.OUT_OF_SCOPE: "No longer in scope",
    State.COMPLETED: "Completed",
    State.CLOSED: "Closed",
    State.ENDED: "Ended",
}
_FINDINGS = {
    "judgement": "Judgement",
    "overall-care": "Care overall",
    "problem-in-care": "Problem in care",
    "theme": "Theme",
    "learning": "Learning",
    "action": "Action",
    "impact": "Impact",
    "notified": "Notified",
    "screening": "Screening",
    "flag-finding": "Finding on the possible flag",
}
_PAST_DUE = (State.COMPLETED, State.CLOSED, State.ENDED)


@dataclass(frozen=True, slots=True)
class Review:
    """A Task as an organisation (ODS code) in a role sees it on a day (London's)."""

    task: Resource
    organisation: str
    role: str
    today: date

    @property
    def id(self) -> str:
        """The id of the Task."""
        return self.task["id"]

    @property
    def version(self) -> str:
        """The version that is shown."""
        return self.task["meta"]["versionId"]

    @property
    def person(self) -> str:
        """The id of the Patient."""
        return id_of(self.task.get("for"))

    @property
    def is_question(self) -> bool:
        """True for a question to the organisation."""
        return self.of_task.is_inquiry

    @property
    def of_task(self) -> ReviewTask:
        """The Task as the steps read it."""
        return ReviewTask(self.task)

    @property
    def name(self) -> str:
        """The kind of review or question."""
        return words_of(self.task.get("code"))

    @property
    def route(self) -> str:
        """The code of the kind."""
        return code_of(self.task.get("code"))

    @property
    def question(self) -> str:
        """What is asked, of a question."""
        return str(self.task.get("description", ""))

    @property
    def state(self) -> State:
        """Where it stands."""
        return self.of_task.state

    @property
    def state_words(self) -> str:
        """Where it stands, in a few words."""
        if self.is_question:
            return words_of(self.task.get("businessStatus"))
        return _SHORT[self.state]

    @property
    def tag(self) -> str:
        """The colour of the tag that shows the state."""
        return _TAGS[self.state]

    @property
    def is_over(self) -> bool:
        """True where nobody has anything left to do."""
        return self.state in _PAST_DUE

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps that the organisation may take now."""
        return permitted(self.of_task, self.organisation, self.role)

    @property
    def is_ours(self) -> bool:
        """True where the organisation leads or is proposed to."""
        return ods_of(self.task.get("owner")) == self.organisation

    @property
    def lead(self) -> str:
        """Who leads, or is asked to, in one sentence."""
        owner = self.task.get("owner")
        if not owner:
            return "Nobody is proposed to lead."
        who = f"{name_of(owner)} ({ods_of(owner)})"
        since = self.task.get("executionPeriod", {}).get("start")
        if since is None:
            return f"{who} was proposed to lead." if self.is_over else f"{who} is proposed to lead."
        return f"{who} has led since {day(since)}." if not self.is_over else f"{who} led."

    @property
    def offered_to(self) -> str | None:
        """The name of the organisation that the lead is offered to."""
        offers = self.of_task.inputs("offered-to")
        return name_of(offers[0]["valueReference"]) if offers else None

    @property
    def is_offered_to_us(self) -> bool:
        """True where the lead is on offer to the organisation."""
        return self.of_task.has_lead and self.of_task.offered_to == self.organisation

    @property
    def due(self) -> date | None:
        """When the next step is due."""
        end = self.task.get("restriction", {}).get("period", {}).get("end")
        return date.fromisoformat(end[:10]) if end else None

    @property
    def days_left(self) -> int | None:
        """Days until it is due, negative when it is overdue; None where nothing is waited for."""
        return None if self.due is None or self.is_over else (self.due - self.today).days

    @property
    def is_overdue(self) -> bool:
        """True where the day it was due has passed."""
        return self.days_left is not None and self.days_left < 0

    @property
    def due_for(self) -> str:
        """What is due."""
        return "An answer" if self.state is State.PROPOSED else "Completion"

    @property
    def necessity(self) -> str | None:
        """How far the review is needed."""
        return next(iter(self._concepts("necessity")), None)

    @property
    def why(self) -> list[str]:
        """Why there is this review: scope, criteria, concerns, notes."""
        raised = [name_of(i["valueReference"]) for i in self.of_task.inputs("concern")]
        return [
            *self._concepts("scope"), *self._concepts("criterion"), *raised, *self._texts("note"),
        ]  # fmt: skip

    @property
    def why_lead(self) -> list[str]:
        """Why this organisation is asked to lead."""
        return self._concepts("lead-rule")

    @property
    def evidence(self) -> list[str]:
        """What messages it rests on: flags' evidence and statements of death."""
        flags = [
            i.get("valueString") or name_of(i.get("valueReference"))
            for i in self.of_task.inputs("evidence")
        ]
        return [*flags, *self._texts("death-source")]

    @property
    def contributors(self) -> list[str]:
        """The names of the organisations that contribute."""
        return [name_of(i["valueReference"]) for i in self.of_task.inputs("contributor")]

    @property
    def family_contact(self) -> str | None:
        """The family's point of contact."""
        return next(iter(self._texts("family-contact")), None)

    @property
    def declined(self) -> list[str]:
        """Who declined to lead, when and why."""
        return self._texts("declined")

    @property
    def disagreements(self) -> list[str]:
        """Who disagreed, when and why."""
        return self._texts("disagreement")

    @property
    def escalated(self) -> str | None:
        """When the board was told that it is overdue."""
        return next(iter(self._texts("escalated")), None)

    @property
    def because(self) -> str | None:
        """Why it stands where it stands, where that was said."""
        reason = self.task.get("statusReason")
        return words_of(reason) if reason else None

    @property
    def findings(self) -> list[tuple[str, str]]:
        """What was found: what it is, and the finding."""
        return [_finding(output) for output in self.task.get("output", [])]

    def _concepts(self, kind: str) -> list[str]:
        return [words_of(i.get("valueCodeableConcept")) for i in self.of_task.inputs(kind)]

    def _texts(self, kind: str) -> list[str]:
        return [str(i.get("valueString", "")) for i in self.of_task.inputs(kind)]


def _finding(output: Resource) -> tuple[str, str]:
    kind = kind_of(output, canonical.REVIEW_OUTPUT) or ""
    label = _FINDINGS.get(kind, kind)
    if "valueString" in output:
        return label, str(output["valueString"])
    value: Resource = output.get("valueCodeableConcept", {})
    if kind == "judgement":
        return label, _judgement(value)
    words = words_of(value)
    return label, words.replace("-", " ").capitalize() if words == code_of(value) else words


def _judgement(value: Resource) -> str:
    """A score says nothing without its scale."""
    system = value.get("coding", [{}])[0].get("system")
    scale = next((one for one in SCALES if one.id == system), None)
    if scale is None:
        return words_of(value)
    score = code_of(value)
    is_due = int(score) in scale.due_to_problems
    meaning = "more likely than not" if is_due else "not more likely than not"
    return f"{score} on the {scale.name}: {meaning} due to problems in care"
