"""Puts on record what an operator looks at with `lfd`, beside the API: before it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from conformance import canonical
from registry import database
from registry.audit import storing
from registry.audit.act import Act, Actor, Origin, Subject
from registry.audit.event import records
from registry.audit.patterns import OPERATOR
from registry.audit.query import redacted
from registry.core.statement import Identifier
from registry.store.transaction import Connection

Looking = Literal["operator-explain", "operator-held"]
# What stands in place of the API's address: these reads do not come by it.
SERVER = f"{canonical.BASE}/command-line"
_PERSONS = "SELECT DISTINCT person FROM person_identifier WHERE system = %s AND value = %s"


@dataclass(frozen=True, slots=True)
class Operator:
    """Who runs `lfd`: the operating system's user, and the machine."""

    user: str
    machine: str

    @property
    def name(self) -> str:
        """User and machine in one."""
        return f"{self.user}@{self.machine}"


async def keep(
    connection: Connection,
    by: Operator,
    looking: Looking,
    identifier: Identifier,
    *,
    is_found: bool,
) -> None:
    """Takes who looks at what is held of a person and how, by which identifier, and whether there
    is anything; keeps it on record, with the Patients where there are any. The identifier stands
    there as a keyed hash, as those of searches do."""
    rows = await connection.execute(_PERSONS, identifier)
    shown = tuple(Subject("Patient", row[0], row[0]) for row in await rows.fetchall())
    hashing = await database.hashing(connection)
    now = datetime.now(UTC)
    act = Act(
        at=now,
        interaction=looking,
        actor=Actor("lfd", None, OPERATOR, by.name),
        origin=Origin(network=by.machine),
        status=200 if is_found else 404,
        asked="Patient",
        query=redacted("Patient", [("identifier", "|".join(identifier))], hashing),
        shown=shown,
    )
    await storing.make_partitions(connection, [now.date().replace(day=1)])
    await storing.add(connection, records(act, SERVER))
