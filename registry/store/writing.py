"""Writes the difference between what is stored of a cluster and what now follows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from conformance import canonical
from registry.core.derive import Involvement
from registry.core.fhir.person import (
    Drawn,
    PersonResources,
    ended,
    replaced,
    resolved,
    withdrawn,
)
from registry.core.visibility import is_party
from registry.store import deaths_for_returns, leads, persons, resources
from registry.store.resources import Stored
from registry.store.transaction import Connection
from registry.subscriptions import outbox, topics
from registry.subscriptions.topics import Event

Resource = dict[str, Any]
_ENDED = {"cancelled", "entered-in-error", "completed"}


class Writer:
    """One cluster's writer, in the transaction that holds its lock."""

    def __init__(
        self, connection: Connection, cluster: int, before: list[Stored], now: datetime
    ) -> None:
        self._connection = connection
        self._cluster = cluster
        self._before = {stored.key: stored for stored in before}
        self._persons = {stored.person for stored in before}
        self._now = now
        self._current = {stored.key: stored.resource for stored in before}
        self._events: list[Event] = []

    def holds(self, person: str) -> bool:
        """True where something of the person is stored."""
        return person in self._persons

    async def write(self, shown: list[PersonResources], everyone: list[PersonResources]) -> None:
        """Takes the persons to be shown, and all there are in the cluster; writes what changed."""
        await persons.replace(self._connection, self._cluster, shown)
        current: set[tuple[str, str]] = set()
        began = self._began()
        for built in shown:
            for drawn in built.all(began, self._now):
                current.add(drawn.key)
                await self._write(drawn, built.person_id)
        await self._end_the_rest(current, everyone)
        for built in shown:
            await self._involve(built)
        gone = {p for p in self._persons if p is not None} - {built.person_id for built in shown}
        await deaths_for_returns.follow(self._connection, shown, gone, self._now)
        await outbox.keep(self._connection, self._events)

    def _began(self) -> dict[str, datetime]:
        """When each stored Task was first written."""
        return {
            resource_id: datetime.fromisoformat(stored.resource["authoredOn"])
            for (resource_type, resource_id), stored in self._before.items()
            if resource_type == "Task"
        }

    async def _write(self, drawn: Drawn, person: str | None) -> None:
        before = self._before.get(drawn.key)
        if before is not None and before.shows(drawn, person):
            return
        written = await resources.write(self._connection, drawn, person, before, self._now)
        self._current[drawn.key] = written
        self._events += topics.occurred(before and before.resource, written)
        if written["resourceType"] == "Task":
            await leads.follow(self._connection, written, self._now)

    async def _end_the_rest(
        self, current: set[tuple[str, str]], everyone: list[PersonResources]
    ) -> None:
        by_person = {built.person_id: built for built in everyone}
        for key, stored in self._before.items():
            if key in current:
                continue
            if key[0] in resources.REMOVABLE:
                # Nothing that is shown rests on that message any more; its versions stay.
                await resources.remove(self._connection, *key)
            else:
                resource = _ended(stored, by_person.get(stored.person or ""), everyone)
                if resource is not None:
                    await self._write(Drawn(resource, stored.audience), stored.person)

    async def _involve(self, built: PersonResources) -> None:
        """Whoever was ever asked to lead keeps sight of the review, to learn how it ended; whoever
        was asked a question, of that."""
        reasons = {ods: set(why) for ods, why in built.state.involvement.items()}
        for stored in self._before.values():
            owner = stored.resource.get("owner", {}).get("identifier", {}).get("value")
            if owner and stored.person == built.person_id:
                why = Involvement.LEAD if stored.audience is None else Involvement.ASKED
                reasons.setdefault(owner, set()).add(why)
        named = {ods: tuple(sorted(why)) for ods, why in reasons.items()}
        was = await resources.set_involvement(
            self._connection,
            built.person_id,
            named,
            {ods for ods, why in reasons.items() if not is_party(why)},
        )
        key = ("Observation", built.death_id)
        before = self._before.get(key)
        death = self._current.get(key)
        self._events += topics.came_into_scope(before and before.resource, was, death, named)


def _ended(
    stored: Stored, built: PersonResources | None, everyone: list[PersonResources]
) -> Resource | None:
    """A stored resource that no longer follows from the facts, as it now has to read."""
    resource = stored.bare
    match resource["resourceType"]:
        case "Patient":
            return replaced(resource, everyone)
        case _ if resource.get("status") in _ENDED:
            return None
        case "Condition":
            return withdrawn(resource)
        case "Task" if _is_inquiry(resource):
            return resolved(resource)
        case "Task" if built is not None:
            return ended(resource, built.state.ended_because, in_error=built.state.death is None)
        case "Task":
            return ended(resource, "The record was joined with another.", in_error=True)
        case _:
            return withdrawn(resource)


def _is_inquiry(task: Resource) -> bool:
    return any(c.get("system") == canonical.INQUIRY for c in task["code"].get("coding", []))
