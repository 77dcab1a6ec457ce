"""FHIR definitions of the returns: the Measures, the codes of their figures, and the extension that
says what was published before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from registry.returns import account_items as items
from registry.returns import canonical_urls as urls
from registry.returns.count import Version
from registry.returns.definition_metadata import metadata
from registry.returns.definitions import DEATHS, MEASURES, NOT_CERTAIN, POPULATIONS
from registry.returns.operations import operations
from registry.returns.periods import QUARTERS
from registry.returns.wording import CAVEAT, DISCLOSURE_NOTE, OWN_NOTE

Resource = dict[str, Any]
_POPULATION = "http://terminology.hl7.org/CodeSystem/measure-population"
_SCORING = "http://terminology.hl7.org/CodeSystem/measure-scoring"


@dataclass(frozen=True, slots=True)
class Concept:
    """The code of a figure, with its definition."""

    code: str
    display: str
    definition: str
    source: str


INITIAL_POPULATION = {"coding": [{"system": _POPULATION, "code": "initial-population"}]}


def quarterly_concepts() -> Iterator[Concept]:
    """Returns a concept for each figure of the quarterly return, in its order."""
    for population in POPULATIONS:
        for measure in MEASURES:
            words = f"{population.definition} {measure.definition}"
            source = population.source if measure is DEATHS else measure.source
            code = f"{population.code}.{measure.code}"
            yield Concept(code, f"{population.label}: {measure.label}", words, source)
    yield Concept(NOT_CERTAIN.code, NOT_CERTAIN.label, NOT_CERTAIN.definition, NOT_CERTAIN.source)


def account_concepts() -> Iterator[Concept]:
    """Returns a concept for each number of the Quality Account, in its order; a number that is
    split by quarter is followed by its quarters."""
    for item in items.NUMBERS:
        label = f"{item.number} {item.label}"
        yield Concept(item.code, label, item.definition, item.source)
        for number in QUARTERS if item.measure is not None else ():
            code, words = f"{item.code}.q{number}", f"{item.definition} Quarter {number} alone."
            yield Concept(code, f"{label}, quarter {number}", words, item.source)


def figure_code(code: str, display: str) -> Resource:
    """Takes the code of a figure and its display; returns the CodeableConcept."""
    return {"coding": [{"system": urls.FIGURE, "code": code, "display": display}]}


def definitions() -> list[Resource]:
    """Returns all that the returns add to the implementation guide."""
    quarterly, account = list(quarterly_concepts()), list(account_concepts())
    return [
        *(
            _measure(urls.QUARTERLY_MEASURE, "LearningFromDeathsQuarter", version, quarterly)
            for version in Version
        ),
        *(
            _measure(urls.ACCOUNT_MEASURE, "QualityAccountDeaths", version, account)
            for version in Version
        ),
        _code_system([*quarterly, *account]),
        _value_set(),
        _previously_published(),
        *operations(),
    ]


def _measure(
    addresses: dict[Version, str], name: str, version: Version, concepts: Iterable[Concept]
) -> Resource:
    is_public = version is Version.PUBLIC
    words = DISCLOSURE_NOTE if is_public else OWN_NOTE
    title = "Deaths in care, by quarter" if "Quarter" in name else "Quality Account, items 27"
    return {
        "resourceType": "Measure",
        **metadata(addresses[version], f"{name}{'Public' if is_public else ''}"),
        "title": f"{title}{', public version' if is_public else ''}",
        "description": f"One organisation's figures, by date of death. {words}",
        "disclaimer": CAVEAT,
        "scoring": {"coding": [{"system": _SCORING, "code": "cohort"}]},
        "group": [_group(concept) for concept in concepts],
    }


def _group(concept: Concept) -> Resource:
    # What is counted is said in words: no language of FHIR's list, hence the reason why none.
    unstated = {"url": urls.DATA_ABSENT, "valueCode": "not-applicable"}
    criteria = {"_language": {"extension": [unstated]}, "expression": concept.definition}
    return {
        "code": figure_code(concept.code, concept.display),
        "description": f"{concept.definition} Source: {concept.source}.",
        "population": [{"code": INITIAL_POPULATION, "criteria": criteria}],
    }


def _code_system(concepts: Iterable[Concept]) -> Resource:
    return {
        "resourceType": "CodeSystem",
        **metadata(urls.FIGURE, "ReturnFigure"),
        "title": "Figure of a return",
        "description": "The figures of the quarterly return and of the Quality Account.",
        "caseSensitive": True,
        "valueSet": urls.FIGURE_VALUES,
        "content": "complete",
        "concept": [
            {"code": one.code, "display": one.display, "definition": one.definition}
            for one in concepts
        ],
    }


def _value_set() -> Resource:
    return {
        "resourceType": "ValueSet",
        **metadata(urls.FIGURE_VALUES, "ReturnFigureCodes"),
        "title": "Return figure codes",
        "description": "All codes of figures.",
        "compose": {"include": [{"system": urls.FIGURE}]},
    }


def _previously_published() -> Resource:
    url, path = urls.PREVIOUSLY_PUBLISHED, "Extension"
    return {
        "resourceType": "StructureDefinition",
        **metadata(url, "PreviouslyPublishedCount"),
        "title": "Previously published count",
        "description": "What an earlier publication gave for this figure, where it differs. "
        "'*' stands for a number that was not shown.",
        "fhirVersion": "4.0.1",
        "kind": "complex-type",
        "abstract": False,
        "context": [{"type": "element", "expression": "MeasureReport.group.population"}],
        "type": path,
        "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Extension",
        "derivation": "constraint",
        "differential": {
            "element": [
                {"id": path, "path": path, "max": "1"},
                {"id": f"{path}.extension", "path": f"{path}.extension", "max": "0"},
                {"id": f"{path}.url", "path": f"{path}.url", "fixedUri": url},
                {
                    "id": f"{path}.value[x]",
                    "path": f"{path}.value[x]",
                    "min": 1,
                    "type": [{"code": "string"}],
                },
            ]
        },
    }
