"""What a map becomes can be read, and says where it came from when it fails."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any

from adapter.conversion.map_code import Reader, segment_code
from adapter.er7 import Delimiters, Segment
from mappings.maps import load_segment_maps

MAP = """# A map.
map: PID[Patient]
rows:
  - PID-5 -> name+ as XPN[HumanName]

  - PID-7 -> birthDate
"""


def readers(read: Any) -> list[Reader]:
    return [Reader(read, takes_text=True)] * 2


def code_of(folder: Path, read: Any) -> Any:
    (folder / "person.yaml").write_text(MAP)
    return segment_code(load_segment_maps(folder)["PID[Patient]"], readers(read))


def same(text: str, *_: Any) -> str:
    return text


def segment(*fields: str) -> Segment:
    return Segment("PID", list(fields), Delimiters())


def test_it_reads_as_python(tmp_path: Path) -> None:
    text = code_of(tmp_path, None).text
    assert "if size >= 7 and (raw := fields[6]):" in text
    assert "resource['birthDate'] = value" in text


def test_a_failure_names_the_file_and_the_line_of_the_row(tmp_path: Path) -> None:
    def fail(*_: Any) -> Any:
        raise RuntimeError("on purpose")

    write = code_of(tmp_path, fail).compile()
    try:
        write(segment("", "", "", "", "", "", "1950"), None, "PID[1]", {})
    except RuntimeError as error:
        frames = traceback.extract_tb(error.__traceback__)
    else:
        raise AssertionError("it should have failed")
    frame = next(f for f in frames if f.filename == "person.yaml")
    assert frame.lineno == 6


def test_repetitions_go_on_and_single_elements_take_the_first(tmp_path: Path) -> None:
    resource: dict[str, Any] = {}
    fields = ["", "", "", "", 'A~B~""~', "", "^x~1950~1951"]
    code_of(tmp_path, same).compile()(segment(*fields), None, "", resource)
    assert resource == {"name": ["A", "B"], "birthDate": "1950"}
