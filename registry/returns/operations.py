"""The operations on returns, as FHIR OperationDefinitions."""

from __future__ import annotations

from typing import Any

from registry.returns import canonical_urls as urls
from registry.returns.definition_metadata import metadata

Resource = dict[str, Any]


def operations() -> list[Resource]:
    """Returns the definitions of the operations that are not FHIR's own."""
    return [_publish(), _record_action()]


def _publish() -> Resource:
    return {
        "resourceType": "OperationDefinition",
        **metadata(urls.PUBLISH, "PublishReturn"),
        "title": "Publish a return",
        "kind": "operation",
        "description": "Publishes the return of the caller's own organisation as known now: its "
        "own version and the public one, both frozen. Once the period is over, and at most once in "
        "a quarter; a later publication updates an earlier one and says so.",
        "affectsState": True,
        "code": "publish-return",
        "resource": ["Measure"],
        "system": False,
        "type": False,
        "instance": True,
        "parameter": [
            _in("periodStart", "date", "The first day of the quarter or financial year.", 1),
            _in("periodEnd", "date", "Its last day.", 1),
            _in(
                "theme",
                "string",
                "The words of a theme that somebody read and cleared for publication.",
                most="*",
            ),
            {
                "name": "return",
                "use": "out",
                "min": 1,
                "max": "1",
                "documentation": "The published return, in the version of the Measure.",
                "type": "MeasureReport",
            },
        ],
    }


def _record_action() -> Resource:
    return {
        "resourceType": "OperationDefinition",
        **metadata(urls.RECORD_ACTION, "RecordLearningAction"),
        "title": "Record an action",
        "kind": "operation",
        "description": "Records what the caller's organisation did or will do about what it learnt "
        "from a quarter's deaths, changes it, or withdraws it.",
        "affectsState": True,
        "code": "record-learning-action",
        "resource": ["Measure"],
        "system": False,
        "type": True,
        "instance": False,
        "parameter": [
            _in("id", "string", "The id of an action that is changed or withdrawn."),
            _in("quarter", "string", "The quarter of the deaths, such as 2026-27-Q1."),
            _in("action", "string", "What was or will be done."),
            _in("taken", "boolean", "Whether it was done."),
            _in("impact", "string", "What came of it, where it was done."),
            _in("cleared", "boolean", "Whether somebody read the words for publication."),
            _in("withdrawn", "boolean", "True to withdraw the action of this id."),
            {
                "name": "id",
                "use": "out",
                "min": 1,
                "max": "1",
                "documentation": "The id of the action.",
                "type": "string",
            },
        ],
    }


def _in(name: str, kind: str, documentation: str, least: int = 0, most: str = "1") -> Resource:
    return {
        "name": name,
        "use": "in",
        "min": least,
        "max": most,
        "documentation": documentation,
        "type": kind,
    }
