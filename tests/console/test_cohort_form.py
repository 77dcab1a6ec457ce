"""The form that proposes a cohort, what comes of it, and a cohort as its Group tells of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.cohorts import exports, proposal
from console.cohorts.cohort import cohort, is_cohort
from console.cohorts.proposal import FIELDS, MONTHS, filled
from registry.export import cohort as kept
from registry.export import group
from registry.export.cohort import Answer, Cohort, Said, Sample
from registry.export.job import File

TODAY = date(2026, 11, 21)
GOOD = {"name": "October, two trusts", "month": "2026-10", "organisations": "rt2\nqx1"}


def proposed(**said: str) -> proposal.Filled:
    return filled({**GOOD, **said}, "RT1", TODAY)


def test_what_is_written_is_the_group_that_the_registry_reads() -> None:
    sent = proposed(sample="size", size="20", seed="an agreed seed")
    assert sent.errors == {}
    read = group.read(sent.group, "made by the registry")
    assert read == kept.Proposal(
        "October, two trusts", date(2026, 10, 1), ("QX1", "RT1", "RT2"),
        Sample("an agreed seed", size=20),
    )  # fmt: skip
    share = group.read(proposed(sample="percent", percent="12.5").group, "made by the registry")
    assert share.sample == Sample("made by the registry", percent=12.5)
    assert group.read(proposed(size="20", seed="left over").group, "x").sample is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", " "),
        ("name", "x" * 201),
        ("month", ""),
        ("month", "2026-12"),
        ("month", "2023-11"),
        ("organisations", "Trust-Two"),
        ("organisations", "RT1/2"),
        ("organisations", " ".join(f"AB{n}" for n in range(100))),
        ("sample", "most"),
    ],
)
def test_what_can_not_be_is_told_at_its_field(name: str, value: str) -> None:
    sent = proposed(**{name: value})
    assert list(sent.errors) == [name]
    assert sent.group is None
    assert sent.values[name] == value.strip()


@pytest.mark.parametrize(
    ("kind", "value"),
    [("percent", ""), ("percent", "0"), ("percent", "100.5"), ("percent", "1e1"), ("percent", "١"),
     ("size", ""), ("size", "0"), ("size", "1.5"), ("size", "-1"), ("size", "²")],
)  # fmt: skip
def test_a_sample_says_how_much(kind: str, value: str) -> None:
    assert list(proposed(sample=kind, **{kind: value}).errors) == [kind]


@given(st.dictionaries(st.sampled_from([*FIELDS, "other"]), st.text(max_size=30)))
def test_whatever_is_sent_is_refused_or_read_by_the_registry(said: dict[str, str]) -> None:
    sent = filled({**GOOD, **said}, "RT1", TODAY)
    assert bool(sent.errors) == (sent.group is None)
    if sent.group is not None:
        read = group.read(sent.group, "seed")
        assert read.organisations == sent.organisations
        assert "RT1" in read.organisations


def test_the_months_to_choose_from_end_with_the_present_one() -> None:
    found = list(proposal.months(date(2026, 2, 28)))
    assert found[:3] == [
        ("2026-02", "February 2026"),
        ("2026-01", "January 2026"),
        ("2025-12", "December 2025"),
    ]
    assert len(dict(found)) == MONTHS


def test_a_group_is_read_as_the_registry_draws_it() -> None:
    at = datetime(2026, 11, 1, 9, tzinfo=UTC)
    answers = (Answer("RT1", Said.AGREED, at), Answer("RT2"))
    whole = kept.Proposal("October", date(2026, 10, 1), ("RT1", "RT2"), Sample("s", percent=20.0))
    asked = Cohort("c" * 32, whole, "RT1", at, answers)
    shown = cohort(group.drawn(asked, None))
    assert (shown.name, shown.month_words, shown.proposer) == ("October", "October 2026", "RT1")
    assert (shown.said_by("RT1"), shown.said_by("RT2")) == ("agreed", "asked")
    assert shown.sample is not None
    assert (shown.sample.seed, shown.sample.words) == ("s", "20 in 100 of the deaths")
    assert (shown.is_active, shown.deaths) == (False, None)
    agreed = replace(asked, answers=(answers[0], Answer("RT2", Said.AGREED, at)))
    assert cohort(group.drawn(agreed, [])).deaths == 0
    assert not is_cohort(group.own("RT1", "Trust One", 3))


def test_the_mark_of_exports_is_another_when_the_page_would_be() -> None:
    at = datetime(2026, 11, 1, 9, tzinfo=UTC)
    one = exports.Export("1", at, at, "Waits to be made", "", ())
    file = File(1, "output", "Task", 2, 1, 10, 5)
    different = [
        [], [one], [replace(one, progress="")], [replace(one, failure="no")],
        [replace(one, progress="", files=(file,))], [one, replace(one, id="2")],
    ]  # fmt: skip
    assert len({exports.mark(some) for some in different}) == len(different)
    assert [exports.size(n) for n in (5, 1499, 2_340_000)] == ["5 bytes", "1 kB", "2.3 MB"]
