"""What each step asks of whoever takes it: one table of forms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from console.case.review import Review
from registry.core.decision import Step
from registry.core.flags import CONFIRMATION, CONFIRMED, NOT_CONFIRMED
from registry.core.reviews import CASE_RECORD_REVIEW
from registry.core.steps.reading import NOT_SELECTED, SELECTED
from registry.returns.scales import PRISM, RCP_NQB

Kind = Literal["line", "words", "lines", "choice"]
LONGEST_LINE, LONGEST_WORDS = 200, 5000


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer of several; `group` is a heading over it and its like."""

    value: str
    words: str
    hint: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that is asked: a line, words, several lines that are one thing each, or a choice.
    `missing` is said where it is needed and not given."""

    name: str
    label: str
    kind: Kind
    missing: str = ""
    hint: str = ""
    choices: tuple[Choice, ...] = ()

    @property
    def is_needed(self) -> bool:
        """True where the step can't be taken without it."""
        return bool(self.missing)

    @property
    def longest(self) -> int:
        """How many characters it takes."""
        return LONGEST_LINE if self.kind == "line" else LONGEST_WORDS


@dataclass(frozen=True, slots=True)
class StepForm:
    """A step: its title, what the button says, what follows from it, and what is asked."""

    title: str
    button: str
    explains: str
    fields: tuple[Field, ...] = ()
    is_warning: bool = False


def form_of(step: Step, review: Review) -> StepForm:
    """Takes a step, and the review or question it is taken on; returns its form."""
    if review.is_question:
        return _answer(review)
    if step is Step.COMPLETE:
        return _complete(review)
    return _FORMS[step]


_REASON = Field("reason", "Why?", "words", "Say why", "All who are party to the case read it.")
_HOLD = Field(
    "reason_code",
    "What is it waiting for?",
    "choice",
    "Select what the review is waiting for",
    choices=(
        Choice("coroner", "The coroner"),
        Choice("police", "The police"),
        Choice("other-process", "Another process"),
    ),
)
_FORMS: dict[Step, StepForm] = {
    Step.ACCEPT: StepForm(
        "Accept the lead",
        "Accept the lead",
        "Your organisation leads this review from now on. Everybody who is party to the case sees "
        "that.",
    ),
    Step.DECLINE: StepForm(
        "Decline to lead",
        "Decline to lead",
        "The next organisation is asked. Your reason is kept, and read by the others.",
        (_REASON,),
    ),
    Step.START: StepForm("Start the review", "Start the review", "The review is in progress."),
    Step.HOLD: StepForm(
        "Put the review on hold",
        "Put on hold",
        "While it is on hold nothing is due.",
        (_HOLD, Field("reason", "Details (optional)", "words")),
    ),
    Step.RESUME: StepForm("Resume the review", "Resume the review", "The review goes on."),
    Step.SCREEN: StepForm(
        "Screen the death",
        "Save the result",
        "Say whether the care before this death is to be reviewed.",
        (
            Field(
                "screening",
                "Is this death selected for review?",
                "choice",
                "Select whether the death is selected for review",
                choices=(
                    Choice(SELECTED, "Yes, it is to be reviewed"),
                    Choice(NOT_SELECTED, "No", "The review ends with that. Say why below."),
                ),
            ),
            Field("reason", "Why is it not selected?", "words", hint="Only if it is not selected."),
        ),
    ),
    Step.OFFER: StepForm(
        "Offer the lead to another organisation",
        "Offer the lead",
        "Your organisation stays the lead until the other accepts.",
        (
            Field(
                "to",
                "ODS code of the organisation",
                "line",
                "Enter the ODS code of the organisation",
                "A provider or an integrated care board, for example RT2.",
            ),
            Field("reason", "Why? (optional)", "words"),
        ),
    ),
    Step.WITHDRAW_OFFER: StepForm(
        "Withdraw the offer", "Withdraw the offer", "Your organisation goes on leading."
    ),
    Step.JOIN: StepForm(
        "Join the review", "Join the review", "Your organisation is named as contributing to it."
    ),
    Step.LEAVE: StepForm(
        "Leave the review", "Leave the review", "Your organisation no longer contributes to it."
    ),
    Step.LIAISE: StepForm(
        "Name the family’s point of contact",
        "Save the contact",
        "One person speaks with the family, for all organisations. Everybody who is party to the "
        "case sees who it is.",
        (
            Field(
                "contact",
                "Who speaks with the family?",
                "line",
                hint="Name and how to reach them, for example a family liaison officer. Leave it "
                "empty to take the contact away.",
            ),
        ),
    ),
    Step.DISAGREE: StepForm(
        "Disagree",
        "Put it on record",
        "Your words are kept beside the review. Nothing that others wrote is changed.",
        (Field("words", "What does your organisation see differently?", "words", "Say what your "
               "organisation sees differently"),),
    ),
    Step.REOPEN: StepForm(
        "Reopen the review",
        "Reopen the review",
        "The review is in progress again. What it had found is kept in its history.",
        (_REASON,),
        is_warning=True,
    ),
    Step.CLOSE: StepForm(
        "Close the review",
        "Close the review",
        "The facts no longer call for this review. Closing it is your organisation’s decision.",
        (_REASON,),
        is_warning=True,
    ),
}  # fmt: skip

_PRISM_WORDS = (
    "Definitely not due to problems in care", "Slight evidence of problems in care",
    "Possibly, less than 50:50", "Probably, more than 50:50", "Strong evidence",
    "Definitely due to problems in care",
)  # fmt: skip


def _judgements() -> tuple[Choice, ...]:
    """Both scales, which run in opposite directions."""
    rows: list[Choice] = []
    for scale, words in ((RCP_NQB, _PRISM_WORDS[::-1]), (PRISM, _PRISM_WORDS)):
        for score, meaning in enumerate(words, 1):
            name = scale.name[0].upper() + scale.name[1:]
            rows.append(Choice(f"{scale.code}-{score}", f"{score}: {meaning}", group=name))
    return tuple(rows)


_JUDGEMENT = Field(
    "judgement",
    "Was the death more likely than not due to problems in care?",
    "choice",
    "Select the judgement, on the scale that the review used",
    "The two scales run in opposite directions. Use the one that your reviewers use.",
    _judgements(),
)
_OVERALL = Field(
    "overall-care",
    "Care overall",
    "choice",
    hint="As the review scored it. Optional.",
    choices=tuple(Choice(one, one) for one in ("Excellent", "Good", "Adequate", "Poor",
                                               "Very poor")),
)  # fmt: skip
_LEARNT = (
    Field("theme", "Themes (optional)", "lines", hint="One on each line."),
    Field("learning", "What was learnt? (optional)", "words", hint="Name nobody: it is published "
          "with your organisation’s figures."),
    Field("action", "What will be done? (optional)", "words"),
)  # fmt: skip


def _complete(review: Review) -> StepForm:
    asked: tuple[Field, ...]
    if review.route == CASE_RECORD_REVIEW:
        asked = (_JUDGEMENT, _OVERALL, *_LEARNT)
    else:
        told = Field("notified", "Where was it notified? (optional)", "line",
                     hint="The reference number, for example of LeDeR.")  # fmt: skip
        asked = (told, *_LEARNT)
    return StepForm(
        "Complete the review",
        "Complete the review",
        "What the review found is read by everybody who is party to the case.",
        asked,
    )


def _answer(review: Review) -> StepForm:
    words = Field("reason", "What did you find out? (optional)", "words")
    if not review.of_task.route.startswith(CONFIRMATION):
        needed = Field("reason", "What did you find out?", "words", "Say what you found out")
        explains = "If the record was wrong, correct it in your own system as well: the question "
        explains += "comes again while messages contradict each other."
        return StepForm("Answer the question", "Send the answer", explains, (needed,))
    finding = Field(
        "finding",
        "Does it hold?",
        "choice",
        "Select whether it holds",
        choices=(
            Choice(CONFIRMED, "Yes, it is confirmed"),
            Choice(NOT_CONFIRMED, "No, it is not confirmed",
                   "It is then set aside until newer evidence comes."),
        ),
    )  # fmt: skip
    return StepForm(
        "Say whether it is confirmed",
        "Send the answer",
        "Please find out from the person’s records or those who knew them.",
        (finding, words),
    )


SCALE_OF_CODE: Mapping[str, str] = {PRISM.code: PRISM.id, RCP_NQB.code: RCP_NQB.id}


@dataclass(frozen=True, slots=True)
class Filled:
    """A form as it was sent: the values by field, trimmed, and what is wrong by field."""

    values: dict[str, str]
    errors: dict[str, str] = field(default_factory=dict[str, str])


def filled(form: StepForm, sent: Mapping[str, str]) -> Filled:
    """Takes a form and what was sent; returns it with what is wrong."""
    values = {one.name: _trimmed(sent.get(one.name, "")) for one in form.fields}
    errors: dict[str, str] = {}
    for one in form.fields:
        value = values[one.name]
        if not value and one.is_needed:
            errors[one.name] = one.missing
        elif len(value) > one.longest:
            errors[one.name] = f"{one.label} must be {one.longest} characters or fewer"
        elif value and one.choices and value not in {choice.value for choice in one.choices}:
            errors[one.name] = one.missing or "Select one of the answers"
    if values.get("screening") == NOT_SELECTED and not values.get("reason"):
        errors["reason"] = "Say why the death is not selected for review"
    return Filled(values, errors)


def _trimmed(text: str) -> str:
    return text.replace("\r\n", "\n").strip()
