"""A mistake in a mapping names its file, its line and what was expected, before any message."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from adapter.conversion.segment_maps import SegmentMaps
from mappings import MappingError, Mappings, Site
from mappings.maps import FOLDER

Change = tuple[str, str, str]


def load_changed(folder: Path, file: str, old: str, new: str) -> tuple[MappingError, int]:
    """The error after one text of one file is replaced, and the line that text stands on."""
    copy = folder / "mappings"
    shutil.copytree(FOLDER, copy, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    text = (copy / file).read_text(encoding="utf-8")
    line = text[: text.index(old)].count("\n") + 1
    (copy / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(MappingError) as caught:
        SegmentMaps(Mappings.load(copy))
    return caught.value, line


PID = "segments/pid-patient.yaml"
XPN = "datatypes/xpn-human-name.yaml"
METHOD = "codes/nhs-discharge-method.json"
FLAG = "flags/autism.json"


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        (PID, "PID-7  -> birthDate ", "PID-7  -> brithDate ", "Patient has no element 'brithDate'"),
        (PID, "PID-7  ->", "PV1-7  ->", "field of PID"),
        (PID, "PID-7  ->", "PID7  ->", "'PID7' is no field"),
        (PID, "PID-7  ->", "PID-7  =>", "FIELD -> path"),
        (PID, "birthDate               as date", "birthDate as dtae", "'dtae' is no type"),
        (PID, "name+                   as XPN", "name as XPN", "Patient.name repeats"),
        (PID, "gender                  as", "gender+ as", "does not repeat"),
        (PID, "code(administrative-sex)", "code(sex)", "not 'sex'"),
        (PID, "extension:EthnicCategory", "extension:Ethnicity", "one of the extensions"),
        (PID, "with use=home", "with usage=home", "ContactPoint has no element 'usage'"),
        (PID, "with use=home", "with use", "path=value"),
        (PID, "as XPN[HumanName]\n", "as XPN[HumanName] oops\n", "FIELD -> path"),
        (PID, "map: PID[Patient]", "map: PID to Patient", "guide's name of the map"),
        (PID, "PID-5  -> name+", "PID-5.1  -> name+", "reads a whole field"),
        (XPN, "1.1 -> family", "PID-1 -> family", "component"),
        (XPN, "1.1 -> family", "1.1 -> familly", "HumanName has no element 'familly'"),
        (METHOD, '"equivalence": "inexact"', '"equivalence": "exact"', "equivalence"),
        (METHOD, '{"code": "3", "display"', '{"code": "1", "display"', "second time"),
        (METHOD, '"mode": "provided"', '"mode": "guess"', "provided"),
        (FLAG, '"op": "is-a", "value": "F84.1"', '"op": "in", "value": "F84.1"', "is-a"),
        ("events.yaml", "A01: stay in-progress", "A01: stay sleeping", "planned"),
        ("events.yaml", "A28: person", "A28: persona", "stay"),
        ("events.yaml", "A28: person", "A27: person", "second time"),
    ],
)
def test_file_line_and_what_was_expected(
    tmp_path: Path, file: str, old: str, new: str, expected: str
) -> None:
    error, line = load_changed(tmp_path, file, old, new)
    assert error.file == Path(file).name
    assert error.line == line
    assert expected in error.expected
    assert f"{error.file}, line {line}" in str(error)


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        ("organisation: RT1\ndischarge-method: PV1-36\n", 2, "not known here"),
        ("discharge-method-codes: hearsay\n", 1, "nhs-discharge-method"),
        ("\ndischarge-method-field: '36'\n", 2, "with its segment"),
        ("time-zone: Europe/Leeds\n", 1, "time zone"),
        ("organisations: [A, B]\n", 1, "table"),
        ("organisation: [\n", 2, "YAML"),
    ],
)
def test_site_files(tmp_path: Path, text: str, line: int, expected: str) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(text)
    with pytest.raises(MappingError) as caught:
        Site.load(path)
    assert (caught.value.file, caught.value.line) == ("site.yaml", line)
    assert expected in caught.value.expected


def test_a_site_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="expected a file to read"):
        Site.load(tmp_path / "none.yaml")
