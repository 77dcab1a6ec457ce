"""Every row about a person leads to exactly one cluster: the key by which a distributed database
would part the tables (docs/scale.md)."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import sql

from registry.core.decision import Step
from tests.registry.core.stating import NUMBER, OTHER_NUMBER, T1, T2, Sender
from tests.registry.store.conftest import Store

OF_CLUSTER = "t.cluster"
OF_PERSON = "(SELECT p.cluster FROM person AS p WHERE p.id = t.person)"
OF_RESOURCE = (
    "(SELECT p.cluster FROM resource AS r JOIN person AS p ON p.id = r.person"
    " WHERE r.type = {type} AND r.id = {id})"
)

# How each table about people comes to its cluster: by a column of its own, by its person, or by the
# resource that it is about.
WAYS = {
    "cluster": "t.id",
    "identifier": OF_CLUSTER,
    "statement": OF_CLUSTER,
    "decision": OF_CLUSTER,
    "concern": OF_CLUSTER,
    "stale_cluster": OF_CLUSTER,
    "person": OF_CLUSTER,
    "person_identifier": OF_PERSON,
    "involvement": OF_PERSON,
    "resource": OF_PERSON,
    "death_for_return": OF_PERSON,
    "audit_event": OF_PERSON,
    "export_person": OF_PERSON,
    "resource_version": OF_RESOURCE.format(type="t.type", id="t.id"),
    "readable": OF_RESOURCE.format(type="t.type", id="t.id"),
    "review_lead": OF_RESOURCE.format(type="'Task'", id="t.review"),
    "subscription_event": OF_RESOURCE.format(type="t.focus_type", id="t.focus_id"),
}

# Guarded like these, but not one person's: of a service, a caller, an organisation or a job; what
# comes from national services before it is known whose it is, by NHS number.
OF_NOBODY = frozenset({
    "alarm", "answered_request",
    "cohort", "cohort_answer", "cohort_organisation",
    "export_file", "export_job", "export_part",
    "learning_action", "published_return",
    "national_cohort", "national_event", "national_pointer", "national_refused",
    "subscription", "subscription_notification",
})  # fmt: skip

# About no person: organisations are resources too, and acts on no record are on record.
WITHOUT = {
    "resource": "t.type <> 'Organization'",
    "resource_version": "t.type <> 'Organization'",
    "readable": "t.type <> 'Organization'",
    "audit_event": "t.person IS NOT NULL",
}

FILLED = {
    "cluster", "identifier", "statement", "person", "person_identifier", "involvement", "resource",
    "resource_version", "readable", "death_for_return",
}  # fmt: skip


@pytest.fixture
async def held(store: Store) -> Store:
    """Two people who died, in two trusts; one trust accepted to lead."""
    for trust, number in ((T1, NUMBER), (T2, OTHER_NUMBER)):
        sender = Sender(trust, (number,))
        await store.tell(
            sender.admits("2026-01-05"),
            sender.discharges("2026-01-10", method="4", died="2026-01-10"),
        )
    await store.decide(Step.ACCEPT, T1)
    return store


def test_every_table_guarded_for_people_says_whose_it_is(store: Store) -> None:
    guarded = store.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'registry'::regnamespace"
        " AND relrowsecurity AND NOT relispartition"
    )
    assert {name for (name,) in guarded} == WAYS.keys() | OF_NOBODY


def test_every_table_that_names_a_person_or_cluster_is_guarded(store: Store) -> None:
    naming = store.execute(
        "SELECT table_name FROM information_schema.columns AS c JOIN pg_class AS k"
        " ON k.relname = c.table_name AND k.relnamespace = 'registry'::regnamespace"
        " WHERE table_schema = 'registry' AND column_name IN ('person', 'cluster')"
        " AND k.relkind IN ('r', 'p') AND NOT k.relispartition"
    )
    # A session's person is who signed in.
    assert {name for (name,) in naming} - {"session"} <= WAYS.keys()


def test_every_row_about_a_person_has_one_cluster(held: Store) -> None:
    with psycopg.connect(held.url, options="-c search_path=registry") as connection:
        known = {row[0] for row in connection.execute("SELECT id FROM cluster")}
        reached = {table: _clusters(connection, table) for table in WAYS}
    assert len(known) == 2
    assert {table for table, found in reached.items() if not found <= known} == set()
    # Of both people something is to be found in each of these: the ways lead somewhere.
    assert {table for table, found in reached.items() if found == known} >= FILLED


def _clusters(connection: psycopg.Connection[tuple[int | None]], table: str) -> set[int | None]:
    query = sql.SQL("SELECT {way} FROM {table} AS t WHERE {about}").format(
        way=sql.SQL(WAYS[table]),  # pyright: ignore[reportArgumentType] - of this file
        table=sql.Identifier(table),
        about=sql.SQL(WITHOUT.get(table, "true")),  # pyright: ignore[reportArgumentType] - the same
    )
    return {cluster for (cluster,) in connection.execute(query)}


async def test_what_two_people_have_in_common_is_none_of_their_rows(held: Store) -> None:
    """No row of one cluster refers to a row of another: they could lie on two machines."""
    crossing = held.execute(
        "SELECT i.system, i.value FROM person_identifier AS i JOIN person AS p ON p.id = i.person"
        " JOIN identifier AS known USING (system, value) WHERE known.cluster <> p.cluster"
    )
    assert crossing == []
    people = held.execute("SELECT count(DISTINCT cluster) FROM person")
    assert people == [(2,)]
