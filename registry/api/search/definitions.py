"""The search parameters of every type: one table for search, CapabilityStatement and OpenAPI.

Names and meanings are FHIR R4's. People are found by identifier alone: there is no search by name
or date of birth.
"""

from __future__ import annotations

from dataclasses import replace

from registry.api.search.parameter import Parameter, TokenForm

_STATUS = "http://hl7.org/fhir/"
_PATIENT = ("Patient",)


def _token(
    name: str,
    path: str,
    documentation: str,
    form: TokenForm = "concept",
    *,
    system: str | None = None,
    column: str | None = None,
    is_ours: bool = False,
) -> Parameter:
    return Parameter(name, "token", (path,), documentation, form, system, column, is_ours=is_ours)


def _code(
    name: str, path: str, documentation: str, system: str, *, ours: bool = False
) -> Parameter:
    column = "status" if path == "status" else None
    where = f"{_STATUS}{system}"
    return _token(name, path, documentation, "code", system=where, column=column, is_ours=ours)


def _identifier(path: str = "identifier", name: str = "identifier") -> Parameter:
    return _token(name, path, "Its identifier, as system|value.", "identifier")


def _reference(
    name: str, path: str, documentation: str, *targets: str, column: str | None = None
) -> Parameter:
    return Parameter(name, "reference", (path,), documentation, column=column, targets=targets)


def _date(name: str, documentation: str, *paths: str) -> Parameter:
    return Parameter(name, "date", paths, documentation)


def _about(path: str) -> tuple[Parameter, ...]:
    """Whom it is about: under both names that R4 has for it."""
    by = "The person, by the Patient's id; `.identifier` takes NHS number or local identifier."
    return (
        _reference("patient", path, by, *_PATIENT, column="person"),
        _reference("subject", path, by, *_PATIENT, column="person"),
    )


_EVERY = (
    _token("_id", "id", "The id of the resource.", "id", column="id"),
    Parameter("_lastUpdated", "date", ("meta",), "When it last changed.", column="updated_at"),
)

_TABLE: dict[str, tuple[Parameter, ...]] = {
    "AuditEvent": (
        _code("action", "action", "Create, read, update or execute.", "audit-event-action"),
        _reference("agent", "agent.who", "The organisation that acted; `.identifier` takes the "
                   "ODS code.", "Organization"),
        Parameter("date", "date", ("recorded",), "When it was recorded.", column="updated_at"),
        _reference("entity", "entity.what", "What was read or changed.", "Task", "Patient",
                   "Observation", "Flag", "Encounter", "Condition", "ServiceRequest", "Provenance"),
        _token("entity-type", "entity.type", "What kind of thing.", "coding"),
        _code("outcome", "outcome", "0 success, 4 refused.", "audit-event-outcome"),
        _reference("patient", "entity.what", "Whose record.", *_PATIENT, column="person"),
        _token("subtype", "subtype", "The interaction.", "coding"),
        _token("type", "type", "The kind of event.", "coding"),
    ),
    "Condition": (
        *_about("subject"),
        _token("category", "category", "The category."),
        _token("clinical-status", "clinicalStatus", "Active, resolved, and so on."),
        _token("code", "code", "The diagnosis."),
        _reference("encounter", "encounter", "The stay it was recorded in.", "Encounter"),
        _identifier(),
        _date("onset-date", "When it began.", "onsetDateTime", "onsetPeriod"),
        _date("recorded-date", "When it was recorded.", "recordedDate"),
        _token("verification-status", "verificationStatus", "Confirmed, provisional, and so on."),
    ),
    "Encounter": (
        *_about("subject"),
        _token("class", "class", "Inpatient, emergency, and so on.", "coding"),
        _date("date", "When it took place.", "period"),
        _identifier(),
        _reference("location", "location.location", "Where.", "Location"),
        _reference("part-of", "partOf", "The stay it belongs to.", "Encounter"),
        _token("reason-code", "reasonCode", "Why."),
        _reference("service-provider", "serviceProvider", "The provider.", "Organization"),
        _code("status", "status", "The status; several with commas.", "encounter-status"),
        _token("type", "type", "The kind of stay."),
    ),
    "Flag": (
        *_about("subject"),
        _reference("author", "author", "Who says so.", "Organization"),
        _token("code", "code", "What is flagged.", is_ours=True),
        _date("date", "When it holds.", "period"),
        _identifier(),
        _code("status", "status", "The status.", "flag-status", ours=True),
    ),
    "Location": (
        _identifier(),
        Parameter("name", "string", ("name",), "The name, from its beginning."),
        _reference("organization", "managingOrganization", "Whose it is.", "Organization"),
        _reference("partof", "partOf", "The place it is in.", "Location"),
        _code("status", "status", "The status.", "location-status"),
    ),
    "Observation": (
        *_about("subject"),
        _token("category", "category", "The category."),
        _token("code", "code", "What was observed."),
        _token("component-code", "component.code", "What a component states."),
        _token("component-value-concept", "component.valueCodeableConcept", "What it states."),
        _date("date", "When it happened: the date of death.", "effectiveDateTime",
              "effectivePeriod"),
        _reference("encounter", "encounter", "The stay it was made in.", "Encounter"),
        _identifier(),
        _reference("performer", "performer", "Who says so.", "Organization"),
        _code("status", "status", "The status; several with commas.", "observation-status"),
        _token("value-concept", "valueCodeableConcept", "The value, where it is a code."),
    ),
    "Organization": (
        _token("identifier", "identifier", "The ODS code.", "identifier"),
        Parameter("name", "string", ("name",), "The name, from its beginning."),
        _reference("partof", "partOf", "What it belongs to.", "Organization"),
    ),
    "Patient": (
        _token("active", "active", "Whether the record is in use.", "boolean"),
        _date("death-date", "When the person died.", "deceasedDateTime"),
        _token("deceased", "deceasedDateTime", "Whether the person died.", "deceased"),
        _reference("general-practitioner", "generalPractitioner", "The practice.", "Organization"),
        _token("identifier", "identifier", "NHS number or local identifier, as system|value.",
               "identifier-of-person", column="person"),
        _reference("link", "link.other", "The record that replaces it.", *_PATIENT),
    ),
    "Provenance": (
        _reference("patient", "target", "Whom it is about.", *_PATIENT, column="person"),
        _reference("agent", "agent.who", "Who took part.", "Organization"),
        _token("agent-role", "agent.role", "The part taken."),
        _token("agent-type", "agent.type", "The kind of part taken."),
        _reference("entity", "entity.what", "What it was made from.", "Task", "Observation",
                   "Flag", "Encounter", "Condition", "Provenance", "ServiceRequest"),
        _date("recorded", "When it was recorded.", "recorded"),
        _reference("target", "target", "What it is about.", "Task", "Patient", "Observation",
                   "Flag", "Encounter", "Condition", "Location", "ServiceRequest"),
        _date("when", "When it happened.", "occurredDateTime"),
    ),
    "ServiceRequest": (
        *_about("subject"),
        _date("authored", "When it was asked for.", "authoredOn"),
        _token("category", "category", "The category."),
        _token("code", "code", "What is asked for."),
        _reference("encounter", "encounter", "The stay it is about.", "Encounter"),
        _identifier(),
        _code("intent", "intent", "The intent.", "request-intent"),
        _reference("performer", "performer", "Who is asked.", "Organization"),
        _code("priority", "priority", "The priority.", "request-priority"),
        _reference("requester", "requester", "Who asks.", "Organization"),
        _identifier("requisition", "requisition"),
        _code("status", "status", "The status; several with commas.", "request-status"),
    ),
    "Task": (
        *_about("for"),
        _date("authored-on", "When the review was first proposed.", "authoredOn"),
        _reference("based-on", "basedOn", "The concern it follows.", "ServiceRequest", "Task"),
        replace(_token("business-status", "businessStatus", "The state of the review."),
                code_column="business_status"),
        replace(_token("code", "code", "The route of the review."), system_column="code_system"),
        _token("criterion", "input", "Why the review must be done: one of its criteria.", "input",
               is_ours=True),
        Parameter("due", "date", ("restriction.period.end",), "When the next step is due.",
                  column="due", is_ours=True),
        _reference("encounter", "encounter", "The stay it is about.", "Encounter"),
        _reference("focus", "focus", "What it is about: the death.", "Observation", "Encounter",
                   "ServiceRequest", "Task"),
        _identifier("groupIdentifier", "group-identifier"),
        _identifier(),
        _code("intent", "intent", "The intent.", "request-intent"),
        _date("modified", "When it last changed.", "lastModified"),
        replace(_token("necessity", "input", "How far the review is needed.", "input",
                       is_ours=True), code_column="necessity"),
        Parameter("offered-to", "reference", ("input.valueReference",), "Whom the lead is offered "
                  "to; `.identifier` takes the ODS code.", column="offered_to",
                  targets=("Organization",), is_ours=True),
        _reference("owner", "owner", "Who leads or is proposed to; `.identifier` takes the ODS "
                   "code.", "Organization", column="owner"),
        _reference("part-of", "partOf", "The Task it is a part of.", "Task"),
        _date("period", "While it is led.", "executionPeriod"),
        _code("priority", "priority", "The priority.", "request-priority"),
        _reference("requester", "requester", "Who asked for it.", "Organization"),
        _code("status", "status", "The status; several with commas.", "task-status"),
    ),
}  # fmt: skip

PARAMETERS: dict[str, dict[str, Parameter]] = {
    resource_type: {one.name: one for one in (*_EVERY, *own)}
    for resource_type, own in _TABLE.items()
}
