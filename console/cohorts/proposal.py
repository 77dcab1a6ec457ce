"""The form that proposes a cohort: what was written in it, what is wrong, and the Group it is.
Pure."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from conformance import canonical
from nhs import addresses
from registry.core.fhir.death import DEATH_CODE
from registry.export.group import MOST_NAME, MOST_ORGANISATIONS

Resource = dict[str, Any]
FIELDS = ("name", "month", "organisations", "sample", "percent", "size", "seed")
SAMPLES = {
    "all": "All of the deaths",
    "percent": "A share of them, drawn at random",
    "size": "A number of them, drawn at random",
}
MONTHS = 36
"""How many months back a cohort can be proposed with the form."""
MOST_SEED = 64
_ODS = re.compile(r"[A-Z0-9]{3,12}")
_SEPARATORS = re.compile(r"[\s,;]+")
_NUMBER = re.compile(r"[0-9]{1,6}")
_PERCENT = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3})?")


@dataclass(frozen=True, slots=True)
class Filled:
    """What was written, by field; what is wrong, by field; the organisations (ODS codes, one's own
    among them); and the Group that proposes it, None where something is wrong."""

    values: dict[str, str]
    errors: dict[str, str] = field(default_factory=dict[str, str])
    organisations: tuple[str, ...] = ()
    group: Resource | None = None

    @property
    def month(self) -> date:
        """The first day of the month."""
        return date.fromisoformat(f"{self.values['month']}-01")


def empty() -> Filled:
    """Returns the form as it is shown first."""
    return Filled({**dict.fromkeys(FIELDS, ""), "sample": "all"})


def months(today: date) -> Iterator[tuple[str, str]]:
    """Takes London's date; gives the months to choose from, by code and words, the newest
    first."""
    year, month = today.year, today.month
    for _ in range(MONTHS):
        yield f"{year}-{month:02}", f"{calendar.month_name[month]} {year}"
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)


def filled(fields: Mapping[str, str], own: str, today: date) -> Filled:
    """Takes the fields of the form, whose it is (ODS code), and London's date; returns what it
    says."""
    values = {name: fields.get(name, "").strip() for name in FIELDS}
    values["sample"] = values["sample"] or "all"
    errors: dict[str, str] = {}
    if not values["name"]:
        errors["name"] = "Give the cohort a name"
    elif len(values["name"]) > MOST_NAME:
        errors["name"] = f"The name must have {MOST_NAME} characters at most"
    if values["month"] not in dict(months(today)):
        errors["month"] = "Select the month in which people died"
    named = [code for code in _SEPARATORS.split(values["organisations"].upper()) if code]
    codes = tuple(sorted({own, *named}))
    unreadable = next((code for code in named if not _ODS.fullmatch(code)), None)
    if unreadable is not None:
        errors["organisations"] = "Enter ODS codes, such as RT1, one on each line"
    elif len(codes) > MOST_ORGANISATIONS:
        errors["organisations"] = f"At most {MOST_ORGANISATIONS} organisations can take part"
    errors |= _sample_errors(values)
    if errors:
        return Filled(values, errors, codes)
    return Filled(values, {}, codes, _group(values, codes))


def _sample_errors(values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    kind = values["sample"]
    if kind not in SAMPLES:
        yield "sample", "Select how many of the deaths are to be in the cohort"
    percent = values["percent"]
    if kind == "percent" and not (_PERCENT.fullmatch(percent) and 0 < float(percent) <= 100):
        yield "percent", "Enter a number above 0, and at most 100"
    size = values["size"]
    if kind == "size" and not (_NUMBER.fullmatch(size) and int(size) > 0):
        yield "size", "Enter a whole number, 1 or more"
    if kind != "all" and len(values["seed"]) > MOST_SEED:
        yield "seed", f"A seed must have {MOST_SEED} characters at most"


def _group(values: Mapping[str, str], codes: tuple[str, ...]) -> Resource:
    year, month = map(int, values["month"].split("-"))
    last = calendar.monthrange(year, month)[1]
    return {
        "resourceType": "Group",
        "type": "person",
        "actual": True,
        "name": values["name"],
        "extension": [*map(_organisation, codes), *_sample(values)],
        "characteristic": [
            {
                "code": {"coding": [DEATH_CODE]},
                "valueBoolean": True,
                "exclude": False,
                "period": {
                    "start": f"{values['month']}-01",
                    "end": f"{values['month']}-{last:02}",
                },
            }
        ],
    }


def _organisation(code: str) -> Resource:
    identifier = {"system": addresses.ODS_ORGANISATION, "value": code}
    return {
        "url": canonical.COHORT_ORGANISATION,
        "extension": [{"url": "organisation", "valueReference": {"identifier": identifier}}],
    }


def _sample(values: Mapping[str, str]) -> Iterator[Resource]:
    if values["sample"] == "all":
        return
    how_many: Resource = (
        {"url": "percent", "valueDecimal": float(values["percent"])}
        if values["sample"] == "percent"
        else {"url": "size", "valuePositiveInt": int(values["size"])}
    )
    seed = [{"url": "seed", "valueString": values["seed"]}] if values["seed"] else []
    yield {"url": canonical.COHORT_SAMPLE, "extension": [how_many, *seed]}
