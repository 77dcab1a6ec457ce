"""A mistake in a mapping names its file, its line and what was expected, before any message."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from adapter.conversion.segment_maps import SegmentMaps
from adapter.conversion.site_rows import SiteRows
from lfd.failure import Failure
from lfd.site import site as read_site
from mappings import Mappings, Site
from mappings.maps import FOLDER
from yaml_source import SourceError

Change = tuple[str, str, str]


def load_changed(folder: Path, file: str, old: str, new: str) -> tuple[SourceError, int]:
    """The error after one text of one file is replaced, and the line that text stands on."""
    copy = folder / "mappings"
    shutil.copytree(FOLDER, copy, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    text = (copy / file).read_text(encoding="utf-8")
    line = text[: text.index(old)].count("\n") + 1
    (copy / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(SourceError) as caught:
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
        ("processing-ids: [P, X]\n", 1, "expected P (production)"),
        ("processing-ids: []\n", 1, "at least one"),
        ("organisations: [A, B]\n", 1, "table"),
        ("organisation: [\n", 2, "YAML"),
        ("nhs-number-in-pid-2: perhaps\n", 1, "if-valid, always, never"),
        ("death-indicator: {X: dead}\n", 1, "'X': expected one of yes, no, silent"),
        ("death-indicator:\n  x: yes\n  X: no\n", 2, "capitals and small letters"),
        ("codes:\n  sexes: {M: male}\n", 2, "'sexes' is no code map"),
        ("codes:\n  yes-no: {M: yes}\n", 2, "'yes-no' is no code map"),
        ("codes:\n  admission-method:\n    EL: 11\n    EM: 77\n", 4, "'77' is no code"),
        ("codes:\n  admission-method: [EL, 11]\n", 2, "table"),
        ("z-segments:\n  Person: []\n", 2, "expected Patient, Encounter"),
        ("z-segments:\n  Patient:\n    - PID-3 -> gender\n", 3, "field of a Z-segment"),
        ("z-segments:\n  Patient:\n    - ZPI-3 to gender\n", 3, "FIELD -> path"),
        ("z-segments:\n  Patient:\n    - ZPI-3 -> gender unless PID-8\n", 3, "field of ZPI"),
    ],
)
def test_site_files(tmp_path: Path, text: str, line: int, expected: str) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(text)
    with pytest.raises(SourceError) as caught:
        Site.load(path)
    assert (caught.value.file, caught.value.line) == ("site.yaml", line)
    assert expected in caught.value.expected


def test_a_site_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="expected a file to read"):
        Site.load(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("ZPI-3 -> sex", "Patient has no element 'sex'"),
        ("ZPI-3 -> gender as code(sexes)", "not 'sexes'"),
        ("ZPI-3 -> gender as sex", "'sex' is no type"),
    ],
)
def test_rows_of_site_files_are_checked_when_a_converter_is_made(
    tmp_path: Path, row: str, expected: str
) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(f"z-segments:\n  Patient:\n    - {row}\n")
    site = Site.load(path)
    with pytest.raises(SourceError) as caught:
        SiteRows(SegmentMaps(Mappings.load()), site)
    assert (caught.value.file, caught.value.line) == ("site.yaml", 3)
    assert expected in caught.value.expected
    with pytest.raises(Failure, match=r"site\.yaml, line 3"):
        read_site(path)
