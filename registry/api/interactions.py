"""What the API offers: one table of types and their interactions. Routes, CapabilityStatement,
OpenAPI and the refusal of everything else all read it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from conformance import canonical
from registry.access.resource_types import RESOURCE_TYPES
from registry.api.outcomes import FhirError, not_found
from registry.api.search.definitions import PARAMETERS
from registry.subscriptions import terms

Code = Literal[
    "read", "vread", "history-instance", "history-type", "search-type", "create", "update",
    "conditional-update", "patch", "validate", "validate-instance", "transaction", "capabilities",
    "process-message", "explain", "evaluate-measure", "publish-return", "record-learning-action",
    "export", "export-patient", "export-group", "export-status", "export-cancel", "export-file",
    "agree", "withdraw",
    "delete", "subscription-status", "subscription-statuses", "subscription-events",
]  # fmt: skip
_READING: tuple[Code, ...] = (
    "read", "vread", "history-instance", "history-type", "search-type",
)  # fmt: skip
_VALIDATING: tuple[Code, ...] = ("validate", "validate-instance")
WRITING: frozenset[Code] = frozenset(
    {
        "delete",
        "create", "update", "conditional-update", "patch", "publish-return",
        "record-learning-action", "export", "export-patient", "export-group", "export-cancel",
        "agree", "withdraw",
    }
)  # fmt: skip
# Answered by and by, so never inside a Bundle; a body is sent or not.
EXPORTING: frozenset[Code] = frozenset(
    {
        "export",
        "export-patient",
        "export-group",
        "export-status",
        "export-cancel",
        "export-file",
    }
)
MAY_BE_EMPTY: frozenset[Code] = frozenset({*EXPORTING, "agree", "withdraw"})
# Types of the guide itself: the same for everybody, and for anybody.
DEFINITIONAL = (
    "Basic", "CodeSystem", "ConceptMap", "Measure", "OperationDefinition", "SearchParameter",
    "StructureDefinition", "ValueSet",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shape:
    """A form of address below the FHIR base, with the interaction of each HTTP method."""

    template: str
    methods: dict[str, Code]

    def pattern(self) -> re.Pattern[str]:
        """Returns what such an address looks like."""
        named = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.template.replace("$", r"\$"))
        return re.compile(named.replace("(?P<type>[^/]+)", "(?P<type>[A-Z][A-Za-z]*)"))


SHAPES = (
    Shape("", {"POST": "transaction"}),
    Shape("metadata", {"GET": "capabilities"}),
    Shape("$process-message", {"POST": "process-message"}),
    Shape("$export", {"GET": "export", "POST": "export"}),
    Shape("$export-status/{id}", {"GET": "export-status", "DELETE": "export-cancel"}),
    Shape("$export-file/{id}/{file}", {"GET": "export-file"}),
    Shape("{type}", {"GET": "search-type", "POST": "create", "PUT": "conditional-update"}),
    Shape("{type}/_search", {"POST": "search-type"}),
    Shape("{type}/_history", {"GET": "history-type"}),
    Shape("{type}/$validate", {"POST": "validate"}),
    Shape("{type}/$status", {"GET": "subscription-statuses", "POST": "subscription-statuses"}),
    Shape("{type}/{id}", {"GET": "read", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}),
    Shape("{type}/{id}/$status", {"GET": "subscription-status", "POST": "subscription-status"}),
    Shape("{type}/{id}/$events", {"GET": "subscription-events", "POST": "subscription-events"}),
    Shape("{type}/{id}/_history", {"GET": "history-instance"}),
    Shape("{type}/{id}/_history/{version}", {"GET": "vread"}),
    Shape("{type}/{id}/$validate", {"POST": "validate-instance"}),
    Shape("{type}/{id}/$explain", {"GET": "explain"}),
    Shape("{type}/$export", {"GET": "export-patient", "POST": "export-patient"}),
    Shape("{type}/{id}/$export", {"GET": "export-group", "POST": "export-group"}),
    Shape("{type}/{id}/$agree", {"POST": "agree"}),
    Shape("{type}/{id}/$withdraw", {"POST": "withdraw"}),
    Shape("{type}/{id}/$evaluate-measure", {"GET": "evaluate-measure", "POST": "evaluate-measure"}),
    Shape("{type}/{id}/$publish-return", {"POST": "publish-return"}),
    Shape("{type}/$record-learning-action", {"POST": "record-learning-action"}),
)


# By the number of slashes in the address: most forms differ in that.
_PATTERNS: dict[int, list[tuple[re.Pattern[str], Shape]]] = {}
for _shape in SHAPES:
    _PATTERNS.setdefault(_shape.template.count("/"), []).append((_shape.pattern(), _shape))


def _offered() -> dict[str, tuple[Code, ...]]:
    offered: dict[str, tuple[Code, ...]] = dict.fromkeys(PARAMETERS, _READING)
    offered |= dict.fromkeys(DEFINITIONAL, ("read", "search-type"))
    offered["Task"] = (*_READING, "update", "patch", *_VALIDATING)
    offered["ServiceRequest"] = (
        *_READING, "create", "update", "conditional-update", *_VALIDATING,
    )  # fmt: skip
    offered["Patient"] = (*_READING, *_VALIDATING, "explain", "export-patient")
    offered["Bundle"] = ("validate",)
    offered["Measure"] = (
        "read", "search-type", "evaluate-measure", "publish-return", "record-learning-action",
    )  # fmt: skip
    # Published returns, of one organisation at a time, and never changed.
    offered["MeasureReport"] = ("read", "search-type")
    # An organisation's own deaths, and cohorts: who is in them follows from the record.
    offered["Group"] = ("read", "search-type", "create", "export-group", "agree", "withdraw")
    # Never changed, so it has no history.
    offered["AuditEvent"] = ("read", "search-type")
    offered["Subscription"] = (
        "read", "search-type", "create", "update", "delete", "subscription-status",
        "subscription-statuses", "subscription-events",
    )  # fmt: skip
    return offered


# type -> its interactions
OFFERED = _offered()
SYSTEM: tuple[Code, ...] = (
    "transaction", "capabilities", "process-message", "export", "export-status", "export-cancel",
    "export-file",
)  # fmt: skip
# type -> the profiles that its resources follow
PROFILES = {
    "Task": (canonical.REVIEW_TASK,),
    "Observation": (canonical.DEATH_OBSERVATION,),
    "Group": (canonical.COHORT,),
    "Subscription": (terms.PROFILE,),
}


@dataclass(frozen=True, slots=True)
class Match:
    """An address and method that the API offers: which interaction, of what."""

    code: Code
    resource_type: str = ""
    resource_id: str = ""
    version: str = ""


def is_definitional(code: Code, resource_type: str) -> bool:
    """Takes an interaction and its type; True where it only reads the guide itself, which needs no
    token. An operation on a part of the guide does."""
    return resource_type in DEFINITIONAL and code in ("read", "search-type")


@dataclass(frozen=True, slots=True)
class Address:
    """An address below the FHIR base: its form (None: it has none of the forms), and what stands in
    the form's named places."""

    shape: Shape | None
    said: dict[str, str]

    @property
    def resource_type(self) -> str:
        """The type in it; empty where it names none."""
        return self.said.get("type", "")

    @property
    def template(self) -> str | None:
        """Its form, with its type where that is offered: never an id. None where it is no address
        of ours."""
        if self.shape is None or (self.resource_type and self.resource_type not in OFFERED):
            return None
        return self.shape.template.replace("{type}", self.resource_type)

    def asked(self, method: str) -> Match:
        """Takes an HTTP method; returns what is asked for. FhirError 404 or 405 where that is not
        offered."""
        if self.shape is None:
            raise not_found()
        methods = methods_of(self.shape, self.resource_type)
        code = methods.get("GET" if method == "HEAD" else method)
        if code is None:
            raise _refused(self.resource_type, methods)
        version = self.said.get("version") or self.said.get("file", "")
        return Match(code, self.resource_type, self.said.get("id", ""), version)


def address(path: str) -> Address:
    """Takes a path below the FHIR base; returns it as an address."""
    for pattern, shape in _PATTERNS.get(path.count("/"), ()):
        found = pattern.fullmatch(path)
        if found is not None and _is_plain(found):
            return Address(shape, found.groupdict())
    return Address(None, {})


def match(method: str, path: str) -> Match:
    """Takes an HTTP method and a path below the FHIR base; returns what it asks for. FhirError 404
    or 405 where that is not offered."""
    return address(path).asked(method)


def methods_of(shape: Shape, resource_type: str) -> dict[str, Code]:
    """Takes a shape and a type (empty: none); returns the methods that are offered there."""
    offered = OFFERED.get(resource_type, ()) if resource_type else SYSTEM
    return {method: code for method, code in shape.methods.items() if code in offered}


def _is_plain(found: re.Match[str]) -> bool:
    """An id or a type of version is never an operation or a special name."""
    return not any(value.startswith(("$", "_")) for value in found.groupdict().values())


def _refused(resource_type: str, methods: dict[str, Code]) -> FhirError:
    if resource_type and resource_type not in RESOURCE_TYPES:
        text = "The address names no resource type of FHIR R4."
        return FhirError(404, "not-supported", "UNSUPPORTED_SERVICE", text)
    if resource_type and resource_type not in OFFERED:
        text = f"The registry holds no {resource_type}."
        return FhirError(404, "not-supported", "UNSUPPORTED_SERVICE", text)
    if not methods:
        text = f"The registry offers nothing of {resource_type} at such an address."
        return FhirError(404, "not-supported", "UNSUPPORTED_SERVICE", text)
    heads = ["HEAD"] if "GET" in methods else []
    allowed: list[str] = sorted([*methods, *heads])
    text = f"This interaction is not offered here. Allowed: {', '.join(allowed)}."
    headers = {"Allow": ", ".join(allowed)}
    return FhirError(405, "not-supported", "UNSUPPORTED_SERVICE", text, headers=headers)
