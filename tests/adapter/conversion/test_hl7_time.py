"""HL7 times as FHIR dates."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.conversion.hl7_time import read_time
from nhs.london_time import LONDON
from nhs.partial_date import PartialDate


@pytest.mark.parametrize(
    ("written", "text", "issue"),
    [
        ("2026", "2026", ""),
        ("202603", "2026-03", ""),
        ("20260314", "2026-03-14", ""),
        ("2026031409", "2026-03-14", ""),  # FHIR knows no hours without minutes
        ("202603140915", "2026-03-14T09:15:00+00:00", ""),
        ("20260701003000", "2026-07-01T00:30:00+01:00", ""),
        ("20260701003000.123", "2026-07-01T00:30:00.123+01:00", ""),
        ("20260701003000+0100", "2026-07-01T00:30:00+01:00", ""),
        ("20260701003000-0500", "2026-07-01T00:30:00-05:00", ""),
        ("20260701003000+00", "2026-07-01T00:30:00+00:00", ""),
        ("2026-07-01T00:30:00Z", "2026-07-01T00:30:00+00:00", ""),
        ("20000101+", "2000-01-01", ""),
        ("20260000", "2026", ""),
        ("20260300", "2026-03", ""),
        ("20261025013000", "2026-10-25T01:30:00+01:00", "time-ambiguous"),
        ("20260329013000", "2026-03-29T01:30:00+00:00", "time-nonexistent"),
        ("20260314250000", "2026-03-14", "date-unreadable"),
        ("20261301", "", "date-unreadable"),
        ("20260230", "", "date-unreadable"),
        ("00000000", "", "date-unreadable"),
        ("14/03/2026", "", "date-unreadable"),
        ("RESURREC", "", "date-unreadable"),
    ],
)
def test_precision_zone_and_what_cannot_be_read(written: str, text: str, issue: str) -> None:
    time = read_time(written, LONDON)
    assert (time.text, time.issue) == (text, issue)


@given(st.datetimes(), st.sampled_from(["%Y", "%Y%m", "%Y%m%d", "%Y%m%d%H%M", "%Y%m%d%H%M%S"]))
def test_every_hl7_time_is_a_fhir_date_of_the_same_day(moment: datetime, form: str) -> None:
    written = moment.strftime(form).zfill(len(moment.replace(year=2000).strftime(form)))
    text = read_time(written, LONDON).text
    assert PartialDate.parse(text).text == text
    assert text.replace("-", "").startswith(written[:8])


@given(st.text(alphabet="0123456789+-:.TZ ", max_size=26))
def test_any_text_is_read_or_named(written: str) -> None:
    time = read_time(written, LONDON)
    assert time.text or time.issue


_DIGITS = st.sampled_from([8, 12, 14]).flatmap(
    lambda size: st.text(alphabet="0123456789", min_size=size, max_size=size)
)
_WHOLE = st.datetimes().map(lambda moment: moment.strftime("%Y%m%d%H%M%S").zfill(14))
_OFFSETS = st.sampled_from(["", "+0000", "-0500", "+1430", "+1561", "-9999", "+00", "Z"])


@given(_DIGITS | _WHOLE, _OFFSETS)
def test_the_short_way_reads_what_the_long_way_reads(digits: str, offset: str) -> None:
    written = digits + offset
    assert read_time(written, LONDON) == read_time(f"{written} ", LONDON)
