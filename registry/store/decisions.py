"""Takes a step on a review: the decision is kept, and the state brought up to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from registry.core.decision import DecidedBy, Decision
from registry.core.statement import Identifier
from registry.core.steps import Taken
from registry.store.facts import KeyedDecision
from registry.store.kept import decide
from registry.store.recompute import Rules, follow
from registry.store.resources import Stored
from registry.store.transaction import Connection


@dataclass(frozen=True, slots=True)
class Actor:
    """The organisation that takes a step, through which API client, and the person who does it
    (None: a system)."""

    organisation: str
    client: str
    person: DecidedBy | None = None


async def take(
    connection: Connection,
    cluster: int,
    key: Identifier,
    taken: Taken,
    actor: Actor,
    now: datetime,
    rules: Rules,
) -> list[Stored]:
    """Takes a locked cluster, the identifier that keys the person, the step, who takes it and when;
    keeps the decision and recomputes the cluster. Returns the resources that are shown of it."""
    decision = Decision(
        route=taken.route,
        step=taken.step,
        organisation=actor.organisation,
        at=now,
        to=taken.to,
        reason=taken.reason,
        selected=taken.selected,
        outcomes=taken.outcomes,
        contact=taken.contact,
        person=actor.person,
        about=taken.about,
    )
    kept = await decide(connection, cluster, KeyedDecision(key, decision), actor.client)
    return await follow(connection, cluster, kept, rules)
