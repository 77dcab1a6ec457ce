"""What an export is asked to hold: read, or refused with what to do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.api.outcomes import FhirError
from registry.export import kickoff
from registry.export.kickoff import Asked, parameters, read, require_asynchronous
from registry.export.packing import takes_gzip

NOW = datetime(2026, 11, 21, tzinfo=UTC)
Json = dict[str, Any]


def test_what_is_asked_is_read() -> None:
    pairs = [
        ("_type", "Task,Patient"),
        ("_type", "Task"),
        ("_since", "2026-01-31T09:00:00 00:00"),
        ("_outputFormat", "application/fhir ndjson"),
    ]
    since = datetime(2026, 1, 31, 9, tzinfo=UTC)
    assert read(pairs, NOW, is_lenient=False) == Asked(("Task", "Patient"), since)
    assert read([], NOW, is_lenient=False) == Asked()


REFUSED = {
    "unknown parameter": ("_nonsense", "1"),
    "associated data": ("includeAssociatedData", "LatestProvenanceResources"),
    "no type of FHIR": ("_type", "Task,Deaths"),
    "no type at all": ("_type", ","),
    "another format": ("_outputFormat", "text/csv"),
    "filter": ("_typeFilter", "Task?status=accepted"),
    "some elements": ("_elements", "id"),
    "one patient": ("patient", "Patient/1"),
    "a day is no instant": ("_since", "2026-01-01"),
    "no offset": ("_since", "2026-01-01T00:00:00"),
    "in the future": ("_since", "2057-01-01T00:00:00+05:00"),
    "no such day": ("_since", "0000-60-01T30:70:80+05:00"),
}
# What is wrong stays wrong, however lenient.
WRONG = ("no type at all", "another format", "a day is no instant", "no offset", "in the future")


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_served_is_refused(case: str) -> None:
    with pytest.raises(FhirError) as refused:
        read([REFUSED[case]], NOW, is_lenient=False)
    assert refused.value.status == 400


@pytest.mark.parametrize("case", [c for c in REFUSED if c not in (*WRONG, "no such day")])
def test_leniently_it_is_left_aside_and_said(case: str) -> None:
    asked = read([("_type", "Task"), REFUSED[case]], NOW, is_lenient=True)
    assert (asked.types, len(asked.notes)) == (("Task",), 1)


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_refused_however_lenient(case: str) -> None:
    with pytest.raises(FhirError):
        read([REFUSED[case]], NOW, is_lenient=True)


@pytest.mark.parametrize(
    ("prefer", "accept", "is_taken"),
    [
        ("respond-async", "application/fhir+json", True),
        ("respond-async, handling=lenient", "*/*", True),
        ("return=minimal; Respond-Async", "application/json", True),
        ("respond-asynchronously", "*/*", False),
        ("", "*/*", False),
        ("respond-async", "", False),
    ],
)
def test_who_asks_has_to_be_ready_to_wait(prefer: str, accept: str, *, is_taken: bool) -> None:
    headers = {"prefer": prefer, "accept": accept}
    if is_taken:
        require_asynchronous(headers)
        return
    with pytest.raises(FhirError):
        require_asynchronous(headers)


def test_a_parameters_resource_says_the_same_as_an_address() -> None:
    body: Json = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "_type", "valueString": "Task"},
            {"name": "_since", "valueInstant": "2026-01-31T09:00:00Z"},
            {"name": "patient", "valueReference": {"reference": "Patient/1"}},
        ],
    }
    assert parameters(body) == (
        ("_type", "Task"),
        ("_since", "2026-01-31T09:00:00Z"),
        ("patient", ""),
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(deadline=None)
@given(JSON)
def test_any_other_body_is_refused(body: Any) -> None:
    for sent in (body, {"resourceType": "Parameters", "parameter": body}):
        try:
            found = parameters(sent)
        except FhirError as error:
            assert error.status == 400
        else:
            assert found == ()


@settings(deadline=None)
@given(
    name=st.sampled_from([*kickoff.PARAMETERS, "x"]),
    value=st.text(max_size=30),
    is_lenient=st.booleans(),
)
def test_whatever_is_asked_is_read_or_refused(name: str, value: str, *, is_lenient: bool) -> None:
    try:
        assert isinstance(read([(name, value)], NOW, is_lenient=is_lenient), Asked)
    except FhirError as error:
        assert error.status == 400


@pytest.mark.parametrize(
    ("header", "takes"),
    [
        ("gzip, deflate", True),
        ("br;q=1.0, gzip;q=0.8", True),
        ("*", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("identity", False),
        (None, False),
    ],
)
def test_gzip_is_for_whoever_takes_it(header: str | None, *, takes: bool) -> None:
    assert takes_gzip(header) is takes
