"""`lfd simulate` as a user types it, without an exchange."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapter import er7
from lfd.command import main
from registry.directory import reading
from simulation.truth_file import from_lines


def generate(out: Path, *words: str) -> int:
    return main(["simulate", "generate", "--out", str(out), "--people", "60", *words])


def test_generate_writes_files_that_the_other_commands_take(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "deep" / "area"
    assert generate(out, "--rates", "dense", "--trusts", "2") == 0
    said = capsys.readouterr().out
    names = {path.name for path in out.iterdir()}
    assert {"ZA1.hl7", "ZA2.hl7", "organisations.csv", "truth.jsonl", "README.md"} <= names
    assert all(str(out / name) in said for name in names)
    messages = [m for file in out.glob("*.hl7") for m in er7.split(file.read_bytes())]
    assert said.startswith(f"{len(messages)} messages of ")
    csv = reading.read("organisations.csv", (out / "organisations.csv").read_bytes())
    assert {organisation.ods for organisation in csv.organisations} >= {"ZA1", "ZA2", "ZQ1"}
    assert len(list(from_lines((out / "truth.jsonl").read_text()))) >= 60


def test_the_same_options_write_the_same_bytes(tmp_path: Path) -> None:
    generate(tmp_path / "one", "--seed", "4")
    generate(tmp_path / "other", "--seed", "4")
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "other" / path.name).read_bytes()


def test_the_founding_cohort_takes_any_day_of_its_month(tmp_path: Path) -> None:
    out = tmp_path / "cohort"
    words = ["simulate", "founding-cohort", "--out", str(out), "--month", "2025-02-17"]
    assert main(words) == 0
    assert "400 deaths in scope: 288 in hospital" in (out / "README.md").read_text()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--trusts", "31"], "1 to 30 acute trusts"),
        (["--practices", "10000"], "practices"),
        (["--people", "800001"], "800000 invented people"),
    ],
)
def test_sizes_that_cannot_be_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], told: str
) -> None:
    assert generate(tmp_path / "area", *words) == 1
    assert told in capsys.readouterr().err
    assert not (tmp_path / "area").exists()


def test_a_directory_that_cannot_be_made_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert generate(tmp_path / "file") == 1
    assert "file" in capsys.readouterr().err


def test_a_truth_file_that_is_none_is_told_by_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "truth.jsonl"
    file.write_text('{"nhs_number": "9990000018"}\n')
    words = ["--url", "http://127.0.0.1:9", "--client", "area", "--key", str(file)]
    assert main(["simulate", "score", "--truth", str(file), *words]) == 1
    said = capsys.readouterr().err
    assert "line 1" in said
    assert "9990000018" not in said


def test_a_date_that_is_none_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        generate(tmp_path / "area", "--start", "2024-13-01")
    assert "is not a date" in capsys.readouterr().err
