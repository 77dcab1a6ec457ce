"""The value of an observation: OBX-5 by its type OBX-2, in the units OBX-6.

v2-to-FHIR OBX[Observation]. Texts that go on over several repetitions are one text; other values
after the first become components, so that none is lost.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from adapter.conversion.draft import Draft, Resource
from adapter.conversion.further_types import UCUM, clock_time
from adapter.conversion.hl7_time import read_time
from adapter.conversion.text_values import local_coding, text
from adapter.er7 import NO_VALUE, NULL, Composite

Value = tuple[str, object]
ReadConcept = Callable[[Composite, Draft, str], Resource | None]
TEXTS = {"ST", "TX", "FT", "", "CX", "XPN", "XCN", "XAD", "XTN", "EI", "PL", "HD"}
CODES = {"CE", "CWE", "CNE", "CF"}
FILES = {"ED", "RP"}
_NUMBER = re.compile(r"[+-]?\d{1,18}(?:\.\d{1,12})?", re.ASCII)
_COMPARATORS = {"<", ">", "<=", ">="}


def number(written: str) -> int | float | None:
    """NM as JSON number; None where it is none."""
    if not _NUMBER.fullmatch(written):
        return None
    exact = Decimal(written)
    return int(exact) if exact == exact.to_integral_value() else float(exact)


def units(obx_6: Composite | None, draft: Draft) -> Resource:
    """OBX-6 as the unit of a Quantity; its code only where the sender says it is UCUM."""
    code, words = (obx_6.text(1), obx_6.text(2)) if obx_6 else ("", "")
    if code in NO_VALUE:
        return {}
    unit: Resource = {"unit": words or code}
    if obx_6 and obx_6.text(3).upper() == "UCUM":
        return unit | {"system": UCUM, "code": code}
    own = local_coding(draft, "unit", code)
    return unit | own if re.fullmatch(r"\S+", code) else unit


def read_value(
    kind: str, value: Composite, unit: Resource, read_concept: ReadConcept, draft: Draft
) -> Value | None:
    """Takes OBX-2, one repetition of OBX-5 and its unit; returns the value and its element."""
    if value.is_null or not value.raw.strip():
        return None
    if kind in CODES:
        concept = read_concept(value, draft, "")
        return ("valueCodeableConcept", concept) if concept else None
    if kind in {"IS", "ID"}:
        return "valueCodeableConcept", {"coding": [local_coding(draft, "local", value.text(1))]}
    if kind in _READERS:
        return _READERS[kind](value, unit, draft) or _as_text(value, draft)
    return _as_text(value, draft)


def _as_text(value: Composite, draft: Draft) -> Value | None:
    """The words as they stand: the components in a row where the type has several."""
    parts = (value.text(n, 0) for n in range(1, value.raw.count(value.delimiters.component) + 2))
    words = text(" ".join(part for part in parts if part and part != NULL), draft, "")
    return ("valueString", words) if words else None


def _quantity(value: Composite, unit: Resource, _draft: Draft) -> Value | None:
    amount = number(value.text(1))
    return None if amount is None else ("valueQuantity", {"value": amount} | unit)


def _structured(value: Composite, unit: Resource, _draft: Draft) -> Value | None:
    """SN: a comparator with a number, a ratio, or a range."""
    comparator, first, separator, second = (value.text(n) for n in (1, 2, 3, 4))
    low, high = number(first), number(second)
    if low is None or (separator and high is None):
        return None
    if not separator:
        sign: Resource = {"comparator": comparator} if comparator in _COMPARATORS else {}
        known = comparator in _COMPARATORS | {"", "="}
        return ("valueQuantity", {"value": low} | sign | unit) if known else None
    pair: list[Resource] = [{"value": low} | unit, {"value": high} | unit]
    if separator in {":", "/"} and not comparator:
        return "valueRatio", dict(zip(("numerator", "denominator"), pair, strict=True))
    if separator == "-" and not comparator:
        return "valueRange", dict(zip(("low", "high"), pair, strict=True))
    return None


def _range(value: Composite, unit: Resource, _draft: Draft) -> Value | None:
    ends = {name: number(value.text(n)) for name, n in (("low", 1), ("high", 2))}
    told = {name: {"value": end} | unit for name, end in ends.items() if end is not None}
    return ("valueRange", told) if told else None


def _date_time(value: Composite, _unit: Resource, draft: Draft) -> Value | None:
    time = read_time(value.text(1), draft.site.time_zone)
    return ("valueDateTime", time.text) if time.text else None


def _period(value: Composite, _unit: Resource, draft: Draft) -> Value | None:
    ends = {
        n: read_time(value.text(i), draft.site.time_zone) for n, i in (("start", 1), ("end", 2))
    }
    told = {name: end.text for name, end in ends.items() if end.text}
    return ("valuePeriod", told) if told else None


def _clock(value: Composite, _unit: Resource, draft: Draft) -> Value | None:
    time = clock_time(value.text(1), draft, "")
    return ("valueTime", time) if time else None


_READERS: dict[str, Callable[[Composite, Resource, Draft], Value | None]] = {
    "NM": _quantity,
    "SN": _structured,
    "NR": _range,
    "DT": _date_time,
    "TS": _date_time,
    "DTM": _date_time,
    "DR": _period,
    "TM": _clock,
}
