"""What there is to say about a message: data-quality codes as a FHIR OperationOutcome.

The texts name a field and what to do; none of them holds a value of the message.
"""

from __future__ import annotations

from dataclasses import dataclass

from adapter.conversion.draft import Draft, Resource
from conformance import canonical
from nhs import addresses


@dataclass(frozen=True, slots=True)
class Kind:
    """A data-quality code: its FHIR severity and issue type, and advice to the sender."""

    severity: str
    type: str
    advice: str


_KINDS = {
    "sender-unknown": Kind(
        "warning", "not-found", "give the ODS code, or translate this text in the site file"
    ),
    "nhs-number-invalid": Kind(
        "warning", "invalid", "trace the NHS number; it is not used to know the person by"
    ),
    "no-identifier": Kind("warning", "required", "give an identifier of the person"),
    "control-id-missing": Kind(
        "warning", "required", "give a control id; the message is known by its content alone"
    ),
    "death-statement-conflict": Kind(
        "warning", "conflict", "the message says both dead and alive: find out which, send it again"
    ),
    "death-suspected": Kind(
        "warning",
        "incomplete",
        "this may mean that the person died: find out, and say so in PID-30",
    ),
    "death-date-implausible": Kind(
        "warning", "business-rule", "the date of death is before birth or after the message"
    ),
    "time-ambiguous": Kind(
        "information", "value", "this hour comes twice; it is read as the first: give the offset"
    ),
    "time-nonexistent": Kind(
        "warning", "value", "this hour is left out by the change of clocks: correct it"
    ),
    "date-unreadable": Kind("warning", "value", "this is no date; what it dates is kept"),
    "period-reversed": Kind(
        "warning", "business-rule", "this is after the end it belongs to, and left out: correct it"
    ),
    "period-precision": Kind(
        "information",
        "value",
        "only the day of the end is known, so the time of the start on that day is left out",
    ),
    "code-unknown": Kind(
        "information",
        "code-invalid",
        "no table here knows this code: translate it in the site file",
    ),
    "discharge-fields-swapped": Kind(
        "information",
        "business-rule",
        "discharge method and destination stand in each other's field",
    ),
    "repetitions-unread": Kind(
        "warning", "too-long", "only the first 1000 repetitions are read: leave out the others"
    ),
    "coding-system-assumed": Kind(
        "information", "incomplete", "no coding system is named; it is read as ICD-10"
    ),
}


def outcome(draft: Draft) -> Resource | None:
    """Takes the finished draft; returns its OperationOutcome, or None where all is well."""
    if not draft.issues:
        return None
    return {
        "resourceType": "OperationOutcome",
        "id": draft.id_of_message("OperationOutcome"),
        "meta": {"profile": [f"{addresses.UK_CORE_PROFILE}OperationOutcome"]},
        "issue": [_issue(code, where) for code, where in draft.issues],
    }


def _issue(code: str, where: str) -> Resource:
    kind = _KINDS[code]
    return {
        "severity": kind.severity,
        "code": kind.type,
        "details": {"coding": [{"system": canonical.DATA_QUALITY, "code": code}]},
        "diagnostics": f"{where}: {kind.advice}",
    }
