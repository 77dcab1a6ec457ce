"""Search values as FHIR writes them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.api.outcomes import FhirError
from registry.api.search.values import PREFIXES, date, either, moments, reference, token, unescaped

texts = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF), min_size=1, max_size=20)


def escaped(text: str) -> str:
    for character in "\\|,$":
        text = text.replace(character, "\\" + character)
    return text


@given(texts, texts)
def test_what_is_escaped_is_read_as_meant(system: str, code: str) -> None:
    assert unescaped(escaped(code)) == code
    assert token(f"{escaped(system)}|{escaped(code)}") == (system, code)
    assert token(escaped(code)) == (None, code)
    assert token(f"|{escaped(code)}") == ("", code)
    assert token(f"{escaped(system)}|") == (system, None)


@given(st.lists(texts, min_size=1, max_size=4))
def test_an_or_has_as_many_values_as_were_written(values: list[str]) -> None:
    assert [unescaped(v) for v in either(",".join(map(escaped, values)))] == values


@given(st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)), st.sampled_from(PREFIXES[:-1]))
def test_a_moment_lies_in_every_date_that_names_it(moment: datetime, prefix: str) -> None:
    exact = moment.replace(microsecond=0, tzinfo=UTC)
    for text in (
        exact.isoformat(),
        exact.isoformat().replace("+00:00", "Z"),
        exact.strftime("%Y-%m-%dT%H:%MZ").zfill(17),
    ):
        found, low, high = date(prefix + text)
        assert found == prefix
        assert low <= exact < high
    year_low, year_high = moments(f"{moment.year:04}")
    month_low, month_high = moments(f"{moment.year:04}-{moment.month:02}")
    day_low, day_high = moments(f"{moment:%Y-%m-%d}".zfill(10))
    assert year_low <= month_low <= day_low < day_high <= month_high <= year_high


def test_a_date_without_a_zone_is_londons() -> None:
    low, high = moments("2026-07-01")
    assert low == datetime(2026, 6, 30, 23, tzinfo=UTC)
    assert high - low == timedelta(days=1)
    # The clocks go back: the day has twenty-five hours.
    low, high = moments("2026-10-25")
    assert high - low == timedelta(hours=25)


@given(st.text(max_size=30))
def test_whatever_is_sent_is_read_or_refused(text: str) -> None:
    def as_reference(value: str) -> object:
        return reference(value, "http://b", ("Task",))

    readers: list[Callable[[str], object]] = [either, token, date, moments, as_reference]
    for read in readers:
        try:
            read(text)
        except FhirError as refused:
            assert refused.status == 400


@pytest.mark.parametrize("text", ["0000", "9999", "9999-12-31", "2026-02-29", "26", "2026-1-1"])
def test_what_no_calendar_has_is_refused(text: str) -> None:
    with pytest.raises(FhirError):
        moments(text)
