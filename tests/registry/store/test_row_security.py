"""The database's own belt: the reader's role sees one organisation's rows with every filter of ours
taken away, and the writer's role cannot touch what is kept for good."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.errors import InsufficientPrivilege

from postgres.embedded import EmbeddedServer
from registry import database
from registry.audit import storing
from registry.store.reader import READER, WRITER
from tests.registry.audit.acting import act, made, task
from tests.registry.core.stating import ICB1, MH1, OTHER_NUMBER, P1, T1, T2, Sender
from tests.registry.store.conftest import Store

Rows = list[tuple[Any, ...]]
OF_READER = (
    "resource", "resource_version", "readable", "involvement", "person_identifier", "audit_event",
    "audit_resource", "death_for_return", "learning_action", "published_return",
    "export_job", "export_file", "export_part", "cohort", "cohort_organisation", "cohort_answer",
    "subscription", "subscription_event", "subscription_notification",
)  # fmt: skip


@contextmanager
def connected(
    store: Store, role: str, organisation: str | None = None, as_role: str = "provider"
) -> Generator[psycopg.Connection[tuple[Any, ...]]]:
    options = f"-c search_path=registry -c role={role}"
    with psycopg.connect(store.url, options=options) as connection:
        if organisation is not None:
            said = (
                "SELECT set_config('app.organisation', %s, true), set_config('app.role', %s, true)"
            )
            connection.execute(said, (organisation, as_role))
        yield connection


def every(connection: psycopg.Connection[tuple[Any, ...]], table: str) -> Rows:
    return connection.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(table))).fetchall()


@pytest.fixture
async def two_deaths(store: Store) -> Store:
    """One in Trust One, of somebody of Practice One; one in Trust Two, of nobody's practice."""
    first, second = Sender(T1), Sender(T2, (OTHER_NUMBER,), None)
    for sender in (first, second):
        await store.tell(
            sender.admits("2026-01-05"),
            sender.discharges("2026-01-10", method="4", died="2026-01-10"),
        )
    for seen_by in (T1, T2):
        (patient,) = await store.all("Patient", seen_by)
        (audited,) = made(act(shown=(task(patient["id"]),), actor=act().actor))
        async with store.pool.connection() as connection:
            await storing.add(connection, [audited])
    return store


@pytest.mark.parametrize("organisation", [T1, T2, MH1, P1, ICB1])
async def test_with_no_filter_the_reader_sees_its_own_and_no_other(
    two_deaths: Store, organisation: str
) -> None:
    mine = two_deaths.execute(
        "SELECT type, id FROM readable WHERE organisation = %s ORDER BY 1, 2", (organisation,)
    )
    people = {row[1] for row in mine if row[0] == "Patient"}
    with connected(two_deaths, READER, organisation) as connection:
        own = "SELECT type, id FROM resource WHERE type <> 'Organization' ORDER BY 1, 2"
        assert connection.execute(own).fetchall() == mine
        versions = "SELECT DISTINCT type, id FROM resource_version WHERE type <> 'Organization'"
        assert sorted(connection.execute(versions).fetchall()) == mine
        assert {row[0] for row in every(connection, "readable")} <= {organisation}
        assert {row[1] for row in every(connection, "involvement")} <= {organisation}
        assert {row[2] for row in every(connection, "person_identifier")} == people
        audited = connection.execute("SELECT organisation, person FROM audit_event").fetchall()
        # Both acts are Trust One's own.
        assert {row[1] for row in audited} == (people if organisation != T1 else {*people, *_all(
            two_deaths)})  # fmt: skip


def _all(store: Store) -> set[str]:
    return {row[0] for row in store.execute("SELECT id FROM person")}


async def test_who_was_not_said_sees_nothing(two_deaths: Store) -> None:
    for organisation in (None, ""):
        with connected(two_deaths, READER, organisation) as connection:
            for table in OF_READER:
                rows = every(connection, table)
                assert all("Organization" in row for row in rows), table


async def test_a_role_that_does_not_see_a_type_is_told_of_no_act_on_it(two_deaths: Store) -> None:
    await two_deaths.tell(Sender(T1).diagnoses("F72", "learning-disability"))
    (patient,) = await two_deaths.all("Patient", T1)
    for kind in ("Flag", "Task"):
        subject = type(task())(kind, "d" * 32, patient["id"])
        async with two_deaths.pool.connection() as connection:
            await storing.add(connection, made(act(shown=(subject,), asked=subject.reference)))
    with connected(two_deaths, READER, P1, "gp") as connection:
        contents = [row[0] for row in connection.execute("SELECT content FROM audit_event")]
    assert len(contents) == 2
    assert not any("Flag/" in content for content in contents)


async def test_what_the_reader_has_no_business_with_is_closed(two_deaths: Store) -> None:
    with psycopg.connect(two_deaths.url, options="-c search_path=registry") as owner:
        tables = owner.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'registry'"
        ).fetchall()
    closed = {row[0] for row in tables} - {*OF_READER, "organisation"}
    assert {"decision", "concern", "statement", "secret", "client", "audit_seal"} <= closed
    for table in sorted(closed):
        with connected(two_deaths, READER, T1) as connection, pytest.raises(InsufficientPrivilege):
            every(connection, table)


@pytest.mark.parametrize("table", OF_READER[:6])
async def test_the_reader_writes_nothing(two_deaths: Store, table: str) -> None:
    with connected(two_deaths, READER, T1) as connection, pytest.raises(InsufficientPrivilege):
        connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))


KEPT = {
    "audit_event": "content",
    "audit_seal": "hash",
    "resource_version": "content",
    "decision": "content",
    "cohort": "name",
    "cohort_answer": "answer",
    "learning_action": "words",
    "published_return": "content",
}


@pytest.mark.parametrize("table", KEPT)
async def test_the_writer_cannot_touch_what_is_kept_for_good(two_deaths: Store, table: str) -> None:
    update = sql.SQL("UPDATE {} SET {column} = {column}")
    column = sql.Identifier(KEPT[table])
    for how in (update, sql.SQL("DELETE FROM {}"), sql.SQL("TRUNCATE {}")):
        with connected(two_deaths, WRITER) as connection, pytest.raises(InsufficientPrivilege):
            connection.execute(how.format(sql.Identifier(table), column=column))


async def test_a_page_is_still_read_by_the_index(two_deaths: Store) -> None:
    """With many rows, the policies leave a page what it was: a range of one index."""
    with psycopg.connect(two_deaths.url, options="-c search_path=registry") as owner:
        owner.execute(
            "INSERT INTO resource (type, id, version, updated_at, person, content, audience,"
            " code_system, business_status)"
            " SELECT 'Task', md5(n::text), 1, now() - make_interval(secs => n),"
            " (SELECT person FROM involvement WHERE organisation = %s LIMIT 1),"
            " jsonb_build_object('resourceType', 'Task', 'identifier',"
            "   jsonb_build_array(jsonb_build_object('value', n::text)))::text, NULL, 's', 'b'"
            " FROM generate_series(1, 20000) AS n",
            (T1,),
        )
        owner.execute("ANALYZE")
    page = (
        "SELECT r.id, r.content FROM readable AS v JOIN resource AS r ON r.type = v.type"
        " AND r.id = v.id WHERE v.organisation = 'RT1' AND v.type = 'Task'"
        " AND (v.updated_at, v.id) > ('2026-01-01', '') ORDER BY v.updated_at, v.id LIMIT 51"
    )
    of_identifier = (
        "SELECT r.id FROM readable AS v JOIN resource AS r ON r.type = v.type AND r.id = v.id"
        " WHERE v.organisation = 'RT1' AND v.type = 'Task' AND (r.type, r.id) IN"
        " (SELECT f.type, f.id FROM readable_by_identifier('77') AS f)"
    )
    with connected(two_deaths, READER, T1) as connection:
        for query in (page, of_identifier):
            plan = _plan(connection, query)
            assert "Seq Scan" not in plan, plan
            assert "Index" in plan
        assert "readable_in_order" in _plan(connection, page)
        rows = connection.execute(of_identifier.encode()).fetchall()
        assert len(rows) == 1


def _plan(connection: psycopg.Connection[tuple[Any, ...]], query: str) -> str:
    rows = connection.execute(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) {query}".encode())
    return "\n".join(row[0] for row in rows.fetchall())


async def test_a_login_that_owns_nothing_can_run_the_registry(
    two_deaths: Store, registry_server: EmbeddedServer
) -> None:
    """A member of both roles and no more: what docs/operate.md advises."""
    with psycopg.connect(two_deaths.url, autocommit=True) as owner:
        owner.execute("DROP ROLE IF EXISTS lfd_test_login")
        owner.execute("CREATE ROLE lfd_test_login LOGIN")
        owner.execute("GRANT lfd_registry, lfd_registry_writer TO lfd_test_login")
    try:
        url = two_deaths.url.replace("postgres@", "lfd_test_login@", 1)
        assert url != two_deaths.url
        database.prepare(url)
        async with database.pool(url, 2, WRITER) as pool, pool.connection() as connection:
            assert await database.resource_ids(connection)
            await connection.execute("SELECT FROM statement LIMIT 1")
        with psycopg.connect(url, options="-c search_path=registry") as login:
            with pytest.raises(InsufficientPrivilege):
                login.execute("ALTER TABLE audit_event DISABLE TRIGGER ALL")
            login.rollback()
            with pytest.raises(InsufficientPrivilege):
                login.execute("DELETE FROM audit_event")
    finally:
        with psycopg.connect(two_deaths.url, autocommit=True) as owner:
            owner.execute("DROP ROLE lfd_test_login")
