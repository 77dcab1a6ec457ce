"""Errors as FHIR OperationOutcomes, in the national error-code style.

Source of the codes: Spine-ErrorOrWarningCode as the Personal Demographics Service uses it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from nhs import addresses

Resource = dict[str, Any]
Severity = Literal["fatal", "error", "warning", "information"]


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing to say about a request: FHIR issue code, Spine code, what, where, how grave. The
    text never holds personal data."""

    code: str
    spine_code: str
    text: str
    expression: str | None = None
    severity: Severity = "error"

    @property
    def is_error(self) -> bool:
        """True where the request cannot be done because of it."""
        return self.severity in ("error", "fatal")

    def as_json(self) -> Resource:
        """Returns it as an element of OperationOutcome.issue."""
        coding = {"system": addresses.SPINE_ERROR, "code": self.spine_code}
        issue: Resource = {
            "severity": self.severity,
            "code": self.code,
            "details": {"coding": [coding], "text": self.text},
            "diagnostics": self.text,
        }
        if self.expression is not None:
            issue["expression"] = [self.expression]
        return issue


class FhirError(Exception):
    """A refusal that the caller can act on: HTTP status, and what is wrong where."""

    def __init__(
        self,
        status: int,
        issue_code: str,
        spine_code: str,
        text: str,
        *,
        expression: str | None = None,
        headers: dict[str, str] | None = None,
        issues: Sequence[Issue] = (),
    ) -> None:
        super().__init__(text)
        self.status = status
        self.headers = headers or {}
        self.issues = tuple(issues) or (Issue(issue_code, spine_code, text, expression),)

    @property
    def outcome(self) -> Resource:
        """The OperationOutcome that says it."""
        return outcome_of(self.issues)


def outcome_of(issues: Sequence[Issue]) -> Resource:
    """Takes issues, at least one; returns the OperationOutcome."""
    return {"resourceType": "OperationOutcome", "issue": [issue.as_json() for issue in issues]}


def outcome(issue_code: str, spine_code: str, text: str, expression: str | None = None) -> Resource:
    """Takes the parts of one error; returns the OperationOutcome."""
    return outcome_of([Issue(issue_code, spine_code, text, expression)])


def not_found() -> FhirError:
    """What is not there and what the caller may not see: the same answer, to the letter."""
    return FhirError(404, "not-found", "RESOURCE_NOT_FOUND", "There is no such resource.")


def gone() -> FhirError:
    """What was there, as the caller may know, and is no more."""
    text = "This resource was removed: what it said no longer follows from the facts."
    return FhirError(410, "deleted", "RESOURCE_NOT_FOUND", text)


def forbidden(text: str) -> FhirError:
    """The token does not allow the interaction."""
    return FhirError(403, "forbidden", "ACCESS_DENIED", text)


def invalid(text: str, expression: str | None = None) -> FhirError:
    """The resource sent is not valid."""
    return FhirError(400, "invalid", "INVALID_RESOURCE", text, expression=expression)


def refused_as_invalid(issues: Sequence[Issue]) -> FhirError:
    """The resource sent is not valid, for these reasons."""
    return FhirError(400, "invalid", "INVALID_RESOURCE", issues[0].text, issues=issues)


def bad_parameter(text: str) -> FhirError:
    """A search parameter is not known, or its value cannot be read."""
    return FhirError(400, "invalid", "INVALID_VALUE", text)
