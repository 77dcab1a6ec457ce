"""`lfd site guess` and `lfd convert --unmapped`: what they print, and that no value is among it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lfd.command import main
from mappings import Site

MESSAGE = (
    "MSH|^~\\&|PAS|RXX|TIE|RXX|20260314091500||ADT^A03|C1|P|2.4\r"
    "PID|1||12345^^^RXX^MR||TESTER^Terry\rPV1|1|I\rZZ1|secret||x\r"
)
REFUSED = "MSH|^~\\&|PAS|RXX|||20260314||ORU^R01|C2|P|2.4\rPID|1||1\r"


def file(folder: Path, content: str) -> str:
    path = folder / "messages.hl7"
    path.write_text(content, newline="")
    return str(path)


def test_the_draft_is_printed_and_loads(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["site", "guess", file(tmp_path, MESSAGE + REFUSED)]) == 0
    output = capsys.readouterr()
    assert "drafted from 1 messages" in output.out
    assert "secret" not in output.out
    assert "TESTER" not in output.out
    assert "1 messages passed over" in output.err
    (tmp_path / "site.yaml").write_text(output.out)
    assert Site.load(tmp_path / "site.yaml").time_zone == Site.default().time_zone


def test_without_messages_there_is_no_draft(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["site", "guess", file(tmp_path, "nothing")]) == 1
    output = capsys.readouterr()
    assert output.out == ""
    assert "no ADT message" in output.err


def test_unmapped_fields_are_listed_by_message_and_counted(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    path = file(tmp_path, MESSAGE + MESSAGE + REFUSED)
    assert main(["convert", "--unmapped", path]) == 0
    output = capfdbinary.readouterr()
    first, second, refused = map(json.loads, output.out.splitlines())
    assert first == {"file": path, "message": 1, "unmapped": ["ZZ1-1", "ZZ1-3"]}
    assert second["message"] == 2
    assert (refused["unmapped"], refused["not_converted"][:5]) == ([], "MSH-9")
    assert b"       2  ZZ1-1\n" in output.err
    assert b"secret" not in output.out + output.err


def test_a_mistake_in_a_row_of_a_site_file_is_told_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "site.yaml"
    own.write_text("z-segments:\n  Patient:\n    - ZZ1-1 -> sex\n")
    assert main(["convert", "--site", str(own), file(tmp_path, MESSAGE)]) == 1
    assert "site.yaml, line 3: Patient has no element 'sex'" in capsys.readouterr().err
