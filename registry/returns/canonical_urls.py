"""Addresses of what the returns add to the implementation guide."""

from __future__ import annotations

from conformance.canonical import BASE, CODE_SYSTEM, IDENTIFIER, PROFILE, VALUE_SET
from registry.returns.count import Version

MEASURE = f"{BASE}/Measure/"
QUARTERLY_MEASURE = {
    Version.OWN: f"{MEASURE}learning-from-deaths-quarter",
    Version.PUBLIC: f"{MEASURE}learning-from-deaths-quarter-public",
}
ACCOUNT_MEASURE = {
    Version.OWN: f"{MEASURE}quality-account-deaths",
    Version.PUBLIC: f"{MEASURE}quality-account-deaths-public",
}
OPERATION = f"{BASE}/OperationDefinition/"
PUBLISH = f"{OPERATION}publish-return"
RECORD_ACTION = f"{OPERATION}record-learning-action"
DATA_ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
FIGURE = f"{CODE_SYSTEM}return-figure"
FIGURE_VALUES = f"{VALUE_SET}return-figure"
RETURN_ID = f"{IDENTIFIER}return"
PREVIOUSLY_PUBLISHED = f"{PROFILE}previously-published-count"
