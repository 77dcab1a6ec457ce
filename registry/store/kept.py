"""All that is kept of one cluster, in one question: the database is asked for each message about a
death, and every question costs as much as what it reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import LiteralString, NamedTuple

import orjson

from registry.core import concern as concerns
from registry.core import decision as decisions
from registry.core import statement as statements
from registry.core.statement import Identifier, Statement
from registry.returns import kept_death
from registry.returns.reviewed_death import ReviewedDeath
from registry.store.concerns import KeyedConcern
from registry.store.facts import KeyedDecision
from registry.store.resources import Stored
from registry.store.transaction import Connection

# Each has the columns of `_Row`, named in the first.
_STATED: LiteralString = """
    SELECT 'statement' AS kind, content::text AS content, NULL::text AS person,
        NULL::text AS name, NULL::text AS value, NULL::bigint AS number, NULL::text[] AS codes,
        NULL::boolean AS is_party, NULL::timestamptz AS since, NULL::date AS day
    FROM statement WHERE cluster = %(cluster)s AND %(stated)s::boolean
"""
_SAID: LiteralString = """
    SELECT 'decision', content::text, NULL, key_system, key_value, id, NULL, NULL, NULL, NULL
    FROM decision WHERE cluster = %(cluster)s
    UNION ALL
    SELECT 'concern', content::text, NULL, key_system, key_value, NULL, NULL, NULL, NULL, NULL
    FROM concern WHERE cluster = %(cluster)s
"""
_SHOWN: LiteralString = """
    SELECT 'person', NULL, id, NULL, NULL, NULL, NULL, NULL, NULL, NULL
    FROM person WHERE cluster = %(cluster)s
    UNION ALL
    SELECT 'identifier', NULL, i.person, i.system, i.value, NULL, NULL, NULL, NULL, NULL
    FROM person AS p JOIN person_identifier AS i ON i.person = p.id
    WHERE p.cluster = %(cluster)s
    UNION ALL
    SELECT 'involvement', NULL, i.person, i.organisation, NULL, NULL, i.reasons, i.is_party, NULL,
        NULL
    FROM person AS p JOIN involvement AS i ON i.person = p.id WHERE p.cluster = %(cluster)s
    UNION ALL
    SELECT 'resource', r.content, r.person, NULL, NULL, r.version, r.audience, NULL, NULL,
        r.wakes_on
    FROM person AS p JOIN resource AS r ON r.person = p.id WHERE p.cluster = %(cluster)s
    UNION ALL
    (SELECT DISTINCT ON (d.person, d.organisation)
        'death', d.content::text, d.person, d.organisation, NULL, NULL, NULL, NULL, d.since, NULL
    FROM person AS p JOIN death_for_return AS d ON d.person = p.id WHERE p.cluster = %(cluster)s
    ORDER BY d.person, d.organisation, d.since DESC)
"""
# The id first: a transaction's stamp is never before its id was given out. registry.store.watermark
# rests on it.
_NOW: LiteralString = """
    SELECT 'now', pg_current_xact_id()::text, NULL, NULL, NULL, NULL, NULL, NULL,
        clock_timestamp(), NULL
"""
# What a statement writes it does not see.
_DECIDED: LiteralString = """
    WITH decided AS (
        INSERT INTO decision (cluster, key_system, key_value, client, at, content)
        VALUES (%(cluster)s, %(key_system)s, %(key_value)s, %(client)s, %(at)s,
            %(content)s::text::jsonb)
        RETURNING id, key_system, key_value, content
    )
"""
_AS_DECIDED: LiteralString = """
    SELECT 'decision', content::text, NULL, key_system, key_value, id, NULL, NULL, NULL, NULL
    FROM decided
"""
_FACTS = f"{_STATED} UNION ALL {_SAID}"
_ALL = f"{_FACTS} UNION ALL {_SHOWN} UNION ALL {_NOW}"
_ALL_AND_DECIDED = f"{_DECIDED} {_ALL} UNION ALL {_AS_DECIDED}"


class _Row(NamedTuple):
    """What is kept of any kind; `name` and `value` are an identifier's, or `name` an ODS code."""

    kind: str
    content: str
    person: str
    name: str
    value: str
    number: int
    codes: list[str] | None
    is_party: bool
    since: datetime
    day: date | None


@dataclass(frozen=True, slots=True)
class ClusterFacts:
    """All that was said of one cluster, in no order that means anything: by messages, and by
    people. Decisions are numbered as they were made."""

    statements: list[Statement] = field(default_factory=list[Statement])
    decisions: list[KeyedDecision] = field(default_factory=list[KeyedDecision])
    concerns: list[KeyedConcern] = field(default_factory=list[KeyedConcern])


@dataclass(frozen=True, slots=True)
class Involved:
    """Why an organisation is involved with a person, and whether it is party to the case."""

    reasons: tuple[str, ...]
    is_party: bool


@dataclass(frozen=True, slots=True)
class KnownDeath:
    """How an organisation's death was known for its returns, since when; None: not any more."""

    since: datetime
    death: ReviewedDeath | None


OfPerson = tuple[str, str]
"""The id of a person, and the ODS code of an organisation."""


@dataclass(frozen=True, slots=True)
class ClusterShown:
    """All that is shown of one cluster: the ids of its persons, the identifiers each is found by
    (system, value, person), who is involved with whom, the resources, and the newest state of each
    death for returns."""

    persons: set[str] = field(default_factory=set[str])
    identifiers: set[tuple[str, str, str]] = field(default_factory=set[tuple[str, str, str]])
    involved: dict[OfPerson, Involved] = field(default_factory=dict[OfPerson, Involved])
    resources: list[Stored] = field(default_factory=list[Stored])
    deaths: dict[OfPerson, KnownDeath] = field(default_factory=dict[OfPerson, KnownDeath])

    def involved_with(self, person: str) -> dict[str, Involved]:
        """Takes the id of a person; returns who is involved with them, by ODS code."""
        return {ods: one for (whom, ods), one in self.involved.items() if whom == person}


@dataclass(frozen=True, slots=True)
class Kept:
    """All that is kept of one cluster, and the time by the database's clock that what is written
    of it now bears."""

    facts: ClusterFacts
    shown: ClusterShown
    now: datetime

    @property
    def is_known(self) -> bool:
        """True where anything was ever shown of its persons, or a concern raised."""
        return bool(self.shown.persons or self.facts.concerns)


async def facts_of(connection: Connection, cluster: int) -> ClusterFacts:
    """Takes a cluster; returns all that was said of it."""
    facts = ClusterFacts()
    for row in await _rows(connection, _FACTS, {"cluster": cluster, "stated": True}):
        _add_fact(facts, row)
    return facts


async def all_of(
    connection: Connection, cluster: int, stated: list[Statement] | None = None
) -> Kept:
    """Takes a cluster that this transaction has locked and is to write, and its statements where
    they are known already; returns all that is kept of it."""
    asked = {"cluster": cluster, "stated": stated is None}
    return _kept(await _rows(connection, _ALL, asked), stated or ())


async def decide(connection: Connection, cluster: int, keyed: KeyedDecision, client: str) -> Kept:
    """Takes a locked cluster, a decision on a review of one of its persons, and the API client that
    sent it; keeps the decision for good, and returns all that is kept of the cluster."""
    asked = {
        "cluster": cluster,
        "stated": True,
        "key_system": keyed.key.system,
        "key_value": keyed.key.value,
        "client": client,
        "at": keyed.decision.at,
        "content": decisions.to_json(keyed.decision).decode(),
    }
    return _kept(await _rows(connection, _ALL_AND_DECIDED, asked))


def _kept(rows: Iterable[_Row], stated: Iterable[Statement] = ()) -> Kept:
    facts, shown = ClusterFacts(list(stated)), ClusterShown()
    now: datetime | None = None
    for row in rows:
        if row.kind == "now":
            now = row.since
        elif not _add_fact(facts, row):
            _add_shown(shown, row)
    assert now is not None
    return Kept(facts, shown, now)


async def _rows(
    connection: Connection, asked: LiteralString, values: Mapping[str, object]
) -> Iterator[_Row]:
    rows = await (await connection.execute(asked, values)).fetchall()
    return (_Row(*row) for row in rows)


def _add_fact(facts: ClusterFacts, row: _Row) -> bool:
    """Returns False where the row is none."""
    match row.kind:
        case "statement":
            facts.statements.append(statements.from_json(row.content))
        case "decision":
            decision = replace(decisions.from_json(row.content), number=row.number)
            facts.decisions.append(KeyedDecision(Identifier(row.name, row.value), decision))
        case "concern":
            concern = concerns.concern_from_json(row.content)
            facts.concerns.append(KeyedConcern(Identifier(row.name, row.value), concern))
        case _:
            return False
    return True


def _add_shown(shown: ClusterShown, row: _Row) -> None:
    match row.kind:
        case "person":
            shown.persons.add(row.person)
        case "identifier":
            shown.identifiers.add((row.name, row.value, row.person))
        case "involvement":
            involved = Involved(tuple(row.codes or ()), row.is_party)
            shown.involved[row.person, row.name] = involved
        case "resource":
            audience = None if row.codes is None else tuple(row.codes)
            stored = Stored(row.number, row.person, orjson.loads(row.content), audience, row.day)
            shown.resources.append(stored)
        case "death":
            death = kept_death.from_json(row.content) if row.content else None
            shown.deaths[row.person, row.name] = KnownDeath(row.since, death)
        case _:
            raise AssertionError(row.kind)
