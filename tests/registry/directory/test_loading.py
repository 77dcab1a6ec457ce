"""The directory in the database: a file speaks for the organisations it names, and for no
others."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import psycopg
import pytest

from registry.directory.loading import Loaded, load, read_all, read_all_async
from registry.directory.organisation import Organisation
from registry.directory.references import DirectoryError

ICB = Organisation("QM1", "Moor ICB", "icb")
TRUST = Organisation("RXA", "Moor Trust", "acute", "QM1")
MERGED = Organisation("RXB", "Vale Trust", "acute", "QM1", "RXA", date(2025, 1, 1))


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(database_url) as connection:
        yield connection


def test_loads_children_before_parents_and_reads_back(connection: psycopg.Connection[Any]) -> None:
    assert load(connection, [MERGED, TRUST, ICB]) == Loaded(3, 0, 0, {"RXA", "RXB", "QM1"})
    assert dict(read_all(connection)) == {one.ods: one for one in (ICB, TRUST, MERGED)}


def test_a_second_load_changes_what_it_names_only(connection: psycopg.Connection[Any]) -> None:
    load(connection, [ICB, TRUST])
    renamed = Organisation("RXA", "Moor and Vale Trust", "acute", "QM1")
    assert load(connection, [renamed, MERGED]) == Loaded(1, 1, 0, {"RXA", "RXB"})
    assert load(connection, [renamed, MERGED]) == Loaded(0, 0, 2, set())
    directory = read_all(connection)
    assert directory["QM1"] == ICB
    assert directory.name("RXA") == "Moor and Vale Trust"


def test_an_emptied_cell_empties(connection: psycopg.Connection[Any]) -> None:
    load(connection, [ICB, TRUST, MERGED])
    load(connection, [Organisation("RXB", "Vale Trust", "acute")])
    assert read_all(connection)["RXB"] == Organisation("RXB", "Vale Trust", "acute")


def test_nothing_is_written_where_anything_is_wrong(connection: psycopg.Connection[Any]) -> None:
    load(connection, [ICB, TRUST])
    with pytest.raises(DirectoryError, match="QZZ is neither"):
        load(connection, [MERGED, Organisation("RXC", "Dale", "acute", "QZZ")])
    circle = Organisation("QM1", "Moor ICB", "icb", "RXA")
    with pytest.raises(DirectoryError, match="leads back to QM1"):
        load(connection, [circle])
    assert set(read_all(connection)) == {"QM1", "RXA"}


async def test_reads_asynchronously(connection: psycopg.Connection[Any], database_url: str) -> None:
    load(connection, [ICB, TRUST])
    connection.commit()
    async with await psycopg.AsyncConnection.connect(database_url) as other:
        assert dict(await read_all_async(other)) == dict(read_all(connection))
