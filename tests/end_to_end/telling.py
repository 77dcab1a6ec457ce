"""How scenarios are told, in several orders, and what the FHIR API then says."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from typing import Any

from tests.end_to_end.adt import Person, Stay, new_nhs_number
from tests.end_to_end.exchange import Exchange

Resource = dict[str, Any]
Story = Callable[[str], list[str]]
ORDERS = 6


def orders(story: Story) -> list[tuple[str, list[str]]]:
    """The story in up to six orders, the told one first, each about a person of its own."""
    length = len(story(new_nhs_number()))
    chosen = list(permutations(range(length)))
    chosen = chosen[:: max(1, len(chosen) // ORDERS)][:ORDERS]
    told: list[tuple[str, list[str]]] = []
    for order in chosen:
        number = new_nhs_number()
        messages = story(number)
        told.append((number, [messages[i] for i in order]))
    return told


def tell(exchange: Exchange, story: Story) -> list[str]:
    """Sends the story in each order; returns the NHS numbers, when all of it is delivered."""
    tellings = orders(story)
    for _, messages in tellings:
        answers = exchange.send(*messages)
        assert [a.split("|")[1] for a in answers] == ["AA"] * len(messages)
    exchange.wait_settled()
    return [number for number, _ in tellings]


def tasks(exchange: Exchange, number: str, organisation: str = "RT1") -> list[Resource]:
    return exchange.search(organisation, "provider", "Task", number)


def open_tasks(exchange: Exchange, number: str) -> list[Resource]:
    """What still has to be done: a proposal that the facts took back stays readable, as ended."""
    ended = {"cancelled", "entered-in-error"}
    return [task for task in tasks(exchange, number) if task["status"] not in ended]


def the_review(exchange: Exchange, number: str, organisation: str = "RT1") -> Resource:
    (task,) = tasks(exchange, number, organisation)
    assert code(task["code"]) == "case-record-review"
    return task


def code(concept: Resource) -> str:
    return str(concept["coding"][0]["code"])


def lead(task: Resource) -> str:
    return str(task["owner"]["identifier"]["value"])


def inputs(task: Resource, kind: str) -> list[Resource]:
    return [i for i in task["input"] if code(i["type"]) == kind]


def necessity(task: Resource) -> str:
    return code(inputs(task, "necessity")[0]["valueCodeableConcept"])


def relation(task: Resource) -> list[str]:
    return [code(i["valueCodeableConcept"]) for i in inputs(task, "scope")]


def death(exchange: Exchange, number: str, organisation: str = "RT1") -> Resource:
    (found,) = exchange.search(organisation, "provider", "Observation", number)
    return found


def scopes(observation: Resource) -> list[Resource]:
    """How each stay relates to the death, as the Observation says it."""
    found = [c for c in observation["component"] if code(c["code"]) == "scope"]
    return [c["valueCodeableConcept"] for c in found]


def routes(exchange: Exchange, number: str, organisation: str = "RT1") -> dict[str, Resource]:
    """The open reviews by route."""
    found = tasks(exchange, number, organisation)
    reviews = [t for t in found if t["code"]["coding"][0]["system"].endswith("review-route")]
    ended = {"cancelled", "entered-in-error"}
    return {code(t["code"]): t for t in reviews if t["status"] not in ended}


def in_hospital(number: str) -> list[str]:
    person = Person("RT1", number, f"A{number}")
    stay = f"V{number}"
    return [
        person.message("A01", "20260105090000", stay=Stay(stay, "20260105090000")),
        person.message(
            "A03",
            "20260110100000",
            stay=Stay(stay, "20260105090000", "20260110093000", "4", "79"),
            died="20260110",
            indicator="Y",
        ),
    ]
