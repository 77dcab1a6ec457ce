"""An explanation as Parameters: the answer of `Patient/{id}/$explain`."""

from __future__ import annotations

from registry.core.explanation import Conclusion, Explanation, Fact
from registry.core.fhir.elements import Resource


def parameters(explanation: Explanation) -> Resource:
    """Takes an explanation; returns it as Parameters: one `conclusion` for each thing that follows,
    with its rule, sentence and grounds, and one `fact` for each message it rests on."""
    return {
        "resourceType": "Parameters",
        "parameter": [
            *({"name": "conclusion", "part": _conclusion(one)} for one in explanation.conclusions),
            *({"name": "fact", "part": _fact(one)} for one in explanation.facts),
        ],
    }


def _conclusion(one: Conclusion) -> list[Resource]:
    return [
        _part("about", one.about),
        _part("rule", one.rule),
        _part("sentence", one.sentence),
        *(_part("because", text) for text in one.because),
    ]


def _fact(one: Fact) -> list[Resource]:
    recorded = [{"name": "recorded", "valueDateTime": one.recorded}] if one.recorded else []
    return [
        _part("source", one.source),
        *([_part("message", one.message)] if one.message else []),
        _part("trigger", one.trigger),
        *recorded,
        *(_part("says", text) for text in one.says),
    ]


def _part(name: str, text: str) -> Resource:
    return {"name": name, "valueString": text}
