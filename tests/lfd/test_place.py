"""A directory that holds no database is not made by a command that only asks."""

from __future__ import annotations

from pathlib import Path

import pytest

from lfd.command import main

# Each of the modules that ask; the words are those of a user.
ASKING = [
    ["quarantine", "list"],
    ["redeliver", "--since", "2026-01-31T14:00"],
    ["held"],
    ["explain", "9990000018"],
    ["return", "--organisation", "ZT1", "--quarter", "2026-27-Q1"],
    ["forget"],
    ["audit", "verify"],
    ["audit", "anchor"],
    ["client", "list"],
    ["client", "remove", "surgery"],
    ["client", "key", "list", "surgery"],
    ["keys", "list"],
]


@pytest.mark.parametrize("words", ASKING, ids=" ".join)
def test_a_mistyped_directory_is_said_and_not_made(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = tmp_path / "wrong"
    assert main([*words, "--data", str(wrong)]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"lfd: there is no database in {wrong}: name the directory of")
    assert not wrong.exists()


def test_a_directory_with_something_else_in_it_is_none_either(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "letters.txt").touch()
    assert main(["quarantine", "list", "--data", str(tmp_path)]) == 1
    assert "there is no database in" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["letters.txt"]


@pytest.mark.parametrize("wrong", ["bogus", "postgresql://alice:pass word@[db/lfd"])
def test_what_is_no_connection_string_is_said_without_quoting_it(
    wrong: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["quarantine", "list", "--database", wrong])
    said = capsys.readouterr().err
    assert "argument --database: it is no connection string of PostgreSQL" in said
    assert "pass" not in said
    assert "bogus" not in said


def test_what_puts_something_in_may_be_the_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "organisations.csv"
    file.write_text("ods,name,type,parent,succeeded_by,succeeded_on\nZT1,One,acute,,,\n")
    data = ["--data", str(tmp_path / "new")]
    assert main(["organisation", "load", str(file), *data]) == 0
    assert main(["client", "list", *data]) == 0
    assert capsys.readouterr().err == ""
