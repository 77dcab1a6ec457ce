"""`lfd check`: one line for each problem, and what it exits with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lfd.command import main

GOOD = (
    "MSH|^~\\&|PAS|RXX|TIE|RXX|20260314091500||ADT^A03^ADT_A03|C1|P|2.4\r"
    "EVN||20260314091400\rPID|1||12345^^^RXX^MR||TESTER^Terry\rPV1|1|I\rZZ1|x\r"
)


def file(folder: Path, content: str) -> str:
    path = folder / "messages.hl7"
    path.write_text(content, newline="")
    return str(path)


def test_right_messages_exit_with_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = file(tmp_path, GOOD)
    assert main(["check", path]) == 0
    assert capsys.readouterr().out == (
        f"{path}, message 1: note: ZZ1[1]: a local segment, not checked\n"
    )


def test_problems_exit_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = file(tmp_path, GOOD + GOOD.replace("12345^^^RXX^MR", ""))
    assert main(["check", path]) == 2
    output = capsys.readouterr()
    assert (
        f"{path}, message 2: PID[1]-3: required: PID-3 (patient identifier list) is required "
        "and empty\n"
    ) in output.out
    assert output.err == "messages: 2, problems: 1\n"


def test_json(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    path = file(tmp_path, GOOD.replace("PV1|1|I\r", ""))
    assert main(["check", "--json", path]) == 2
    assert json.loads(capsysbinary.readouterr().out) == {
        "file": path,
        "message": 1,
        "version": "2.4",
        "structure": "ADT_A03",
        "problems": [
            {
                "place": "PV1",
                "rule": "required",
                "text": "PV1 is required in ADT_A03 and missing",
            }
        ],
        "notes": ["ZZ1[1]: a local segment, not checked"],
    }


@pytest.mark.parametrize("content", ["", "hello", "PID|1"])
def test_what_is_no_hl7_is_a_problem(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str
) -> None:
    assert main(["check", file(tmp_path, content)]) == 2
    assert "MSH: unreadable:" in capsys.readouterr().out
