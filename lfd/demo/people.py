"""What the registry says about a person, asked of its FHIR API by those who may know."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from lfd.demo.asking import Asking, Resource, by_nhs_number
from nhs import addresses
from nhs.partial_date import PartialDate, Precision


@dataclass(frozen=True, slots=True)
class Review:
    """A review as its Task has it: what, how far needed and by which criteria, who is proposed to
    lead or leads, and by which rule."""

    name: str
    necessity: str
    criteria: tuple[str, ...]
    state: str
    lead: str
    rule: str


@dataclass(frozen=True, slots=True)
class Person:
    """A person as one client sees them; `died` is None where no death is on record, and `ended` is
    why reviews that were open no longer are."""

    nhs_number: str
    name: str
    died: str | None
    in_scope: tuple[str, ...]
    not_in_scope: tuple[str, ...]
    sources: tuple[str, ...]
    flags: tuple[str, ...]
    evidence: tuple[str, ...]
    reviews: tuple[Review, ...]
    ended: tuple[str, ...]


async def find_all(
    names: Mapping[str, str], providers: list[Asking], practice: Asking
) -> list[Person]:
    """Takes names by NHS number, the trusts' clients and the practice's; returns each person as the
    first trust involved sees them, as their practice does where no trust is.

    The registry tells nothing, not even a name, of somebody of whom no death was ever reported:
    only then is the given name theirs.
    """
    found = await asyncio.gather(*(_find(number, providers, practice) for number in names))
    return [one if one.name else replace(one, name=names[one.nhs_number]) for one in found]


async def names(organisations: Iterable[str], client: Asking) -> dict[str, str]:
    """Takes ODS codes and who asks; returns the names of those the registry's directory holds."""
    codes = ",".join(f"{addresses.ODS_ORGANISATION}|{ods}" for ods in organisations)
    found = await client.search("Organization", [("identifier", codes)])
    return {organisation["id"]: organisation["name"] for organisation in found}


async def _find(number: str, providers: list[Asking], practice: Asking) -> Person:
    for client in providers:
        about = [by_nhs_number(number), ("_include", "Observation:patient")]
        if found := await client.search("Observation", about):
            return await _with_death(number, client, found)
    asked = [("identifier", by_nhs_number(number)[1])]
    return _person(number, await practice.search("Patient", asked))


async def _with_death(number: str, client: Asking, found: list[Resource]) -> Person:
    about = by_nhs_number(number)
    tasks, flags = await asyncio.gather(
        client.search("Task", [about]), client.search("Flag", [about])
    )
    return _person(number, [*found, *tasks, *flags])


def _person(number: str, resources: list[Resource]) -> Person:
    deaths = [death for death in _of("Observation", resources) if _stands(death)]
    stated = _of("Task", resources)
    tasks = [task for task in stated if _stands(task)]
    in_scope = _each(text for task in tasks for text in _inputs(task, "scope"))
    findings = [text for death in deaths for text in _findings(death)]
    flags = [flag["code"]["text"] for flag in _of("Flag", resources) if _stands(flag)]
    return Person(
        nhs_number=number,
        name=_name(resources),
        died=_when(deaths[0]) if deaths else None,
        in_scope=in_scope,
        not_in_scope=tuple(text for text in findings if text not in in_scope),
        sources=_each(text for task in tasks for text in _inputs(task, "death-source")),
        flags=tuple(flags),
        evidence=_each(text for task in tasks for text in _inputs(task, "evidence")),
        reviews=tuple(sorted(map(_review, tasks), key=lambda review: review.name)),
        ended=_each(task["statusReason"]["text"] for task in stated if not _stands(task)),
    )


def _of(resource_type: str, resources: list[Resource]) -> list[Resource]:
    return [resource for resource in resources if resource["resourceType"] == resource_type]


def _stands(resource: Resource) -> bool:
    return resource["status"] not in ("entered-in-error", "cancelled")


def _each(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))


def _name(resources: list[Resource]) -> str:
    for patient in _of("Patient", resources):
        for name in patient.get("name", []):
            return " ".join([*name.get("given", []), name.get("family", "")])
    return ""


def _when(death: Resource) -> str:
    """The date of death in words, as precise as it is known."""
    text = death.get("effectiveDateTime")
    if text is None:
        return "date not known"
    at = PartialDate.parse(text)
    day = f"{at.earliest.day} {at.earliest:%B %Y}"
    match at.precision:
        case Precision.TIME:
            return f"{day} at {text[11:16]}"
        case Precision.DAY:
            return day
        case Precision.MONTH:
            return f"{at.earliest:%B %Y}"
        case Precision.YEAR:
            return f"{at.earliest:%Y}"


def _findings(death: Resource) -> Iterator[str]:
    for component in death.get("component", []):
        if component["code"]["coding"][0]["code"] == "scope":
            yield component["valueCodeableConcept"]["text"]


def _inputs(task: Resource, kind: str) -> Iterator[str]:
    """The texts of a Task's inputs of one kind."""
    for given in task.get("input", []):
        if given["type"]["coding"][0]["code"] == kind:
            yield _text(given)


def _text(given: Resource) -> str:
    if "valueCodeableConcept" in given:
        return given["valueCodeableConcept"]["text"]
    if "valueReference" in given:
        return given["valueReference"]["display"]
    return given["valueString"]


def _review(task: Resource) -> Review:
    return Review(
        name=task["code"]["text"],
        necessity=next(_inputs(task, "necessity"), ""),
        criteria=tuple(_inputs(task, "criterion")),
        state=task["businessStatus"]["text"],
        lead=_lead(task),
        rule=next(_inputs(task, "lead-rule"), ""),
    )


def _lead(task: Resource) -> str:
    owner = task.get("owner")
    if owner is None:
        return "nobody"
    assert owner["identifier"]["system"] == addresses.ODS_ORGANISATION
    return f"{owner['display']} ({owner['identifier']['value']})"
