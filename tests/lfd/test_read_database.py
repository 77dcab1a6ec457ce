"""`lfd registry --read-database`: what it takes, and what it says of what it does not take."""

from __future__ import annotations

from argparse import Namespace

import pytest

from lfd.arguments import parser
from lfd.failure import Failure
from lfd.read_database import read_database

REGISTRY = ["registry", "--database", "postgresql://registry@db1,db2,db3/registry"]


def chosen(*words: str) -> Namespace:
    return parser().parse_args([*REGISTRY, *words])


def test_without_it_the_primary_answers_all() -> None:
    assert read_database(chosen()) is None


def test_several_hosts_in_one_string() -> None:
    url = "postgresql://registry@db1,db2:6432,db3/registry"
    assert read_database(chosen("--read-database", url)) == url


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ["--read-database", "nonsense secret"],
            "--read-database: no PostgreSQL connection string",
        ),
        (["--read-database", "host=a,b,c port=1,2"], "name one port, or one for each host"),
        (
            ["--read-database", "host=a", "--read-lag-seconds", "1"],
            "--read-lag-seconds: say 2 or more",
        ),
    ],
)
def test_what_cannot_be_is_told(words: list[str], told: str) -> None:
    with pytest.raises(Failure) as failure:
        read_database(chosen(*words))
    assert told in str(failure.value)
    assert "secret" not in str(failure.value)


def test_a_lag_beyond_what_marks_are_kept_for_is_refused() -> None:
    with pytest.raises(SystemExit):
        chosen("--read-database", "host=a", "--read-lag-seconds", "31")
