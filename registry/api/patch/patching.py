"""Applies a patch, of either kind, to a resource."""

from __future__ import annotations

import copy
from typing import Any, cast

import jsonpatch  # pyright: ignore[reportMissingTypeStubs]
from jsonpointer import JsonPointerException  # pyright: ignore[reportMissingTypeStubs]

from registry.api.negotiation import FHIR_JSON, JSON, JSON_PATCH
from registry.api.outcomes import FhirError, invalid
from registry.api.patch import fhirpath_patch

Resource = dict[str, Any]
MEDIA_TYPES = (JSON_PATCH, FHIR_JSON, JSON)
# A step on a review changes a few elements; more operations than this are no step.
MAX_OPERATIONS = 100


def patched(resource: Resource, patch: Any, media_type: str) -> Resource:
    """Takes a resource, a patch and its media type; returns the resource as patched, a new one.

    FhirError 400: the patch is not one. 422: it does not fit the resource. 415: it is a body that
    neither kind of patch has.
    """
    if media_type == JSON_PATCH:
        return _json_patched(resource, patch)
    if isinstance(patch, dict) and cast(Resource, patch).get("resourceType") == "Parameters":
        return fhirpath_patch.patched(copy.deepcopy(resource), cast(Resource, patch))
    raise FhirError(
        415,
        "not-supported",
        "UNSUPPORTED_VALUE",
        f"Send a JSON Patch as {JSON_PATCH}, or a FHIRPath Patch (Parameters) as {FHIR_JSON}.",
    )


def _json_patched(resource: Resource, patch: Any) -> Resource:
    operations: list[Any] = cast(list[Any], patch) if isinstance(patch, list) else []
    if not isinstance(patch, list) or len(operations) > MAX_OPERATIONS:
        raise invalid(f"A JSON Patch is an array of at most {MAX_OPERATIONS} operations.")
    try:
        result: Any = jsonpatch.apply_patch(resource, operations)
    except jsonpatch.JsonPatchTestFailed:
        raise _unfit("A test of the patch fails: the resource is not as it expects.") from None
    except (jsonpatch.InvalidJsonPatch, KeyError):
        raise invalid("The body is not a JSON Patch (RFC 6902).") from None
    except (jsonpatch.JsonPatchException, JsonPointerException, TypeError, ValueError, IndexError):
        raise _unfit("The patch does not fit the resource: a path in it leads nowhere.") from None
    if not isinstance(result, dict):
        raise _unfit("What the patch makes is not a resource.")
    return cast(Resource, result)


def _unfit(text: str) -> FhirError:
    return FhirError(422, "processing", "INVALID_VALUE", text)
