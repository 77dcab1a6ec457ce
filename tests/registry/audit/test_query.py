"""No value that could name somebody goes on record in the clear."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from nhs import addresses
from registry.api.search.definitions import PARAMETERS
from registry.api.search.query import RESULT_PARAMETERS
from registry.audit.query import Hashing, Named, named, redacted, reference

HASHING = Hashing(b"a key of the tests' own, 32 byte")
NUMBER = "9990000018"
PERSON = f"{addresses.NHS_NUMBER}|{NUMBER}"
NAMES = sorted({n for table in PARAMETERS.values() for n in table} | set(RESULT_PARAMETERS))
SUFFIXES = ("", ":not", ":identifier", ".identifier", ":exact", ":Patient")
DISGUISES = (
    "{}", "|{}", f"{addresses.NHS_NUMBER}|{{}}", "Patient/{}", "eq{}", "2026-01-01,{}",
    "2026-01-01T{}", "-{}", "Task:{}", "a {}", "Smith,{}",
)  # fmt: skip


@given(st.sampled_from(NAMES), st.sampled_from(SUFFIXES), st.sampled_from(DISGUISES))
def test_an_nhs_number_is_hashed_wherever_it_stands(name: str, suffix: str, how: str) -> None:
    said = redacted("Task", [(name + suffix, how.format(NUMBER))], HASHING)
    assert NUMBER not in said
    assert re.fullmatch(r"Task\?[^=]+=hmac-[0-9a-f]{32}", said)


@given(st.text(min_size=1), st.text(min_size=1))
def test_free_text_is_never_kept(name: str, value: str) -> None:
    said = redacted("Patient", [(name, value)], HASHING).partition("?")[2]
    kept_name, _, kept = said.partition("=")
    assert kept_name in (name, "unknown")
    assert kept.startswith("hmac-") or re.fullmatch(r"[A-Za-z0-9:,%.+_-]*", kept)


def test_what_says_nothing_of_anybody_stays_readable() -> None:
    asked = [
        ("status", "accepted,requested"),
        ("_lastUpdated", "ge2026-11-01"),
        ("_include", "Task:patient"),
        ("_count", "50"),
        ("patient.identifier", PERSON),
    ]
    said = redacted("Task", asked, HASHING)
    assert said.startswith(
        "Task?status=accepted,requested&_lastUpdated=ge2026-11-01&_include=Task:patient&_count=50"
        "&patient.identifier=hmac-"
    )


def test_who_has_the_number_and_the_key_finds_it_again() -> None:
    assert HASHING(PERSON) == HASHING(PERSON) != HASHING(PERSON[:-1] + "9")
    assert Hashing(b"another key")(PERSON) != HASHING(PERSON)


def test_ids_that_we_cannot_have_made_are_hashed() -> None:
    ours = "0123456789abcdef0123456789abcdef"
    assert reference("Task", ours, "", HASHING) == f"Task/{ours}"
    assert reference("Task", ours, "3", HASHING) == f"Task/{ours}/_history/3"
    assert reference("Organization", "RT1", "", HASHING) == "Organization/RT1"
    assert reference("Task", "", "", HASHING) == "Task"
    for resource_type in ("Patient", "Organization", "Task"):
        said = reference(resource_type, NUMBER, NUMBER, HASHING)
        assert re.fullmatch(rf"{resource_type}/hmac-[0-9a-f]{{32}}", said)


def test_whom_a_search_names() -> None:
    identifier = (addresses.NHS_NUMBER, NUMBER)
    for name in ("patient.identifier", "subject:identifier"):
        assert named("Task", [(name, PERSON)]) == Named(frozenset({identifier}))
    assert named("Patient", [("identifier", PERSON)]) == Named(frozenset({identifier}))
    # The identifier of a Task is a review's, not a person's.
    assert len(named("Task", [("identifier", PERSON)])) == 0
    assert named("Task", [("patient", "Patient/a,b")]).ids == {"a", "b"}
    assert named("Patient", [("_id", "a")]).ids == {"a"}
    assert len(named("Task", [("_id", "a"), ("status", "accepted")])) == 0
