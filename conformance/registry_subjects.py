"""What the registry answers about the people of some messages, in every state a review can take.

Made by registry/core alone, without a database; what the store adds is added here in its form.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import lfd.demo
from registry.api.outcomes import not_found
from registry.core import identity
from registry.core.bundle_reading import UnreadableBundle, statements
from registry.core.derive import OUT_OF_SCOPE, PersonState, derive
from registry.core.identity import NumberPolicy, Person
from registry.core.resource_ids import ResourceIds
from registry.core.resources import PersonResources, ended, withdrawn
from registry.core.reviews import Decision, Route
from registry.core.statement import Statement
from registry.core.visibility import may_see, view
from registry.directory.organisation import Directory
from registry.directory.reading import read

Resource = dict[str, Any]
_NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)
_IDS = ResourceIds(b"conformance")
_DEMO = Path(lfd.demo.__file__).parent
_ROLES = ("provider", "gp")


def registry_resources(bundles: Iterable[Resource]) -> Iterator[tuple[str, Resource]]:
    """Takes minimised message Bundles; returns the resources, with where they are from."""
    organisations = (_DEMO / "organisations.csv").read_bytes()
    directory = Directory(read("organisations.csv", organisations).organisations)
    yield "registry, what is not there", not_found().outcome
    policy = NumberPolicy(allow_test_numbers=True)
    for person in identity.persons(_stated(bundles), policy):
        for state in _states(person, directory):
            for resource in _shown(PersonResources(state, _IDS, directory)):
                for role in _ROLES:
                    if may_see(role, resource["resourceType"]):
                        yield f"registry, as a {role} sees it", view(resource, role)


def _stated(bundles: Iterable[Resource]) -> Iterator[Statement]:
    for bundle in bundles:
        try:
            yield from (s for s in statements(bundle) if s.identifiers)
        except UnreadableBundle:
            continue


def _states(person: Person, directory: Directory) -> Iterator[PersonState]:
    """The person's state before anybody accepts a review, and after."""
    proposed = derive(person, [], directory)
    if proposed.death is None and not proposed.flags:
        return
    yield proposed
    accepted = [Decision(route, "accepted", "ZT1", _NOW) for route in Route]
    yield derive(person, accepted, directory)


def _shown(built: PersonResources) -> Iterator[Resource]:
    """A person's resources, and those that are kept after the facts changed."""
    for resource in built.all():
        yield _stamped(resource)
        if resource["resourceType"] == "Task":
            for in_error in (True, False):
                yield _stamped(ended(resource, OUT_OF_SCOPE, in_error=in_error))
        elif resource["resourceType"] != "Patient":
            yield _stamped(withdrawn(resource))


def _stamped(resource: Resource) -> Resource:
    now = _NOW.isoformat()
    stamped = {**resource, "meta": {"versionId": "1", "lastUpdated": now, **resource["meta"]}}
    return stamped | (
        {"authoredOn": now, "lastModified": now} if resource["resourceType"] == "Task" else {}
    )
