"""What the registry answers about the people of some messages, in every state a review can take.

Made by registry/core alone, without a database; what the store adds is added here in its form.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import lfd.demo
from conformance import registry_people
from conformance.registry_courses import COURSES, answers
from conformance.registry_people import ACUTE
from registry.api.outcomes import not_found
from registry.core import identity
from registry.core.bundle_reading import UnreadableBundle, statements
from registry.core.concern import Alarm, AlarmKind, Concern, ConcernKind, Recommendation
from registry.core.derive import PersonState, derive
from registry.core.fhir import alarm
from registry.core.fhir.person import Drawn, PersonResources, ended, replaced, resolved, withdrawn
from registry.core.identity import NumberPolicy, Person
from registry.core.knowledge import Knowledge
from registry.core.needs import OUT_OF_SCOPE
from registry.core.policy import Policies, Policy, Sample
from registry.core.resource_ids import ResourceIds
from registry.core.statement import Statement
from registry.core.visibility import VISIBLE, may_see, view
from registry.directory.organisation import Directory, Organisation
from registry.directory.reading import read
from registry.rules.reading import national

Resource = dict[str, Any]
_NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)
_IDS = ResourceIds(b"conformance")
_DEMO = Path(lfd.demo.__file__).parent
_CONCERNS = (
    Concern(
        "concern-1",
        ConcernKind.MEDICAL_EXAMINER,
        ACUTE,
        _NOW,
        frozenset(Recommendation),
        "The family asks why.",
    ),
    Concern("concern-2", ConcernKind.BEREAVED, registry_people.PRACTICE, _NOW),
    Concern("concern-3", ConcernKind.STAFF, ACUTE, _NOW, is_withdrawn=True),
)
_ALARMS = (
    Alarm(
        "b1a2c3d4-0000-4000-8000-000000000001",
        AlarmKind.SERVICE,
        ACUTE,
        frozenset({"100", "180"}),
        ("Sepsis",),
        date(2026, 1, 1),
        date(2026, 3, 31),
        "More deaths than expected.",
    ),
    Alarm(
        "b1a2c3d4-0000-4000-8000-000000000002",
        AlarmKind.THEME,
        ACUTE,
        frozenset({"180"}),
        (),
        date(2026, 1, 1),
        None,
    ),
)
_MERGED = Organisation(
    registry_people.MERGED, "Former Hospitals", "acute", "ZB1", ACUTE, date(2026, 1, 1)
)
_EVERYBODY_SAMPLED = Policies([Policy(ACUTE, date(2020, 1, 1), sample=Sample(100, "conformance"))])


def registry_resources(bundles: Iterable[Resource]) -> Iterator[tuple[str, Resource]]:
    """Takes minimised message Bundles; returns the resources, with where they are from."""
    organisations = (_DEMO / "organisations.csv").read_bytes()
    listed = read("organisations.csv", organisations).organisations
    directory = Directory([*listed, _MERGED])
    knowledge = Knowledge(directory, national(), _NOW.date(), _EVERYBODY_SAMPLED, _ALARMS)
    yield "registry, what is not there", not_found().outcome
    for resource in _resources(bundles, knowledge):
        yield "registry", resource
        for role in VISIBLE:
            if may_see(role, resource["resourceType"]):
                yield f"registry, as a {role} sees it", view(resource, role)


def _resources(bundles: Iterable[Resource], knowledge: Knowledge) -> Iterator[Resource]:
    for raised in _ALARMS:
        for one in (raised, replace(raised, is_withdrawn=True)):
            yield _stamped(alarm.request(one, knowledge.directory))
    for person in _persons(_stated(bundles)):
        yield from _proposed(derive(person, [], knowledge), knowledge)
    shown: set[str] = set()
    for person in _persons(registry_people.statements()):
        proposed, *others = _states(person, knowledge)
        yield from _proposed(proposed, knowledge)
        for state in others:
            yield from _all(PersonResources(state, _IDS, knowledge.directory), shown)


def _persons(stated: Iterable[Statement]) -> list[Person]:
    return identity.persons(stated, NumberPolicy(allow_test_numbers=True))


def _stated(bundles: Iterable[Resource]) -> Iterator[Statement]:
    for bundle in bundles:
        try:
            yield from (s for s in statements(bundle) if s.identifiers)
        except UnreadableBundle:
            continue


def _states(person: Person, knowledge: Knowledge) -> Iterator[PersonState]:
    """The person's state before anybody steps on a review, after each of some courses, and after
    the questions are answered."""
    proposed = derive(person, [], knowledge)
    yield proposed
    yield derive(person, answers(proposed, _NOW), knowledge, _CONCERNS)
    routes = [route.code for route in knowledge.rulebook.routes]
    for course in COURSES:
        taken = [decision for route in routes for decision in course.on(route, _NOW)]
        yield derive(person, taken, knowledge, _CONCERNS)


def _all(built: PersonResources, shown: set[str]) -> Iterator[Resource]:
    """Everything, but of each step only the first Provenance: the others differ by their ids."""
    for drawn in built.all({}, _NOW):
        step = drawn.resource.get("activity", {}).get("text")
        if step is None or step not in shown:
            yield _stamped(drawn.resource)
        if step is not None:
            shown.add(step)


def _proposed(state: PersonState, knowledge: Knowledge) -> Iterator[Resource]:
    """What is shown before anybody steps on a review, and what becomes of it when the facts no
    longer support it."""
    if not state.is_shown:
        return
    built = PersonResources(state, _IDS, knowledge.directory)
    for drawn in built.all({}, _NOW):
        yield _stamped(drawn.resource)
        yield from (_stamped(resource) for resource in _kept(drawn, built))


def _kept(drawn: Drawn, built: PersonResources) -> Iterator[Resource]:
    resource = drawn.resource
    match resource["resourceType"]:
        case "Task" if drawn.audience is not None:
            yield resolved(resource)
        case "Task":
            yield from (ended(resource, OUT_OF_SCOPE, in_error=error) for error in (True, False))
        case "Patient":
            joined = replaced(resource, [built])
            yield from [joined] if joined else []
        case "Provenance":
            return
        case _:
            yield withdrawn(resource)


def _stamped(resource: Resource) -> Resource:
    now = _NOW.isoformat()
    stamped = {**resource, "meta": {"versionId": "1", "lastUpdated": now, **resource["meta"]}}
    return stamped | (
        {"authoredOn": now, "lastModified": now} if resource["resourceType"] == "Task" else {}
    )
