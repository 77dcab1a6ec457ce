"""Our conversion beside LinuxForHealth's: how fields are looked at, what is counted, and that the
page says what comes of it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance import maven
from conformance.side_by_side import page
from conformance.side_by_side.__main__ import PAGE
from conformance.side_by_side.cases import Fact, Verdict, load
from conformance.side_by_side.comparison import (
    EXAMPLES,
    Event,
    Used,
    converted,
    events,
    judged,
    used,
)
from conformance.side_by_side.converters import linuxforhealth, ours
from conformance.side_by_side.leaves import Leaves, leaves
from conformance.side_by_side.removal import Field, valued, without

MESSAGE = 'MSH|^~\\&|PAS|ZT1|||20260309||ADT^A31|7|P|2.4\rEVN||20260309\rPID|1||999^^^X||Doe|""|\r'


def test_fields_with_a_value_are_found_without_those_that_hold_the_message_together() -> None:
    names = {field.name for field in valued(MESSAGE)}
    assert names == {
        "MSH-3", "MSH-4", "MSH-7", "MSH-10", "MSH-11", "EVN-2", "PID-1", "PID-3", "PID-5",
    }  # fmt: skip


_VALUES = st.lists(st.text("AB1 ", max_size=3), min_size=1, max_size=8)


@given(_VALUES, _VALUES)
def test_a_field_that_is_emptied_is_the_only_difference(one: list[str], two: list[str]) -> None:
    message = f"MSH|^~\\&|A||||||ADT^A31|7|P|2.4\rPID|{'|'.join(one)}\rPV1|{'|'.join(two)}\r"
    fields = set(valued(message))
    for field in fields:
        left = without(message, field)
        assert set(valued(left)) == fields - {field}
        assert left.count("|") == message.count("|")


def test_what_differs_from_run_to_run_and_what_is_said_of_problems_does_not_count() -> None:
    def bundle(name: str) -> Leaves:
        patient = {
            "resourceType": "Patient",
            "id": name,
            "meta": {"lastUpdated": f"2026-03-09T06:11:0{len(name)}Z"},
            "active": True,
            "name": [{"family": "Doe"}],
        }
        stay = {"resourceType": "Encounter", "subject": {"reference": f"Patient/{name}"}}
        problem = {"resourceType": "OperationOutcome", "issue": [{"diagnostics": name}]}
        return leaves({"entry": [{"resource": one} for one in (patient, stay, problem)]})

    assert bundle("one") == bundle("another")
    assert bundle("one")[("Patient.name.family", "Doe")] == 1
    assert bundle("one")[("Patient.active", "true")] == 1


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ({"Patient.deceasedDateTime": "2026-07-01T00:30:00+01:00"}, Verdict.KEPT),
        ({"Patient.deceasedDateTime": "2026-06-30T23:30:00+00:00"}, Verdict.WRONG),
        ({"Patient.deceasedDateTime": "2026-07-01"}, Verdict.WRONG),
        ({"Patient.gender": "male"}, Verdict.LOST),
        (None, Verdict.REFUSED),
    ],
)
def test_a_fact_is_kept_lost_wrong_or_refused(
    said: dict[str, str] | None, verdict: Verdict
) -> None:
    fact = Fact("PID-29", ("Patient.deceasedDateTime",), ("2026-07-01T00:30:00+01:00",), "")
    assert fact.verdict(None if said is None else Leaves(said.items())) is verdict


def _only(place: int) -> object:
    """A converter that writes down one field of PID, and refuses A11."""

    def convert(messages: Sequence[bytes]) -> list[Leaves | None]:
        return [
            None
            if b"A11" in m
            else Leaves([("x", m.split(b"PID|")[1].split(b"|")[place - 1].decode())])
            for m in messages
        ]

    return convert


def test_a_field_is_used_where_something_else_is_said_without_it() -> None:
    header = "MSH|^~\\&|||||||ADT^{}|7|P|2.4\rPID|a|b|c\r"
    messages = [header.format("A31"), header.format("A11")]
    first, second = _only(1), _only(2)
    both = converted(messages, first, second)  # pyright: ignore[reportArgumentType] -- see _only
    found = used(messages, both, first, second)  # pyright: ignore[reportArgumentType] -- see _only
    of_pid = {
        one.field.number: (one.by_us, one.by_them) for one in found if one.field.segment == "PID"
    }
    assert of_pid == {1: (True, False), 2: (False, True), 3: (False, False)}
    assert events(messages, both) == [Event("A31", 1, 1, 1), Event("A11", 1, 0, 0)]
    table = page.segments([one for one in found if one.field.segment == "PID"])
    assert "| PID | 3 | 1 | 1 | 1 | 2 |" in table


def _only_once(messages: Sequence[bytes]) -> list[Leaves | None]:
    """A converter that writes down a field where it says `yes`."""
    return [Leaves([("x", "said")] if b"|yes|" in m else []) for m in messages]


def test_a_field_that_only_one_of_several_messages_shows_to_be_used_is_found() -> None:
    line = "MSH|^~\\&|||||||ADT^A31|7|P|2.4\rPID|{}|\r"
    messages = [line.format(value) for value in ["no"] * 9 + ["yes"]]
    both = converted(messages, _only_once, _only_once)
    [found] = [
        one for one in used(messages, both, _only_once, _only_once) if one.field == Field("PID", 1)
    ]
    assert found.by_us
    assert found.by_them


def test_no_more_messages_are_looked_at_than_said() -> None:
    asked: list[int] = []

    def counting(messages: Sequence[bytes]) -> list[Leaves | None]:
        asked.append(len(messages))
        return [Leaves() for _ in messages]

    messages = [f"MSH|^~\\&|||||||ADT^A31||P|2.4\rPID|{n}|\r" for n in range(EXAMPLES + 3)]
    both = converted(messages, counting, counting)
    asked.clear()
    used(messages, both, counting, counting)
    # Two fields have a value in each message: MSH-11 and PID-1.
    assert asked == [2 * EXAMPLES, 2 * EXAMPLES]


def test_rare_events_are_one_line() -> None:
    table = page.events([Event("A01", 5, 5, 4), Event("A99", 1, 0, 0), Event("A98", 1, 1, 0)])
    assert table.splitlines()[2:] == [
        "| A01 | 5 | 5 | 4 |",
        "| 2 others | 2 | 1 | 0 |",
        "| all | 7 | 6 | 4 |",
    ]


def test_we_keep_every_fact_of_our_own_cases() -> None:
    cases = load()
    said = ours([case.message for case in cases])
    missed = [
        (case.name, fact.field, fact.said(one))
        for case, one in zip(cases, said, strict=True)
        for fact in case.facts
        if fact.verdict(one) is not Verdict.KEPT
    ]
    assert missed == []


@pytest.mark.timeout(300)
def test_the_page_has_the_facts_as_they_are() -> None:
    try:
        table = page.facts(judged(load(), ours, linuxforhealth))
    except maven.CannotBuild as reason:
        pytest.skip(str(reason))
    text = PAGE.read_text(encoding="utf-8")
    assert text == page.written_into(text, "facts", table), (
        "run python -m conformance.side_by_side --write"
    )


def test_the_page_has_all_tables() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for begin, end in page.MARKS.values():
        _, _, after = text.partition(begin)
        assert "| all |" in after.partition(end)[0]


def test_fields_are_named_as_hl7_does() -> None:
    assert Used(Field("PID", 29), by_us=True, by_them=False).field.name == "PID-29"
