"""`lfd load` as a whole: exit codes, what it tells, and that it can be killed at any point."""

from __future__ import annotations

import json
import time
from io import StringIO
from pathlib import Path

import psycopg
import pytest

from lfd.load.progress import LoadProgress, said
from tests.lfd.load.command import CSV, admission, control_ids, load, start

OTHER_TYPE = b"MSH|^~\\&|LAB|RT1|||20160105||ORU^R01|L1|P|2.4\rPID|||A^^^RT1\r"
NO_PID = b"MSH|^~\\&|PAS|RT1|||20160105||ADT^A01|X1|P|2.4\rEVN||20160105\r"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    folder = tmp_path / "archive"
    folder.mkdir()
    (folder / "1.hl7").write_bytes(admission(1) + OTHER_TYPE + NO_PID + admission(2))
    (folder / "2.csv").write_text(f"{CSV}RT1,A1,2024-03-01,2024-03-02\nRT1,A2,2024-03-32,\n")
    return folder


def test_what_is_wrong_is_told_and_the_rest_is_loaded(
    database: str, archive: Path, tmp_path: Path
) -> None:
    problems = tmp_path / "problems.ndjson"
    words = (archive, "--database", database, "--problems", problems)
    code, printed, errors = load(*words)
    first = f"{archive}/1.hl7, byte {len(admission(1))}"
    assert (code, errors) == (2, "")
    told = "6 messages of 2 files: 3 to be delivered, 1 in quarantine, 2 left out"
    assert printed.splitlines()[0] == told
    assert f"(first: {first})" in printed
    assert len(control_ids(database)) == 4

    written = [json.loads(line) for line in problems.read_text().splitlines()]
    places = [(Path(one["file"]).name, one.get("byte", one.get("line"))) for one in written]
    assert [place[0] for place in places] == ["1.hl7", "1.hl7", "2.csv"]
    assert places[-1] == ("2.csv", 3)
    assert [one["outcome"] for one in written] == ["left-out", "quarantined", "left-out"]

    again = load(*words)
    assert again == (2, printed, "")
    assert [json.loads(line) for line in problems.read_text().splitlines()] == written
    assert len(control_ids(database)) == 4

    anew = load(*words, "--from-start")
    assert "4 already there" in anew[1]


def test_check_keeps_nothing_and_needs_no_database(archive: Path) -> None:
    code, printed, errors = load(archive, "--check")
    assert (code, errors) == (2, "")
    assert f"{archive}/2.csv, line 3: died: it is no date" in printed
    assert "2024-03-32" not in printed


def test_nothing_wrong_is_exit_code_0(database: str, archive: Path) -> None:
    (archive / "1.hl7").write_bytes(admission(1))
    (archive / "2.csv").unlink()
    told = "1 messages of 1 files: 1 to be delivered\n"
    assert load(archive, "--database", database) == (0, told, "")


def test_an_organisation_shuts_out_others(database: str, archive: Path) -> None:
    code, printed, _ = load(archive, "--database", database, "--organisation", "RX9")
    assert code == 2
    assert "takes messages of RX9 only" in printed


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["nowhere"], "no such file"),
        (["."], "no file in what was named"),
    ],
)
def test_nothing_to_read_is_one_line(tmp_path: Path, words: list[str], told: str) -> None:
    paths = [tmp_path / word for word in words]
    code, _, errors = load(*paths, "--check")
    assert (code, errors.count("\n")) == (1, 1)
    assert told in errors


def test_after_a_kill_it_goes_on_and_every_message_is_there_once(
    database: str, tmp_path: Path
) -> None:
    count = 60
    path = tmp_path / "archive.hl7"
    path.write_bytes(b"".join(admission(number) for number in range(count)) + OTHER_TYPE)
    words = (path, "--database", database)
    with start(*words, "--rate", "20") as process:
        while not (before := done(database)):
            assert process.poll() is None
            time.sleep(0.02)
        process.kill()
    assert before < count
    code, printed, _ = load(*words, "--processes", "2")
    told = f"{count + 1} messages of 1 files: {count} to be delivered, 1 left out"
    assert (code, printed.splitlines()[0]) == (2, told)
    found = control_ids(database)
    assert len(found) == len(set(found)) == count
    with psycopg.connect(database) as connection:
        (deliveries,) = connection.execute("SELECT count(*) FROM adapter.outbox").fetchone() or (0,)
    assert deliveries == count


def done(database: str) -> int:
    with psycopg.connect(database) as connection:
        found = connection.execute("SELECT done FROM adapter.history_file").fetchone()
    return int(found[0]) if found else 0


def test_no_more_is_loaded_than_the_delivery_keeps_up_with(database: str, tmp_path: Path) -> None:
    path = tmp_path / "archive.hl7"
    path.write_bytes(b"".join(admission(number) for number in range(60)))
    words = (path, "--database", database, "--rate", "20", "--ahead", "30", "--wait")
    with start(*words) as process:
        while waiting(database) < 40:
            assert process.poll() is None
            time.sleep(0.02)
        assert waiting(database) == 40
        while process.poll() is None:
            deliver(database)
            time.sleep(0.02)
        assert process.returncode == 0
    assert waiting(database) == 0
    assert len(control_ids(database)) == 60


def waiting(database: str) -> int:
    with psycopg.connect(database) as connection:
        found = connection.execute("SELECT count(*) FROM adapter.outbox").fetchone()
    return int(found[0]) if found else 0


def deliver(database: str) -> None:
    """As the adapter does: one of them leaves the outbox."""
    one = "DELETE FROM adapter.outbox WHERE inbox_id = (SELECT min(inbox_id) FROM adapter.outbox)"
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(one)


@pytest.mark.parametrize(
    ("done_so_far", "expected"),
    [
        ((4500, 1_000, 9_000, 1.0), "4,500 messages, 4,500/s, 10%, 0:00:09 left"),
        ((4500, 1_000, 9_999_000, 2.0), "4,500 messages, 2,250/s, 0%, 5:33:18 left"),
        ((4500, 0, 9_000, 2.0), "4,500 messages, 2,250/s"),
        ((4500, 9_000, -10, 2.0), "4,500 messages, 2,250/s, 100%, 0:00:00 left"),
    ],
)
def test_rate_part_and_time_left(done_so_far: tuple[int, int, int, float], expected: str) -> None:
    assert said(*done_so_far) == expected


def test_progress_is_of_this_run_and_names_the_quarantine() -> None:
    to, now = StringIO(), [0.0]
    progress = LoadProgress(1000, to, lambda: now[0])
    progress.show(500, 500, 1, 0)
    now[0] = 100.0
    progress.show(600, 600, 2, 1)
    now[0] = 101.0
    progress.show(700, 700, 2, 1)
    assert to.getvalue() == "100 messages, 1/s, 20%, 0:06:40 left, 2 in quarantine, 1 left out\n"
