"""The directory's CSV: what is read, and every mistake told with its place."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.directory.organisation import TYPES, Organisation
from registry.directory.problem import DirectoryFileError
from registry.directory.reading import read

TOGETHER = "a value: succeeded_by and succeeded_on go together"
HEADER = "ods,name,type,parent,succeeded_by,succeeded_on\n"


def complaints(text: str | bytes) -> list[str]:
    with pytest.raises(DirectoryFileError) as caught:
        read("orgs.csv", text if isinstance(text, bytes) else text.encode())
    return str(caught.value).splitlines()


def test_reads_byte_order_mark_crlf_blank_lines_and_quotes() -> None:
    text = (
        "\ufeff"
        + HEADER
        + '\n"RXA","Moor, and Vale",acute,qm1,,\n ,\nRXB,Old,acute,,RXA,2025-01-31\n'
    )
    file = read("orgs.csv", text.replace("\n", "\r\n").encode())
    assert file.organisations == (
        Organisation("RXA", "Moor, and Vale", "acute", "QM1"),
        Organisation("RXB", "Old", "acute", None, "RXA", date(2025, 1, 31)),
    )
    assert [line for line, _ in file.rows] == [3, 5]


def test_columns_in_any_order_optional_ones_absent_others_named() -> None:
    file = read("o.csv", b"Type,postcode,ODS,name\ngp,LS1,A81001,The Surgery\n")
    assert file.organisations == (Organisation("A81001", "The Surgery", "gp"),)
    assert file.ignored_columns == ("postcode",)


def test_all_problems_at_once_each_with_its_place() -> None:
    found = complaints(
        HEADER
        + "R!,One,acute,,,\n"
        + "RXA,,hospital,RXA,,\n"
        + "RXB,Two,acute,,RXC,\n"
        + "RXC,Three,acute,,RXB,31/01/2025\n"
        + "RXD,Four,icb,,,\n"
        + 'RXD,"Five\nlines",icb,,,\n'
        + "RXD,Six,icb,,,\n"
        + "RXE,Seven, Eight,icb,,,\n"
    )
    assert [line.split(", found")[0] for line in found] == [
        "orgs.csv:2: ods: expected an ODS code of up to 12 letters and digits",
        "orgs.csv:3: name: expected a name",
        f"orgs.csv:3: type: expected one of {', '.join(TYPES)}",
        "orgs.csv:3: parent: expected another organisation than the row's own",
        f"orgs.csv:4: succeeded_on: expected {TOGETHER}",
        "orgs.csv:5: succeeded_on: expected a date like 2025-01-31",
        "orgs.csv:7: name: expected a name",
        "orgs.csv:9: ods: RXD stands already in line 6",
        "orgs.csv:10: -: 7 cells, expected 6: is a comma not in quotes?",
    ]
    assert found[5].endswith(", found '31/01/2025'")


def test_days_that_do_not_exist() -> None:
    (found,) = complaints(HEADER + "RXA,One,acute,,RXB,2025-02-29\n")
    assert "a date like" in found


def test_header_problems() -> None:
    assert complaints("ods;name;type\n") == [
        f"orgs.csv:1: {name}: this column is missing from the first line"
        for name in ("ods", "name", "type")
    ]
    assert "twice" in complaints("ods,name,type,parent,parent\n")[0]
    assert len(complaints("")) == 3


def test_not_utf8_and_not_csv() -> None:
    latin = (HEADER + "RXA,Caf\xe9,acute,,,\n").encode("latin-1")
    assert complaints(latin) == ["orgs.csv:2: -: not UTF-8: save the file as CSV UTF-8"]
    assert "not CSV" in complaints(HEADER + 'RXA,"open,acute,,,\n')[0]


CODES = st.from_regex(r"[A-Z0-9]{1,12}", fullmatch=True)
NAMES = st.text(min_size=1).map(str.strip).filter(lambda text: text and text.isprintable())
ORGANISATIONS = st.builds(Organisation, CODES, NAMES, st.sampled_from(TYPES))


@given(st.lists(ORGANISATIONS, unique_by=lambda one: one.ods))
def test_what_is_written_reads_back(organisations: list[Organisation]) -> None:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["ods", "name", "type"])
    writer.writerows((one.ods, one.name, one.type) for one in organisations)
    assert read("o.csv", out.getvalue().encode()).organisations == tuple(organisations)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        read("o.csv", b"ods,name,type\n" + content)
    except DirectoryFileError as error:
        assert error.problems
