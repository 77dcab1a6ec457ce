"""What is asked of returns: which organisation, which period, which version. Read from the address
or from a Parameters resource; no request ever names two organisations."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from nhs.addresses import ODS_ORGANISATION
from registry.api.call import Call
from registry.api.outcomes import FhirError, bad_parameter, not_found
from registry.api.validation.validate import required_valid
from registry.returns import canonical_urls as urls
from registry.returns.count import Version
from registry.returns.periods import FinancialYear, Quarter
from registry.returns.publication import Period, parse_period

Asked = Iterable[tuple[str, str]]
# name -> its type and what it is
SEARCHED = {
    "reporter": (
        "reference",
        "The organisation, as its ODS code, Organization/code or its address here; required, and "
        "one alone: returns are not for comparison.",
    ),
    "measure": ("reference", "The canonical address of the Measure."),
    "period": ("token", "The period: 2026-27-Q1, or 2026-27 for a Quality Account."),
}
EVALUATED = {
    "periodStart": "The first day of a quarter or of a financial year, such as 2026-04-01.",
    "periodEnd": "Its last day, such as 2026-06-30.",
    "subject": "Your own organisation, as Organization/code; it is taken where none is named.",
    "reportType": "population, or summary: the figures alone, which is all there is.",
}
_REPORT_TYPES = ("population", "summary")
_ODS = re.compile(r"[A-Z0-9]{1,12}")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class Kind:
    """A Measure: its version, and whether it is of a year (a Quality Account) or of a quarter."""

    version: Version
    is_account: bool


KINDS = {
    addresses[version].rsplit("/", 1)[1]: Kind(version, is_account)
    for addresses, is_account in ((urls.QUARTERLY_MEASURE, False), (urls.ACCOUNT_MEASURE, True))
    for version in Version
}


def kind_of(call: Call) -> Kind:
    """Takes a call on a Measure; returns which it is. FhirError 404: there is no such Measure."""
    found = KINDS.get(call.resource_id)
    if found is None:
        raise not_found()
    return found


def evaluated(call: Call, kind: Kind) -> tuple[Period, str | None]:
    """Takes the call of $evaluate-measure and its Measure; returns the period and the organisation
    that it names (None: none). FhirError 400: a parameter is missing, wrong or not known."""
    said = _once(_asked(call), tuple(EVALUATED))
    if said.get("reportType", "summary") not in _REPORT_TYPES:
        raise bad_parameter(f"reportType is one of {', '.join(_REPORT_TYPES)}.")
    period = _period_between(said, kind)
    subject = said.get("subject")
    return period, None if subject is None else organisation(subject, "subject")


def published(call: Call, kind: Kind) -> tuple[Period, tuple[str, ...]]:
    """Takes the call of $publish-return and its Measure; returns the period and the words of the
    themes that are cleared. FhirError 400 as for `evaluated`."""
    asked = _asked(call)
    themes = tuple(value for name, value in asked if name == "theme")
    said = _once([one for one in asked if one[0] != "theme"], ("periodStart", "periodEnd"))
    return _period_between(said, kind), themes


def searched(call: Call, base: str) -> tuple[str, str | None, Period | None]:
    """Takes the search of a MeasureReport and the FHIR base; returns the reporter, the canonical
    address of the Measure and the period. FhirError 400: no reporter is named, or several are."""
    asked = [(name, value) for name, value in call.asked if name != "_count"]
    reporters = [value for name, value in asked if name.partition(":")[0] == "reporter"]
    if len(reporters) != 1:
        raise _one_reporter()
    renamed = [("reporter" if n.startswith("reporter:") else n, v) for n, v in asked]
    said = _once(renamed, tuple(SEARCHED))
    period = said.get("period")
    reporter = organisation(said["reporter"].removeprefix(f"{base}/"), "reporter")
    return reporter, said.get("measure"), None if period is None else period_of(period)


def period_of(text: str) -> Period:
    """Takes the text of a period; returns it. FhirError 400: it is none."""
    try:
        return parse_period(text)
    except ValueError as error:
        raise bad_parameter(f"The period is wrong: {error}.") from None


def organisation(text: str, name: str) -> str:
    """Takes a reference to an organisation and the parameter's name; returns its ODS code.
    FhirError 400: it is no such reference, or names several."""
    code = text.removeprefix(f"{ODS_ORGANISATION}|").removeprefix("Organization/")
    if "," in text:
        raise _one_reporter()
    if not _ODS.fullmatch(code):
        raise bad_parameter(f"{name} is an organisation by its ODS code, like Organization/RT1.")
    return code


def parameters(body: Any) -> list[dict[str, Any]]:
    """Takes a body; returns the parameters of the Parameters resource that it is. FhirError 400:
    it is none, or not valid."""
    sent = cast(dict[str, Any], body) if isinstance(body, dict) else {}
    if sent.get("resourceType") != "Parameters":
        raise bad_parameter("Send a Parameters resource.")
    required_valid(sent)
    return list(sent.get("parameter", ()))


def value_of(parameter: dict[str, Any]) -> Any:
    """Takes a parameter; returns its value, None where it has none."""
    return next((v for name, v in parameter.items() if name.startswith("value")), None)


def _asked(call: Call) -> list[tuple[str, str]]:
    """From the address, and of a POST from its Parameters too."""
    asked = list(call.asked)
    if call.body is not None:
        for parameter in parameters(call.body):
            value = value_of(parameter)
            if not isinstance(value, str):
                raise bad_parameter("Each parameter has a value that is text.")
            asked.append((str(parameter["name"]), value))
    return asked


def _once(asked: Asked, known: tuple[str, ...]) -> dict[str, str]:
    said: dict[str, str] = {}
    for name, value in asked:
        if name not in known:
            raise bad_parameter(f"The parameters here are: {', '.join(known)}.")
        if name in said:
            raise bad_parameter(f"{name} may be given once.")
        said[name] = value
    return said


def _period_between(said: dict[str, str], kind: Kind) -> Period:
    first, last = (_day(said, name) for name in ("periodStart", "periodEnd"))
    quarter = Quarter.containing(first)
    found: Period = quarter.year if kind.is_account else quarter
    if (found.first_day, found.last_day) != (first, last):
        what = "a financial year, April to March" if kind.is_account else "a quarter"
        raise bad_parameter(f"periodStart and periodEnd are the first and the last day of {what}.")
    return found


def _day(said: dict[str, str], name: str) -> date:
    text = said.get(name, "")
    try:
        if not _DATE.fullmatch(text):
            raise ValueError
        day = date.fromisoformat(text)
    except ValueError:
        raise bad_parameter(f"{name} is needed, as a date like 2026-04-01.") from None
    if not _FIRST <= day.year <= _LAST:
        raise bad_parameter(f"{name} is a date from {_FIRST} to {_LAST}.")
    return day


# The framework of 2017, and a year that a mistyped one is not.
_FIRST, _LAST = 2017, 2100


def _one_reporter() -> FhirError:
    return bad_parameter(
        "Name one organisation as the reporter. Returns say nothing in comparison, so they are "
        "given for one organisation at a time."
    )


def is_of(period: Period, *, is_account: bool) -> bool:
    """Takes a period; True where it is of a Quality Account or of a quarterly return, as asked."""
    return isinstance(period, FinancialYear) is is_account
