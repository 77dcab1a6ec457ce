"""Is this resource valid FHIR R4, as far as the registry reads it? All that is wrong, and where."""

from __future__ import annotations

from typing import Any, cast

from fhir.resources.R4B import get_fhir_model_class
from pydantic import ValidationError

from registry.api.outcomes import Issue, refused_as_invalid
from registry.api.validation import invariants
from registry.api.validation.structure import MAX_ISSUES, Walk

Json = dict[str, Any]


def issues(resource: Any) -> list[Issue]:
    """Takes a JSON value; returns what is wrong with it as a resource, with what is only worth
    saying. Of types that are not in our definitions fhir.resources judges the shape."""
    walk = Walk(_types_by_url(resource))
    walk.resource(resource)
    found = walk.issues
    if any(issue.is_error for issue in found):
        return found
    found = [*found, *invariants.broken(resource), *_inside(resource)]
    if walk.has_unlisted_types and not any(issue.is_error for issue in found):
        found = [*found, *_shape(resource)]
    return found[:MAX_ISSUES]


def required_valid(resource: Any) -> Json:
    """Takes a JSON value; returns it as a resource. FhirError 400 with all that is wrong."""
    wrong = [issue for issue in issues(resource) if issue.is_error]
    if wrong:
        raise refused_as_invalid(wrong)
    return cast(Json, resource)


def _inside(bundle: Json) -> list[Issue]:
    """The rules of the resources in a Bundle."""
    if bundle["resourceType"] != "Bundle":
        return []
    return [
        Issue(issue.code, issue.spine_code, f"Entry {at}: {issue.text}",
              f"Bundle.entry[{at}].resource", issue.severity)
        for at, entry in enumerate(bundle.get("entry", ()))
        if "resource" in entry
        for issue in invariants.broken(entry["resource"])
    ]  # fmt: skip


def _shape(resource: Json) -> list[Issue]:
    name = resource["resourceType"]
    try:
        get_fhir_model_class(name).model_validate(resource)
    except ValidationError as error:
        return [_issue(name, one) for one in error.errors(include_input=False, include_url=False)]
    except (TypeError, ValueError, AttributeError):
        # fhir.resources fails on some values instead of refusing them.
        text = f"{name} is not valid FHIR R4."
        return [Issue("structure", "INVALID_RESOURCE", text, name)]
    return []


def _issue(name: str, error: Any) -> Issue:
    where = name + "".join(
        f"[{part}]" if isinstance(part, int) else f".{part}" for part in error["loc"]
    )
    return Issue(
        "structure", "INVALID_RESOURCE", f"{where} is not valid FHIR R4: {error['type']}.", where
    )


def _types_by_url(resource: Any) -> dict[str, str]:
    entries: Any = cast(Json, resource).get("entry") if isinstance(resource, dict) else None
    if not isinstance(entries, list):
        return {}
    found: dict[str, str] = {}
    for entry in cast(list[Any], entries):
        if isinstance(entry, dict):
            said = cast(Json, entry)
            inner = said.get("resource")
            kind = cast(Json, inner).get("resourceType") if isinstance(inner, dict) else None
            if isinstance(said.get("fullUrl"), str) and isinstance(kind, str):
                found[said["fullUrl"]] = kind
    return found
