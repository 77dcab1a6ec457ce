"""Connection strings of clusters lead to the node that takes writes."""

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from postgres.hosts import NOTICING, of_writer


def test_with_several_hosts_the_one_that_takes_writes_is_asked_for() -> None:
    said = conninfo_to_dict(of_writer("postgresql://lfd@one:5433,two:5434/lfd"))
    assert (said["host"], said["port"]) == ("one,two", "5433,5434")
    assert said["target_session_attrs"] == "read-write"


def test_with_one_host_nothing_is_asked_of_it() -> None:
    assert "target_session_attrs" not in conninfo_to_dict(of_writer("host=one dbname=lfd"))


def test_what_is_said_stands() -> None:
    given = "host=one,two target_session_attrs=any connect_timeout=30"
    said = conninfo_to_dict(of_writer(given))
    assert said["target_session_attrs"] == "any"
    assert int(said["connect_timeout"] or 0) == 30
    assert said["keepalives_idle"] == NOTICING["keepalives_idle"]


def test_what_is_no_connection_string_is_refused() -> None:
    with pytest.raises(psycopg.ProgrammingError):
        of_writer("host")
