"""The servers that a connection string names, one by one."""

from __future__ import annotations

import pytest
from psycopg.conninfo import conninfo_to_dict

from registry.replicas.hosts import each_host


def test_each_host_has_a_string_of_its_own() -> None:
    found = each_host(
        "postgresql://registry@db1,db2:6432,db3/registry?target_session_attrs=prefer-standby"
        "&sslmode=verify-full"
    )
    assert list(found) == ["db1:5432", "db2:6432", "db3:5432"]
    second = conninfo_to_dict(found["db2:6432"])
    assert second == {
        "host": "db2", "port": "6432", "user": "registry", "dbname": "registry",
        "sslmode": "verify-full",
    }  # fmt: skip
    assert "port" not in conninfo_to_dict(found["db3:5432"])


def test_one_port_serves_all() -> None:
    assert list(each_host("host=db1,db2 port=6000 dbname=x")) == ["db1:6000", "db2:6000"]


def test_addresses_go_with_their_hosts() -> None:
    found = each_host("host=db1,db2 hostaddr=192.0.2.1,192.0.2.2 dbname=x")
    assert conninfo_to_dict(found["db2:5432"])["hostaddr"] == "192.0.2.2"
    assert list(each_host("hostaddr=192.0.2.1 dbname=x")) == ["192.0.2.1:5432"]


def test_a_string_without_a_host_is_one_server() -> None:
    assert list(each_host("dbname=registry")) == ["localhost:5432"]


def test_numbers_that_do_not_match_are_refused() -> None:
    with pytest.raises(ValueError, match="numbers of hosts"):
        each_host("host=db1,db2,db3 port=1,2 dbname=x")
