"""The topics as FHIR R4 has them: `Basic` resources with R5's elements as extensions. Written into
the guide from the table of topics: `python -m registry.subscriptions.topic_resources`.

Source: Backport IG, "Subscription Topics in FHIR R4"; FHIR's cross-version extensions.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import orjson

import conformance
from conformance.guide.about import CHANGED_ON, VERSION
from registry.subscriptions.topics import TOPICS, Topic

Resource = dict[str, Any]
EXTENSION = "http://hl7.org/fhir/5.0/StructureDefinition/extension-SubscriptionTopic."
_DEFINITION = "http://hl7.org/fhir/StructureDefinition/"
_FILTERS = {
    "code": "The route of the review, or the kind of question.",
    "owner": "Who leads, or is asked to lead or to answer.",
}


def topic_resource(topic: Topic) -> Resource:
    """Takes a topic; returns its Basic."""
    name = "".join(part.title() for part in topic.code.split("-"))
    return {
        "resourceType": "Basic",
        "id": topic.code,
        "extension": [
            _said("url", "Uri", topic.url),
            _said("version", "String", VERSION),
            _said("name", "String", name),
            _said("title", "String", topic.title),
            _said("date", "DateTime", CHANGED_ON),
            _said("description", "Markdown", topic.description),
            _trigger(topic),
            *_filters(topic),
            {
                "url": f"{EXTENSION}notificationShape",
                "extension": [_part("resource", "Uri", f"{_DEFINITION}{topic.focus}")],
            },
        ],
        "modifierExtension": [_said("status", "Code", "active")],
        "code": {
            "coding": [{"system": "http://hl7.org/fhir/fhir-types", "code": "SubscriptionTopic"}]
        },
    }


def _trigger(topic: Topic) -> Resource:
    return {
        "url": f"{EXTENSION}resourceTrigger",
        "extension": [
            _part("description", "Markdown", topic.description),
            _part("resource", "Uri", f"{_DEFINITION}{topic.focus}"),
            _part("supportedInteraction", "Code", "create"),
            _part("supportedInteraction", "Code", "update"),
        ],
    }


def _filters(topic: Topic) -> Iterator[Resource]:
    for name in topic.filters:
        yield {
            "url": f"{EXTENSION}canFilterBy",
            "extension": [
                _part("description", "Markdown", _FILTERS[name]),
                _part("resource", "Uri", topic.focus),
                _part("filterParameter", "String", name),
            ],
        }


def _said(element: str, kind: str, value: str) -> Resource:
    return {"url": f"{EXTENSION}{element}", f"value{kind}": value}


def _part(name: str, kind: str, value: str) -> Resource:
    return {"url": name, f"value{kind}": value}


def main() -> None:
    """Writes each topic into the guide."""
    folder = Path(str(files(conformance) / "package"))
    for topic in TOPICS.values():
        text = orjson.dumps(topic_resource(topic), option=orjson.OPT_INDENT_2)
        (folder / f"Basic-{topic.code}.json").write_bytes(text + b"\n")


if __name__ == "__main__":
    main()
