"""Errors as FHIR OperationOutcomes, in the national error-code style.

Source of the codes: Spine-ErrorOrWarningCode as the Personal Demographics Service uses it.
"""

from __future__ import annotations

from typing import Any

from nhs import addresses

Resource = dict[str, Any]


class FhirError(Exception):
    """A refusal that the caller can act on: HTTP status, FHIR issue code, Spine code, what and
    where. The text never holds personal data."""

    def __init__(
        self,
        status: int,
        issue_code: str,
        spine_code: str,
        text: str,
        *,
        expression: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(text)
        self.status = status
        self.headers = headers or {}
        self.outcome = outcome(issue_code, spine_code, text, expression)


def outcome(issue_code: str, spine_code: str, text: str, expression: str | None = None) -> Resource:
    """Takes the parts of one error; returns the OperationOutcome."""
    issue: Resource = {
        "severity": "error",
        "code": issue_code,
        "details": {
            "coding": [{"system": addresses.SPINE_ERROR, "code": spine_code}],
            "text": text,
        },
        "diagnostics": text,
    }
    if expression is not None:
        issue["expression"] = [expression]
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def not_found() -> FhirError:
    """What is not there and what the caller may not see: the same answer, to the letter."""
    return FhirError(404, "not-found", "RESOURCE_NOT_FOUND", "There is no such resource.")


def forbidden(text: str) -> FhirError:
    """The token does not allow the interaction."""
    return FhirError(403, "forbidden", "ACCESS_DENIED", text)


def invalid(text: str, expression: str | None = None) -> FhirError:
    """The resource sent is not valid."""
    return FhirError(400, "invalid", "INVALID_RESOURCE", text, expression=expression)


def bad_parameter(text: str) -> FhirError:
    """A search parameter is not known, or its value cannot be read."""
    return FhirError(400, "invalid", "INVALID_VALUE", text)
