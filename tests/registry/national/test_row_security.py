"""The reader's role has no part in the national feed; the writer's has all of it."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from registry.store.reader import READER, WRITER
from tests.registry.store.conftest import Store, store

__all__ = ["store"]

ABOUT_PEOPLE = ("national_event", "national_pointer", "national_cohort", "national_refused")


@pytest.mark.parametrize("table", ABOUT_PEOPLE)
async def test_the_reader_reads_nothing_of_it(store: Store, table: str) -> None:
    options = f"-c search_path=registry -c role={READER}"
    with (
        psycopg.connect(store.url, options=options) as connection,
        pytest.raises(InsufficientPrivilege),
    ):
        connection.execute(f"SELECT 1 FROM {table}")  # pyright: ignore[reportArgumentType, reportCallIssue] - a constant's text


@pytest.mark.parametrize("table", ABOUT_PEOPLE)
async def test_every_table_about_people_has_policies(store: Store, table: str) -> None:
    said = store.execute(
        "SELECT c.relrowsecurity, p.polname FROM pg_class AS c"
        " JOIN pg_policy AS p ON p.polrelid = c.oid WHERE c.oid = %s::regclass",
        (f"registry.{table}",),
    )
    assert said == [(True, "whole_record")]


async def test_the_writer_keeps_it(store: Store) -> None:
    options = f"-c search_path=registry -c role={WRITER}"
    with psycopg.connect(store.url, options=options) as connection:
        connection.execute("INSERT INTO national_event (source, id) VALUES ('s', 'i')")
        connection.execute("DELETE FROM national_event")
