"""Migrations: each once, in order, whole or not at all, by however many processes at once."""

import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest

from postgres.embedded import EmbeddedServer, acquire, ensure_database
from postgres.error import PostgresError
from postgres.migrate import migrate
from tests.postgres.processes import wait_until_gone

MIGRATOR = Path(__file__).with_name("migrator.py")
FIRST = "CREATE TABLE review (id int);\nINSERT INTO review VALUES (1), (2); -- 100% of them"
SECOND = "ALTER TABLE review ADD COLUMN lead text"
numbers = count()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    data = tmp_path_factory.mktemp("migrate")
    with acquire(data) as lease:
        yield lease.server
    wait_until_gone(data)


@pytest.fixture
def url(server: EmbeddedServer) -> str:
    """The address of an empty database."""
    name = f"empty_{next(numbers)}"
    ensure_database(server, name)
    return server.url(name)


@pytest.fixture
def connection(url: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    folder = tmp_path / "scripts"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "0001_review.sql").write_text(FIRST)
    (folder / "0002_lead.sql").write_text(SECOND)
    return folder


def test_each_script_is_applied_once_and_in_order(
    connection: psycopg.Connection[tuple[object, ...]], scripts: Path
) -> None:
    before = connection.execute("SHOW search_path").fetchone()
    assert migrate(connection, "registry", scripts) == ["0001_review.sql", "0002_lead.sql"]
    assert migrate(connection, "registry", scripts) == []
    found = connection.execute("SELECT id, lead FROM registry.review ORDER BY id").fetchall()
    assert found == [(1, None), (2, None)]
    applied = connection.execute(
        "SELECT name, length(sha256), applied_at <= now() FROM registry.migration ORDER BY name"
    )
    assert applied.fetchall() == [("0001_review.sql", 64, True), ("0002_lead.sql", 64, True)]
    assert connection.execute("SHOW search_path").fetchone() == before


def test_schemas_are_apart(
    connection: psycopg.Connection[tuple[object, ...]], scripts: Path
) -> None:
    assert len(migrate(connection, "adapter", scripts)) == 2
    assert len(migrate(connection, "odd Name", scripts)) == 2


def test_processes_at_once_apply_each_script_once(url: str, scripts: Path) -> None:
    command = [sys.executable, str(MIGRATOR), url, "registry", str(scripts)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(5)]
    printed = [process.communicate()[0] for process in running]
    assert [process.returncode for process in running] == [0] * 5
    assert sorted("".join(printed).split()) == ["0001_review.sql", "0002_lead.sql"]


def test_a_changed_script_is_refused(
    connection: psycopg.Connection[tuple[object, ...]], scripts: Path
) -> None:
    migrate(connection, "registry", scripts)
    (scripts / "0001_review.sql").write_text(FIRST.replace("\n", "\r\n"))
    assert migrate(connection, "registry", scripts) == []  # other line ends are no change
    (scripts / "0001_review.sql").write_text(FIRST + " changed")
    with pytest.raises(PostgresError, match=r"0001_review\.sql of schema registry was changed"):
        migrate(connection, "registry", scripts)


def test_a_newer_database_is_refused(
    connection: psycopg.Connection[tuple[object, ...]], scripts: Path
) -> None:
    migrate(connection, "registry", scripts)
    (scripts / "0002_lead.sql").unlink()
    with pytest.raises(PostgresError, match="newer than the program"):
        migrate(connection, "registry", scripts)


def test_a_script_numbered_before_the_last_is_refused(
    connection: psycopg.Connection[tuple[object, ...]], scripts: Path
) -> None:
    (scripts / "0002_lead.sql").rename(scripts / "0003_lead.sql")
    migrate(connection, "registry", scripts)
    (scripts / "0002_late.sql").write_text("SELECT 1")
    with pytest.raises(PostgresError, match=r"0002_late\.sql .* comes before 0003_lead\.sql"):
        migrate(connection, "registry", scripts)


def test_a_failing_script_is_undone_and_named(
    connection: psycopg.Connection[tuple[object, ...]], scripts: Path
) -> None:
    (scripts / "0003_wrong.sql").write_text("CREATE TABLE half (); SELECT nonsense")
    with pytest.raises(PostgresError, match=r"0003_wrong\.sql .* undone: .*nonsense"):
        migrate(connection, "registry", scripts)
    assert connection.execute("SELECT to_regclass('registry.half')").fetchone() == (None,)
    (scripts / "0003_wrong.sql").write_text("CREATE TABLE half ()")
    assert migrate(connection, "registry", scripts) == ["0003_wrong.sql"]


@pytest.mark.parametrize(
    ("name", "message"),
    [("0002_other.sql", "share a number"), ("3_review.sql", "name it like 0001_some_name")],
)
def test_misnamed_scripts_are_refused(
    connection: psycopg.Connection[tuple[object, ...]], scripts: Path, name: str, message: str
) -> None:
    (scripts / name).write_text("SELECT 1")
    with pytest.raises(PostgresError, match=message):
        migrate(connection, "registry", scripts)


def test_a_connection_inside_a_transaction_is_refused(url: str, scripts: Path) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("SELECT 1")
        with pytest.raises(PostgresError, match="inside a transaction"):
            migrate(connection, "registry", scripts)


def test_a_script_waits_for_its_table_without_holding_up_those_who_use_it(
    connection: psycopg.Connection[tuple[object, ...]],
    url: str,
    scripts: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (scripts / "0002_lead.sql").unlink()
    migrate(connection, "registry", scripts)
    (scripts / "0002_lead.sql").write_text(SECOND)
    waited: list[float] = []

    with psycopg.connect(url) as reader:
        reader.execute("SELECT FROM registry.review")

        def give_up_the_table(seconds: float) -> None:
            # The script has given its place up: another writer gets through meanwhile.
            waited.append(seconds)
            with psycopg.connect(url) as writer:
                writer.execute("SET LOCAL lock_timeout = '10s'")
                writer.execute("INSERT INTO registry.review VALUES (3)")
            reader.rollback()

        monkeypatch.setattr("postgres.migrate.time.sleep", give_up_the_table)
        assert migrate(connection, "registry", scripts) == ["0002_lead.sql"]
    assert len(waited) == 1


def test_a_table_that_is_never_free_is_named_as_the_reason(
    connection: psycopg.Connection[tuple[object, ...]],
    url: str,
    scripts: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (scripts / "0002_lead.sql").unlink()
    migrate(connection, "registry", scripts)
    (scripts / "0002_lead.sql").write_text(SECOND)
    monkeypatch.setattr("postgres.migrate.PATIENCE_SECONDS", 0.0)
    with psycopg.connect(url) as reader:
        reader.execute("SELECT FROM registry.review")
        with pytest.raises(PostgresError, match="a table that others use"):
            migrate(connection, "registry", scripts)
