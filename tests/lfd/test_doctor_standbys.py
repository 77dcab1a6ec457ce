"""`lfd doctor`: the servers of `--read-database`, on a real primary with real standbys."""

from __future__ import annotations

import psycopg
import pytest

from lfd.doctor.finding import Level
from lfd.doctor.standbys import examine
from postgres.embedded import acquire, wait_until_stopped
from tests.registry.conftest import database_url, registry_server
from tests.registry.replicas.conftest import let_go, standbys
from tests.registry.replicas.standby import StandbyServer

__all__ = ["database_url", "let_go", "registry_server", "standbys"]

PATIENCE = 30.0


def test_a_standby_that_follows_and_the_primary_among_the_servers(
    database_url: str, standbys: list[StandbyServer]
) -> None:
    servers = {"db1:5432": database_url, "db2:5432": standbys[0].url("postgres")}
    found = list(examine(database_url, servers, PATIENCE))
    assert [(one.level, one.check) for one in found] == [
        (Level.OK, "standby db1:5432"),
        (Level.OK, "standby db2:5432"),
    ]
    assert "it is the primary now" in found[0].found
    assert found[1].found == "it follows the primary"


@pytest.mark.usefixtures("let_go")
def test_a_standby_that_is_behind(database_url: str, standbys: list[StandbyServer]) -> None:
    standbys[0].catch_up()
    standbys[0].hold()
    with psycopg.connect(database_url) as connection:
        connection.execute("CREATE TABLE later (id int)")
    (found,) = examine(database_url, {"db2": standbys[0].url("postgres")}, 0.2)
    assert found.level is Level.WARN
    assert found.found.startswith("it has not in 0.2 s what the primary had")


def test_a_server_of_another_cluster_and_one_that_is_away(
    database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = tmp_path_factory.mktemp("postgres")
    with acquire(data) as other:
        elsewhere = other.server.url("postgres")
        (found,) = examine(database_url, {"db2": elsewhere}, PATIENCE)
    assert found.level is Level.FAIL
    assert "another cluster" in found.found
    wait_until_stopped(data)
    (found,) = examine(database_url, {"db2": elsewhere + "&password=secret"}, PATIENCE)
    assert found.level is Level.WARN
    assert found.found == "it cannot be asked (OperationalError)"


def test_where_the_primary_is_away_nothing_is_said_of_the_others() -> None:
    assert list(examine("host=/nowhere", {"db2": "host=/nowhere"}, PATIENCE)) == []
