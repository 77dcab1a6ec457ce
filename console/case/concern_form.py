"""A concern about somebody's care, as a form, and the ServiceRequest that it makes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance import canonical
from console.steps.forms import Choice, Field, Filled, StepForm
from console.steps.forms import filled as filled_form
from registry.core.concern import ConcernKind, Recommendation

Resource = dict[str, Any]

_WORDS = {
    Recommendation.CASE_RECORD_REVIEW: "A case record review",
    Recommendation.OTHER_GOVERNANCE: "Another clinical governance review",
    Recommendation.PALS: "A referral to PALS",
    Recommendation.PATIENT_SAFETY_INCIDENT: "It is a patient safety incident",
    Recommendation.CORONER: "The coroner is to be notified",
}
_RECOMMENDED = "recommended-"
FORM = StepForm(
    "Raise a concern",
    "Raise the concern",
    "The case record review of this death becomes required. The words are read by your "
    "organisation, by whoever leads or is asked to lead, by contributors, and by the integrated "
    "care board.",
    (
        Field(
            "kind",
            "Who raised it?",
            "choice",
            "Select who raised the concern",
            choices=(
                Choice(ConcernKind.BEREAVED, "The family, or others close to the person"),
                Choice(ConcernKind.STAFF, "Staff"),
                Choice(ConcernKind.MEDICAL_EXAMINER, "A medical examiner"),
            ),
        ),
        Field(
            "words",
            "What is the concern?",
            "words",
            "Say what the concern is",
            "In the words of whoever raised it, as far as you can.",
        ),
    ),
)
RECOMMENDATIONS = tuple(Choice(f"{_RECOMMENDED}{code}", words) for code, words in _WORDS.items())
__all__ = ["FORM", "RECOMMENDATIONS", "Filled", "filled", "request_of"]


def filled(sent: Mapping[str, str]) -> Filled:
    """Takes what was sent; returns it with what is wrong."""
    found = filled_form(FORM, sent)
    ticked = {choice.value: "yes" for choice in RECOMMENDATIONS if choice.value in sent}
    errors = dict(found.errors)
    if ticked and found.values["kind"] not in ("", ConcernKind.MEDICAL_EXAMINER):
        errors["kind"] = "Only a medical examiner recommends what is to follow: untick that, or "
        errors["kind"] += "select the medical examiner"
    return Filled({**found.values, **ticked}, errors)


def request_of(values: Mapping[str, str], subject: str) -> Resource:
    """Takes the values of a form without errors and the reference of the Patient; returns the
    ServiceRequest."""
    recommended = [code for code in _WORDS if f"{_RECOMMENDED}{code}" in values]
    return {
        "resourceType": "ServiceRequest",
        "status": "active",
        "intent": "proposal",
        "subject": {"reference": subject},
        "reasonCode": [
            {"coding": [{"system": canonical.CONCERN_KIND, "code": str(code)}]}
            for code in (values["kind"], *recommended)
        ],
        "note": [{"text": values["words"]}],
    }
