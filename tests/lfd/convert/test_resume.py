"""A conversion that was killed goes on, and every message is in the output once."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from tests.lfd.convert.command import archive, convert, start


def test_after_a_kill_every_message_is_there_once(tmp_path: Path) -> None:
    path, output, checkpoint = archive(tmp_path, 8_000), tmp_path / "out", tmp_path / "checkpoint"
    arguments = [path, "--output", output, "--resume", checkpoint, "--processes", "2"]
    with start(*arguments) as process:
        while not checkpoint.exists():
            assert process.poll() is None
            time.sleep(0.02)
        process.kill()
    assert json.loads(checkpoint.read_text())["messages"] < 8_000
    with output.open("ab") as file:
        file.write(b'{"half a li')
    assert convert(*arguments) == (0, b"", b"")
    whole = convert(path, "--processes", "1")[1]
    assert output.read_bytes() == whole


def test_what_is_finished_is_not_done_again(tmp_path: Path) -> None:
    path, output, checkpoint = archive(tmp_path, 3), tmp_path / "out", tmp_path / "checkpoint"
    arguments = [path, "--output", output, "--resume", checkpoint]
    convert(*arguments)
    written = output.read_bytes()
    assert convert(*arguments) == (0, b"", b"")
    assert output.read_bytes() == written


def test_the_exit_code_is_of_all_messages(tmp_path: Path) -> None:
    path, output, checkpoint = tmp_path / "bad", tmp_path / "out", tmp_path / "checkpoint"
    path.write_bytes(b"rubbish\r")
    arguments = [path, "--output", output, "--resume", checkpoint]
    assert convert(*arguments)[0] == convert(*arguments)[0] == 2


def test_another_conversion_is_not_gone_on_with(tmp_path: Path) -> None:
    path, output, checkpoint = archive(tmp_path, 3), tmp_path / "out", tmp_path / "checkpoint"
    arguments = [path, "--output", output, "--resume", checkpoint]
    convert(*arguments)
    for others in ([*arguments, "--minimise"], [path, *arguments]):
        code, _, errors = convert(*others)
        assert code == 1
        assert b"another conversion" in errors


@pytest.mark.parametrize("at", [0, 50_000, -10])
def test_an_input_that_changed_is_not_gone_on_with(tmp_path: Path, at: int) -> None:
    path, output, checkpoint = archive(tmp_path, 500), tmp_path / "out", tmp_path / "checkpoint"
    arguments = [path, "--output", output, "--resume", checkpoint]
    convert(*arguments)
    changed = bytearray(path.read_bytes())
    changed[at] ^= 1
    path.write_bytes(changed)
    code, _, errors = convert(*arguments)
    assert code == 1
    assert b"changed since" in errors


def test_an_output_that_lost_its_end_is_not_gone_on_with(tmp_path: Path) -> None:
    path, output, checkpoint = archive(tmp_path, 3), tmp_path / "out", tmp_path / "checkpoint"
    arguments = [path, "--output", output, "--resume", checkpoint]
    convert(*arguments)
    output.write_bytes(b"")
    code, _, errors = convert(*arguments)
    assert code == 1
    assert b"shorter" in errors


def test_a_file_that_is_no_checkpoint_is_said(tmp_path: Path) -> None:
    path, checkpoint = archive(tmp_path, 1), tmp_path / "checkpoint"
    checkpoint.write_text("[]")
    code, _, errors = convert(path, "--output", tmp_path / "out", "--resume", checkpoint)
    assert code == 1
    assert b"no checkpoint" in errors
