"""What is drawn of a person's state: the same each time, and shown only to whom it is for."""

from __future__ import annotations

import json
import re

from hypothesis import given

from registry.core import identity
from registry.core.derive import PersonState, derive
from registry.core.explanation import explain
from registry.core.fhir.person import Drawn, PersonResources
from registry.core.resource_ids import ResourceIds
from registry.core.statement import Statement
from registry.core.visibility import is_party
from tests.registry.core.deciding import DECIDED, concern
from tests.registry.core.effort import ordinary, patience
from tests.registry.core.histories import FAMILY_WORDS, KNOWN, Whole, wholes
from tests.registry.core.stating import ICB1, NUMBER, P1, T1, T2, Sender
from tests.registry.core.telling import NUMBERS, state
from tests.registry.core.test_order import end, tell

pytestmark = patience

IDS = ResourceIds(b"a secret of the tests' own, 32 by")
REFERENCE = re.compile(r'"reference": "((\w+)/[0-9a-f]{32})"')


def drawn(of: PersonState) -> list[Drawn]:
    return PersonResources(of, IDS, KNOWN.directory).all({}, DECIDED)


def owners(resources: list[Drawn]) -> set[str]:
    return {d.resource["owner"]["identifier"]["value"] for d in resources if "owner" in d.resource}


@ordinary
@given(wholes())
def test_equal_states_are_drawn_equal_each_resource_once(whole: Whole) -> None:
    tell(whole)
    for one, other in zip(end(whole), end(whole), strict=True):
        resources = drawn(one)
        assert resources == drawn(other)
        keys = [d.key for d in resources]
        assert len(keys) == len(set(keys))


@ordinary
@given(wholes())
def test_who_is_named_is_involved_and_words_of_the_family_are_for_few(whole: Whole) -> None:
    tell(whole)
    for one in end(whole):
        resources = drawn(one)
        assert owners(resources) <= set(one.involvement)
        for found in resources:
            if found.audience is None:
                assert FAMILY_WORDS not in json.dumps(found.resource)
            else:
                assert set(found.audience) <= set(one.involvement)


@ordinary
@given(wholes())
def test_what_tasks_are_found_by_in_columns_has_one_coding(whole: Whole) -> None:
    """registry.store.task_columns keeps the first Coding of each, and searches look at no other."""
    for one in end(whole):
        for task in (d.resource for d in drawn(one) if d.resource["resourceType"] == "Task"):
            needed = [
                i for i in task.get("input", []) if i["type"]["coding"][0]["code"] == "necessity"
            ]
            assert len(needed) <= 1
            concepts = [
                task["code"],
                task["businessStatus"],
                *(i["valueCodeableConcept"] for i in needed),
            ]
            assert [len(concept["coding"]) for concept in concepts] == [1] * len(concepts)


@ordinary
@given(wholes())
def test_of_the_dead_every_reference_finds_its_resource(whole: Whole) -> None:
    tell(whole)
    for one in end(whole):
        resources = drawn(one)
        known = {"/".join(d.key) for d in resources}
        if one.death is not None:
            text = json.dumps([d.resource for d in resources])
            assert {found for found, _ in REFERENCE.findall(text)} <= known


@ordinary
@given(wholes())
def test_every_state_can_be_explained(whole: Whole) -> None:
    tell(whole)
    for one in end(whole):
        told = explain(one, KNOWN.directory)
        assert len(told.facts) == len(one.person.statements)
        assert {c.rule for c in told.conclusions if c.about.startswith("scope")} == {
            f.relation for f in one.findings
        }
        text = json.dumps(told.data(), default=str)
        assert FAMILY_WORDS not in text


def died_at_t1_after_t2() -> tuple[Statement, ...]:
    t1, t2 = Sender(T1), Sender(T2)
    return (
        t2.discharges("2026-01-01"),
        t1.admits("2026-01-05"),
        t1.discharges("2026-01-10", method="4", died="2026-01-10"),
    )


def test_the_familys_words_are_for_the_lead_the_board_and_whoever_told_them() -> None:
    raised = concern(organisation="ME1", text=FAMILY_WORDS)
    found = state(*died_at_t1_after_t2(), concerns=[raised])
    (request,) = [d for d in drawn(found) if d.resource["resourceType"] == "ServiceRequest"]
    assert request.audience == tuple(sorted((T1, ICB1, "ME1")))
    assert request.resource["note"] == [{"text": FAMILY_WORDS}]
    assert {T2, P1} <= set(found.involvement)
    assert not is_party(found.involvement["ME1"])


def test_the_number_of_nobody_stands_in_an_id() -> None:
    for found in drawn(state(*died_at_t1_after_t2())):
        assert NUMBER.value not in found.resource["id"]


def tasks(resources: list[Drawn]) -> list[Drawn]:
    """The reviews: questions are for those asked only."""
    return [d for d in resources if d.resource["resourceType"] == "Task" and d.audience is None]


def test_a_review_keeps_the_day_on_which_it_was_first_proposed() -> None:
    (person,) = identity.persons(died_at_t1_after_t2(), NUMBERS)
    resources = PersonResources(derive(person, (), KNOWN), IDS, KNOWN.directory)
    (task,) = tasks(resources.all({}, DECIDED))
    later = DECIDED.replace(month=8)
    (same,) = tasks(resources.all({task.resource["id"]: DECIDED}, later))
    assert same == task
    (anew,) = tasks(resources.all({}, later))
    assert anew.wakes_on != task.wakes_on
