"""A row of a CSV says what the message says that a trust would have sent of the same."""

from __future__ import annotations

import json
from dataclasses import replace
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.history.csv_columns import COLUMNS, when
from adapter.history.csv_reading import rows
from adapter.history.csv_row import message
from adapter.history.judging import Judge, Pieces
from adapter.history.piece import Piece
from mappings import Site
from registry.core import bundle_reading
from registry.core.statement import Statement
from tests.end_to_end.adt import Person, Stay

NUMBER = "9990000018"
DIED = {
    "organisation": "RT1",
    "nhs_number": "999 000 0018",
    "local_id": "A1",
    "family_name": "EXAMPLE",
    "given_name": "ADA",
    "birth_date": "1950-02-03",
    "sex": "2",
    "practice": "P81001",
    "visit": "V1",
    "ward": "WARD1",
    "admitted": "2026-01-05 09:00",
    "admission_method": "21",
    "specialty": "300",
    "discharged": "2026-01-10 09:30",
    "discharge_method": "4",
    "discharge_destination": "79",
    "died": "2026-01-10",
    "recorded": "2026-01-10 10:00",
}
JUDGE = Judge(Site.default())


def statements(raw: bytes, *, are_rows: bool) -> list[Statement]:
    """What the registry keeps of a message, without its name and its bytes."""
    (judged,) = JUDGE(Pieces([Piece(1, 0, raw)], are_rows))
    assert judged.bundle is not None, judged
    told = bundle_reading.statements(json.loads(judged.bundle))
    return [replace(statement, control_id="", message_hash="") for statement in told]


def of_row(row: dict[str, str]) -> list[Statement]:
    made = message(row)
    assert isinstance(made, bytes), made
    return statements(made, are_rows=True)


def of_message(text: str) -> list[Statement]:
    return statements(text.encode(), are_rows=False)


_DAYS = st.integers(1, 28)


@settings(deadline=None)
@given(
    day=_DAYS,
    method=st.sampled_from(["1", "4", "5", "9"]),
    destination=st.sampled_from(["19", "79", "51"]),
    died=st.sampled_from(["", "2026-02", "2026", "2026-02-28", "2026-02-28 04:05"]),
    diagnosis=st.sampled_from(["", "F72", "F20.0", "I10"]),
    patient_class=st.sampled_from(["I", "E", "D"]),
)
def test_a_discharge_says_the_same_as_an_a03(
    day: int, method: str, destination: str, died: str, diagnosis: str, patient_class: str
) -> None:
    row = DIED | {
        "discharged": f"2026-02-{day:02d} 09:30",
        "discharge_method": method,
        "discharge_destination": destination,
        "died": died,
        "diagnoses": diagnosis,
        "patient_class": patient_class,
    }
    stay = Stay("V1", "202601050900", f"202602{day:02d}0930", method, destination, patient_class)
    stay.admission_method, stay.specialty = "21", "300"
    sent = Person("RT1", NUMBER, "A1").message(
        "A03",
        "202601101000",
        stay=stay,
        died=when(died) if died else "",
        indicator="Y" if died else "",
        diagnosis=diagnosis,
    )
    assert of_row(row) == of_message(sent)


def test_a_row_without_a_discharge_is_an_admission() -> None:
    left = ("discharged", "discharge_method", "discharge_destination", "died")
    row = {name: value for name, value in DIED.items() if name not in left}
    stay = Stay("V1", "202601050900", admission_method="21", specialty="300")
    sent = Person("RT1", NUMBER, "A1").message("A01", "202601101000", stay=stay)
    assert of_row(row) == of_message(sent)


@pytest.mark.parametrize(("indicator", "died"), [("Y", "2024-03"), ("N", ""), ("", "2024-03-01")])
def test_a_row_without_a_stay_tells_of_the_person(indicator: str, died: str) -> None:
    who = ("organisation", "nhs_number", "local_id", "practice", "sex", "birth_date", "recorded")
    row = {name: DIED[name] for name in (*who, "family_name", "given_name")}
    row |= {"died": died, "death_indicator": indicator}
    sent = Person("RT1", NUMBER, "A1").message(
        "A31", "202601101000", died=died.replace("-", ""), indicator=indicator or "Y"
    )
    assert of_row(row) == of_message(sent)


def test_without_recorded_the_newest_day_of_the_row_is_taken() -> None:
    row = {name: value for name, value in DIED.items() if name != "recorded"}
    (told,) = of_row(row | {"discharged": "2026-01-10", "died": "2026-01"})
    assert told.recorded is not None
    assert told.recorded.isoformat() == "2026-01-10T23:59:59+00:00"


def test_a_row_has_the_same_name_wherever_it_stands() -> None:
    assert message(DIED) == message(dict(reversed(DIED.items())))
    assert message(DIED) != message(DIED | {"ward": "WARD2"})


def test_separators_in_names_are_content() -> None:
    (told,) = of_row(DIED | {"family_name": "O^BRIEN|\\&~"})
    assert told.demographics.family == "O^BRIEN|\\&~"


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"nhs_number": "9990000019"}, "nhs_number"),
        ({"birth_date": "1950-02-30"}, "birth_date"),
        ({"birth_date": "03/02/1950"}, "birth_date"),
        ({"admitted": "2026-01"}, "admitted"),
        ({"discharged": "2026-01-10 25:00"}, "discharged"),
        ({"discharged": "2026-01-10 09:30+99:99"}, "discharged"),
        ({"discharge_method": "44"}, "discharge_method"),
        ({"discharge_destination": "home"}, "discharge_destination"),
        ({"sex": "girl"}, "sex"),
        ({"practice": "The Surgery"}, "practice"),
        ({"diagnoses": "F72;depressed"}, "diagnoses"),
        ({"death_indicator": "N"}, "death_indicator"),
        ({"death_indicator": "dead"}, "death_indicator"),
        ({"visit": ""}, "visit"),
        ({"admitted": "", "discharged": ""}, "admitted"),
        ({"discharged": ""}, "discharged"),
        ({"nhs_number": "", "local_id": ""}, "local_id"),
        ({"organisation": ""}, "organisation"),
        ({"family_name": "A\nB"}, "family_name"),
        ({"family_name": "A" * 201}, "family_name"),
    ],
)
def test_what_is_wrong_names_its_column_and_no_value(changes: dict[str, str], column: str) -> None:
    faults = message(DIED | changes)
    assert isinstance(faults, tuple)
    assert column in {fault.location for fault in faults}
    for value in filter(lambda text: len(text) > 3, changes.values()):
        assert all(value not in fault.text for fault in faults)


def test_a_row_that_says_nothing_is_told() -> None:
    faults = message({"organisation": "RT1", "local_id": "A1", "recorded": "2026-01-10"})
    assert isinstance(faults, tuple)
    assert [fault.location for fault in faults] == ["died"]


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(list(COLUMNS)), st.text(max_size=12).map(str.strip)))
def test_every_row_is_a_message_that_converts_or_is_told(row: dict[str, str]) -> None:
    made = message(row, "RT1")
    if isinstance(made, bytes):
        assert statements(made, are_rows=True)
    else:
        assert made


def read(text: str, sender: str = "") -> list[Piece]:
    return list(rows(BytesIO(text.encode("utf-8", "surrogateescape")), sender))


def test_lines_are_counted_as_people_count_them() -> None:
    header = ",".join(DIED)
    row = ",".join(DIED.values())
    quoted = row.replace("EXAMPLE", '"EXAM\nPLE"')
    pieces = read(f"\ufeff{header}\r\n{row}\r\n\r\n{quoted}\n{row},more\n\udcff{row}\n")
    assert [(piece.number, piece.place) for piece in pieces] == [(1, 2), (2, 4), (3, 6), (4, 7)]
    assert [[fault.location for fault in piece.faults] for piece in pieces] == [
        [], ["family_name"], ["row"], ["organisation"],
    ]  # fmt: skip


def test_a_quotation_mark_that_is_not_closed_is_told() -> None:
    header, row = ",".join(DIED), ",".join(DIED.values())
    pieces = read(f'{header}\n"{row}\n')
    assert [fault.location for piece in pieces for fault in piece.faults] == ["row"]
