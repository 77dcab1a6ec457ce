"""Writes the difference between what is stored of a cluster and what now follows."""

from __future__ import annotations

from collections.abc import Mapping
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
from registry.store import deaths_for_returns, involvement, leads, persons, resources, together
from registry.store.kept import Involved, Kept
from registry.store.resources import Change, Stored
from registry.store.transaction import Connection
from registry.subscriptions import outbox, topics
from registry.subscriptions.topics import Event

Resource = dict[str, Any]
_ENDED = {"cancelled", "entered-in-error", "completed"}


class Writer:
    """One cluster's writer, in the transaction that holds its lock."""

    def __init__(self, connection: Connection, cluster: int, kept: Kept) -> None:
        self._connection = connection
        self._cluster = cluster
        self._shown = kept.shown
        self._before = {stored.key: stored for stored in kept.shown.resources}
        self._persons = {stored.person for stored in kept.shown.resources}
        self._now = kept.now
        self._current = dict(self._before)

    @property
    def stored(self) -> list[Stored]:
        """What is stored of the cluster."""
        return list(self._current.values())

    def holds(self, person: str) -> bool:
        """True where something of the person is stored."""
        return person in self._persons

    async def write(self, shown: list[PersonResources], everyone: list[PersonResources]) -> None:
        """Takes the persons to be shown, and all there are in the cluster; writes what changed."""
        await persons.replace(self._connection, self._cluster, self._shown, shown)
        began = self._began()
        drawn = [(one, b.person_id) for b in shown for one in b.all(began, self._now)]
        current = {one.key for one, _ in drawn}
        rest = [stored for key, stored in self._before.items() if key not in current]
        # Nothing that is shown rests on those messages any more; their versions stay.
        removed = [one.key for one in rest if one.key[0] in resources.REMOVABLE]
        await resources.remove(self._connection, removed)
        for key in removed:
            del self._current[key]
        wanted = {built.person_id: self._involved(built) for built in shown}
        await self._write([*drawn, *_ended_of(rest, everyone)], shown, wanted)
        # Who may read what is written follows from both, and is made once that is there.
        for person, involved in wanted.items():
            was = self._shown.involved_with(person)
            await involvement.replace(self._connection, person, was, involved)

    def _began(self) -> dict[str, datetime]:
        """When each stored Task was first written."""
        return {
            resource_id: datetime.fromisoformat(stored.resource["authoredOn"])
            for (resource_type, resource_id), stored in self._before.items()
            if resource_type == "Task"
        }

    async def _write(
        self,
        drawn: list[tuple[Drawn, str | None]],
        shown: list[PersonResources],
        wanted: Mapping[str, dict[str, Involved]],
    ) -> None:
        """Takes resources and the person each is about, the persons to be shown, and who is to be
        involved with each; writes what changed of the resources, and what follows from it."""
        changes = [
            Change(one, person, before)
            for one, person in drawn
            if not ((before := self._before.get(one.key)) and before.shows(one, person))
        ]
        written = await resources.writing(self._connection, changes, self._now)
        self._current |= {stored.key: stored for stored in written.resources}
        follows = [
            (change.before and change.before.resource, stored.resource)
            for change, stored in zip(changes, written.resources, strict=True)
        ]
        events = [event for before, after in follows for event in topics.occurred(before, after)]
        for built in shown:
            events += self._came_into_scope(built, wanted[built.person_id])
        tasks = [one for one in follows if one[1]["resourceType"] == "Task"]
        await together.write(
            self._connection,
            written.write,
            leads.following(tasks, self._now),
            deaths_for_returns.following(self._shown.deaths, shown, self._now),
            outbox.keeping(events),
        )

    def _involved(self, built: PersonResources) -> dict[str, Involved]:
        """Whoever was ever asked to lead keeps sight of the review, to learn how it ended; whoever
        was asked a question, of that."""
        reasons = {ods: set(why) for ods, why in built.state.involvement.items()}
        for stored in self._before.values():
            owner = stored.resource.get("owner", {}).get("identifier", {}).get("value")
            if owner and stored.person == built.person_id:
                why = Involvement.LEAD if stored.audience is None else Involvement.ASKED
                reasons.setdefault(owner, set()).add(why)
        return {ods: Involved(tuple(sorted(why)), is_party(why)) for ods, why in reasons.items()}

    def _came_into_scope(
        self, built: PersonResources, wanted: Mapping[str, Involved]
    ) -> list[Event]:
        key = ("Observation", built.death_id)
        before, death = self._before.get(key), self._current.get(key)
        was = self._shown.involved_with(built.person_id)
        return topics.came_into_scope(
            before and before.resource, _reasons(was), death and death.resource, _reasons(wanted)
        )


def _reasons(involved: Mapping[str, Involved]) -> dict[str, tuple[str, ...]]:
    return {ods: one.reasons for ods, one in involved.items()}


def _ended_of(
    rest: list[Stored], everyone: list[PersonResources]
) -> list[tuple[Drawn, str | None]]:
    """Takes what is stored and no longer drawn, and all persons of the cluster; returns what has to
    be written of it, and the person each is about."""
    by_person = {built.person_id: built for built in everyone}
    made: list[tuple[Drawn, str | None]] = []
    for stored in rest:
        if stored.key[0] not in resources.REMOVABLE:
            resource = _ended(stored, by_person.get(stored.person or ""), everyone)
            if resource is not None:
                made.append((Drawn(resource, stored.audience), stored.person))
    return made


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
