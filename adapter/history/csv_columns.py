"""The columns of a CSV of discharges and deaths, and what may stand in each. Pure.

Codes are those of the NHS Data Dictionary, looked up in the code maps that messages are converted
by, so that a row can say nothing that a message could not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, time
from functools import lru_cache

from adapter.conversion.diagnosis_code import is_icd10
from mappings.codes import CodeMap, load_codes
from mappings.maps import FOLDER
from nhs import nhs_number

_WHEN = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d)"
    r"(?:[T ](?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d))?"
    r"(?P<offset>Z|[+-]\d\d:?\d\d)?)?)?)?"
)
_ODS = re.compile(r"[A-Za-z0-9]{2,10}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LONGEST_TEXT = 200

Check = Callable[[str], str]
"""Takes a value that is not empty; returns what to do where it is wrong, '' where it is right."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: how its values are checked, and what it means, for people."""

    check: Check
    means: str


def when(text: str) -> str:
    """Takes a date or time as the CSV writes it (2024, 2024-03, 2024-03-01, 2024-03-01 14:05,
    with seconds, with an offset); returns it as HL7 writes it, as precise. ValueError if it is
    none."""
    found = _WHEN.fullmatch(text)
    if found is None:
        raise ValueError("no date")
    parts = {name: value for name, value in found.groupdict().items() if value is not None}
    offset = parts.pop("offset", "").replace(":", "").replace("Z", "+0000")
    number = {name: int(part) for name, part in parts.items()}
    date(number["year"], number.get("month", 1), number.get("day", 1))
    time(number.get("hour", 0), number.get("minute", 0), number.get("second", 0))
    if offset:
        time.fromisoformat(f"00:00{offset[:3]}:{offset[3:]}")
    return "".join(parts.values()) + offset


def _text(value: str) -> str:
    if _CONTROL.search(value):
        return "it holds a line break or another control character: take it out"
    if len(value) > _LONGEST_TEXT:
        return f"it is longer than {_LONGEST_TEXT} characters: shorten it"
    return ""


def _ods(value: str) -> str:
    return "" if _ODS.fullmatch(value) else "it is no ODS code: write the code, such as RXA"


def _nhs_number(value: str) -> str:
    if nhs_number.is_valid(nhs_number.normalise(value)):
        return ""
    return "it is no NHS number (ten digits, the last a check digit): mend it or leave it empty"


def _partial(value: str) -> str:
    try:
        when(value)
    except ValueError:
        return (
            "it is no date: write 2024-03-01, 2024-03-01 14:05, or 2024-03 where no more is known"
        )
    return ""


def _day(value: str) -> str:
    if len(value) < len("2024-03-01") or _partial(value):
        return "it is no day: write 2024-03-01 or 2024-03-01 14:05"
    return ""


def _diagnoses(value: str) -> str:
    if all(is_icd10(code) for code in codes_of(value)):
        return ""
    return "one of its codes is no ICD-10 code: write F72 or F72.0, several with ; between"


def codes_of(diagnoses: str) -> list[str]:
    """Takes the column `diagnoses`; returns its codes."""
    return [code for code in re.split(r"[;\s]+", diagnoses) if code]


@lru_cache(maxsize=1)
def _code_maps() -> dict[str, CodeMap]:
    return load_codes(FOLDER / "codes")


def _code(name: str, example: str) -> Check:
    def check(value: str) -> str:
        if _code_maps()[name].find(value) is not None:
            return ""
        return f"it is no code of the list {name}: write one, such as {example}, or leave it empty"

    return check


def _yes_no(value: str) -> str:
    return "" if value.upper() in {"Y", "N"} else "write Y, N or nothing"


COLUMNS: Mapping[str, Column] = {
    "organisation": Column(_ods, "ODS code of the trust whose row it is"),
    "nhs_number": Column(_nhs_number, "NHS number"),
    "local_id": Column(_text, "hospital number"),
    "local_authority": Column(_text, "assigning authority of local_id, as messages write it"),
    "family_name": Column(_text, "family name"),
    "given_name": Column(_text, "first given name"),
    "birth_date": Column(_partial, "date of birth"),
    "sex": Column(_code("administrative-sex", "1 or 2"), "sex"),
    "practice": Column(_ods, "ODS code of the GP practice"),
    "visit": Column(_text, "number of the stay"),
    "visit_authority": Column(_text, "assigning authority of visit, as messages write it"),
    "patient_class": Column(
        _code("encounter-class", "I"), "class of the stay; empty: I, inpatient"
    ),
    "admitted": Column(_day, "when the stay began"),
    "admission_method": Column(_code("admission-method", "21"), "method of admission"),
    "specialty": Column(_text, "main specialty or treatment function"),
    "ward": Column(_text, "ward"),
    "discharged": Column(_day, "when the stay ended"),
    "discharge_method": Column(_code("nhs-discharge-method", "1 or 4"), "method of discharge"),
    "discharge_destination": Column(_code("discharge-destination", "19"), "where they went"),
    "diagnoses": Column(_diagnoses, "ICD-10 codes"),
    "died": Column(_partial, "date of death, as far as it is known"),
    "death_indicator": Column(_yes_no, "Y: the person died; N: that word is taken back"),
    "recorded": Column(_day, "when this was entered: of two rows about one thing the newer wins"),
    "control_id": Column(_text, "a name for the row; empty: made from its content"),
}
"""By name, in the order in which docs/load-history.md lists them."""
