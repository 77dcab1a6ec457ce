"""Why a concern or alarm is not raised, or not taken back."""

from __future__ import annotations

from typing import Any

from registry.api.outcomes import FhirError

Resource = dict[str, Any]


def stale(version: int | None) -> FhirError:
    """Takes the version that is kept (None: none is); returns the refusal of a stale update."""
    now = "not there yet" if version is None else f"now version {version}: read it again"
    text = f"The request is {now}."
    return FhirError(412, "conflict", "RESOURCE_VERSION_MISMATCH", text)


def number_taken() -> FhirError:
    """Returns the refusal of a number that is in use for another person."""
    return FhirError(
        422,
        "duplicate",
        "DUPLICATE_REJECTED",
        "You have raised another concern under this identifier, and named the person otherwise. "
        "Name the person as before, or give this concern an identifier of its own.",
        expression="ServiceRequest.identifier",
    )


def unknown_subject(text: str) -> FhirError:
    """Takes what is wrong with the person named; returns the refusal."""
    return FhirError(422, "value", "INVALID_VALUE", text, expression="ServiceRequest.subject")


def refuse_other_changes(seen: Resource, sent: Resource) -> None:
    """Takes the request as it is seen and as it was sent; FhirError 422 where more than the status
    differs."""
    names = {name for name in {*seen, *sent} - {"meta"} if seen.get(name) != sent.get(name)}
    if names != {"status"} or sent["status"] not in ("revoked", "entered-in-error"):
        raise FhirError(
            422,
            "business-rule",
            "INVALID_VALUE",
            "A request can only be taken back: status revoked or entered-in-error, and nothing "
            "else changed.",
            expression="ServiceRequest.status",
        )
