"""A row of a CSV of discharges and deaths, as the ADT message that says the same. Pure.

Because it becomes a message, it is kept, converted, minimised and delivered as every message is,
and the registry cannot tell the two apart.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

from adapter.er7 import Delimiters, escape
from adapter.history.csv_columns import COLUMNS, codes_of, when
from adapter.reason import Reason
from nhs import nhs_number

_DELIMITERS = Delimiters()
_STAY = ("visit", "visit_authority", "patient_class", "admitted", "admission_method", "specialty")
_LEAVING = ("ward", "discharged", "discharge_method", "discharge_destination")
_NAMES = "CSV"


def message(row: Mapping[str, str], sender: str = "") -> bytes | tuple[Reason, ...]:
    """Takes a row by column, values stripped, and the organisation where no column names it;
    returns the message in ER7, or everything that is wrong with the row. No text quotes a value."""
    row = {name: value for name, value in row.items() if value}
    faults = tuple(_faults(row, sender))
    if faults:
        return faults
    recorded = _recorded(row)
    stamp = recorded if len(recorded) > len("20240301") else f"{recorded}235959"
    segments = [_header(row, sender, stamp), _event(stamp), _person(row, sender), _practice(row)]
    if "visit" in row:
        segments.append(_stay(row))
    segments += _diagnoses(row, stamp)
    return ("\r".join(filter(None, segments)) + "\r").encode()


def _faults(row: Mapping[str, str], sender: str) -> Iterator[Reason]:
    wrong: set[str] = set()
    for name, value in row.items():
        if what := COLUMNS[name].check(value):
            wrong.add(name)
            yield _fault(name, what)
    if "organisation" not in row and not sender:
        yield _fault("organisation", "it is empty: write the trust's ODS code, or --organisation")
    if "nhs_number" not in row and "local_id" not in row:
        yield _fault("local_id", "neither it nor nhs_number is given: nobody is named")
    yield from _faults_of_the_stay(row)
    yield from _faults_of_the_death(row)
    if not wrong & {"died", "discharged", "admitted", "recorded"} and not _recorded(row):
        yield _fault("recorded", "no column of the row gives a day: write when it was entered")


def _faults_of_the_stay(row: Mapping[str, str]) -> Iterator[Reason]:
    if "visit" not in row:
        if given := [name for name in (*_STAY[1:], *_LEAVING) if name in row]:
            yield _fault("visit", f"it is empty, and {given[0]} is about a stay: number the stay")
        return
    if "admitted" not in row and "discharged" not in row:
        yield _fault("admitted", "neither it nor discharged is given: say when the stay was")
    if "discharged" not in row:
        for name in ("discharge_method", "discharge_destination"):
            if name in row:
                yield _fault("discharged", f"it is empty, and {name} is not: say when they left")


def _faults_of_the_death(row: Mapping[str, str]) -> Iterator[Reason]:
    denied = row.get("death_indicator", "").upper() == "N"
    if denied and "died" in row:
        yield _fault("death_indicator", "it says N and died has a date: they contradict each other")
    if "visit" not in row and not {"died", "death_indicator", "diagnoses"} & row.keys():
        yield _fault("died", "the row says nothing: give a stay, a death or a diagnosis")


def _fault(column: str, what: str) -> Reason:
    return Reason("", column, what)


def _recorded(row: Mapping[str, str]) -> str:
    """When the row was entered, else the newest day it tells of, as HL7 writes it; '' if none."""
    if "recorded" in row:
        return _when(row["recorded"])
    told = [_when(row[name]) for name in ("died", "discharged", "admitted") if name in row]
    return max((at for at in told if len(at) >= len("20240301")), default="")


def _when(text: str) -> str:
    try:
        return when(text)
    except ValueError:
        return ""


def _header(row: Mapping[str, str], sender: str, stamp: str) -> str:
    trigger = "A03" if "discharged" in row else "A01" if "visit" in row else "A31"
    fields = {
        2: _NAMES,
        3: row.get("organisation", sender).upper(),
        6: stamp,
        8: f"ADT^{trigger}",
        9: _text(row, "control_id") or _name(row, sender),
        10: "P",
        11: "2.4",
        17: "UNICODE UTF-8",
    }
    return _segment("MSH", fields).replace("MSH|", f"MSH|{_DELIMITERS.encoding_characters}", 1)


def _name(row: Mapping[str, str], sender: str) -> str:
    """The same for the same row, wherever it stands; within the 20 characters of HL7 2.4."""
    said = "\x1f".join(f"{name}={row[name]}" for name in COLUMNS if name in row)
    return _NAMES + hashlib.sha256(f"{sender}\x1e{said}".encode()).hexdigest()[:16].upper()


def _event(stamp: str) -> str:
    return _segment("EVN", {2: stamp})


def _person(row: Mapping[str, str], sender: str) -> str:
    identifiers: list[str] = []
    if "nhs_number" in row:
        identifiers.append(f"{nhs_number.normalise(row['nhs_number'])}^^^NHS^NH")
    if "local_id" in row:
        organisation = row.get("organisation", sender).upper()
        authority = _text(row, "local_authority") or organisation
        identifiers.append(f"{_text(row, 'local_id')}^^^{authority}^MR")
    fields = {
        3: "~".join(identifiers),
        5: f"{_text(row, 'family_name')}^{_text(row, 'given_name')}".strip("^"),
        7: _time(row, "birth_date"),
        8: row.get("sex", ""),
        29: _time(row, "died"),
        30: row.get("death_indicator", "Y" if "died" in row else "").upper(),
    }
    if "family_name" not in row and "given_name" in row:
        fields[5] = f"^{_text(row, 'given_name')}"
    return _segment("PID", fields)


def _practice(row: Mapping[str, str]) -> str:
    return _segment("PD1", {3: f"^^{row['practice'].upper()}"}) if "practice" in row else ""


def _stay(row: Mapping[str, str]) -> str:
    authority = _text(row, "visit_authority")
    fields = {
        2: row.get("patient_class", "I"),
        3: _text(row, "ward"),
        4: row.get("admission_method", ""),
        10: _text(row, "specialty"),
        19: _text(row, "visit") + (f"^^^{authority}" if authority else ""),
        36: row.get("discharge_method", ""),
        37: row.get("discharge_destination", ""),
        44: _time(row, "admitted"),
        45: _time(row, "discharged"),
    }
    return _segment("PV1", fields)


def _diagnoses(row: Mapping[str, str], stamp: str) -> list[str]:
    return [
        _segment("DG1", {1: str(number), 3: f"{code}^^I10", 5: stamp, 6: "F"})
        for number, code in enumerate(codes_of(row.get("diagnoses", "")), 1)
    ]


def _time(row: Mapping[str, str], name: str) -> str:
    return when(row[name]) if name in row else ""


def _text(row: Mapping[str, str], name: str) -> str:
    return escape(row.get(name, ""), _DELIMITERS)


def _segment(name: str, fields: Mapping[int, str]) -> str:
    last = max((number for number, text in fields.items() if text), default=0)
    return "|".join([name, *(fields.get(number, "") for number in range(1, last + 1))])
