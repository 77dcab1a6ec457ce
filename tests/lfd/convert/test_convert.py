"""`lfd convert`: one line for each message, in order, however many processes do it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.adapter.conversion.messages import adt, header
from tests.lfd.convert.command import archive, convert, messages, start

REFUSED = (header("A01") + "\r").encode()
NOT_RELEVANT = adt("A20", "NPU|1|")


def test_a_line_for_each_message_in_order(tmp_path: Path) -> None:
    one, two = tmp_path / "one.hl7", tmp_path / "two.hl7"
    one.write_bytes(b"".join(messages(2)) + REFUSED)
    two.write_bytes(b"")
    code, printed, errors = convert(one, two)
    kinds = [json.loads(line)["resourceType"] for line in printed.splitlines()]
    assert kinds == ["Bundle", "Bundle", "OperationOutcome", "OperationOutcome"]
    assert code == 2
    assert not errors


def test_all_converted_is_exit_code_0() -> None:
    code, printed, _ = convert("-", stdin=b"".join(messages(1)) + NOT_RELEVANT)
    assert code == 0
    assert printed.count(b"\n") == 2


def test_processes_print_the_same_bytes_as_one(tmp_path: Path) -> None:
    path = archive(tmp_path, 2500)
    alone = convert(path, "--processes", "1")
    assert convert(path, "--processes", "3") == alone
    assert alone[1].count(b"\n") == 2500


def test_the_summary_counts_what_processes_did(tmp_path: Path) -> None:
    path = archive(tmp_path, 1500)
    with path.open("ab") as file:
        file.write(REFUSED * 3)
    code, printed, _ = convert(path, "--summary", "--processes", "2")
    assert code == 2
    assert [line.split()[0] for line in printed.decode().splitlines()] == ["1500", "3"]


def test_an_output_file_holds_what_would_be_printed(tmp_path: Path) -> None:
    path, output = archive(tmp_path, 3), tmp_path / "out.ndjson"
    _, printed, _ = convert(path)
    assert convert(path, "--output", output) == (0, b"", b"")
    assert output.read_bytes() == printed


def test_a_reader_that_leaves_stops_it(tmp_path: Path) -> None:
    with start(archive(tmp_path, 4000), "--processes", "2") as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(60) == 1


@pytest.mark.parametrize("arguments", [["--resume", "r"], ["--processes", "0"], ["missing.hl7"]])
def test_what_cannot_be_done_is_said(arguments: list[str], tmp_path: Path) -> None:
    code, printed, errors = convert(archive(tmp_path, 1), *arguments)
    assert code in {1, 2}
    assert errors
    assert printed.count(b"\n") <= 1
