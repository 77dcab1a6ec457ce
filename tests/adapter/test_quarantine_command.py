"""`lfd quarantine`: what it lists, and that it says how far a release came."""

from __future__ import annotations

import psycopg
import pytest

from lfd.command import main


@pytest.fixture
def waiting(database: str) -> list[int]:
    """Two messages in quarantine that came on a summer night, a day earlier by UTC."""
    with psycopg.connect(database) as connection:
        found = connection.execute(
            "INSERT INTO adapter.inbox (organisation, control_id, trigger, sha256, raw, state,"
            " received_at, reason_code, reason_location, reason_text)"
            " SELECT 'RXA', n::text, 'A03', sha256(n::text::bytea), 'MSH|'::bytea, 'quarantined',"
            " '2026-06-30T23:30Z', '100', 'PID', 'no PID segment' FROM generate_series(1, 2) AS n"
            " RETURNING id"
        ).fetchall()
    return [row[0] for row in found]


@pytest.mark.usefixtures("waiting")
def test_times_are_those_of_london(database: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["quarantine", "list", "--database", database]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("\t")[1:] for line in lines] == [
        ["2026-07-01 00:30", "RXA", "A03", n, "100 at PID: no PID segment"] for n in ("1", "2")
    ]


def test_a_release_that_stops_says_how_far_it_came(
    database: str, waiting: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = waiting
    where = ["--database", database]
    assert main(["quarantine", "release", str(first), "4711", str(second), *where]) == 1
    assert capsys.readouterr().err == (
        "lfd: message 4711 is not in quarantine; 1 named before it released, none after it\n"
    )
    main(["quarantine", "list", *where])
    assert [line.split("\t")[0] for line in capsys.readouterr().out.splitlines()] == [str(second)]


def test_a_message_that_is_not_there_is_said(
    database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for action in ("show", "release"):
        assert main(["quarantine", action, "4711", "--database", database]) == 1
        assert capsys.readouterr().err == "lfd: message 4711 is not in quarantine\n"
