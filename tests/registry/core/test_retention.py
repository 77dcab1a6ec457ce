"""Forgetting the living: told as stories, and as properties that it never changes what a death
would bring about."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nhs import addresses
from nhs.london_time import LONDON, london_date
from registry.core import identity
from registry.core.derive import PersonState, derive
from registry.core.identity import NumberPolicy
from registry.core.knowledge import Knowledge
from registry.core.policy import Period, Policies, Policy, ScopeRule
from registry.core.retention import Fact, Holding, holdings
from registry.core.retention_terms import Retention, Terms, Why
from registry.core.scope import Finding
from registry.core.spells import Kind
from registry.core.statement import (
    DeathStated,
    Demographics,
    EvidenceStated,
    Identifier,
    Statement,
    StayStated,
    Verdict,
)
from registry.rules.reading import national
from tests.registry.core.stating import (
    DIRECTORY,
    MH1,
    NUMBER,
    OTHER_NUMBER,
    T1,
    T2,
    Sender,
    evidence,
    mrn,
)

NUMBERS = NumberPolicy(allow_test_numbers=True)
TODAY = date(2026, 11, 21)
ALLOWANCE = Retention().allowance_days
CRISIS_TEAM = Policies(
    [
        Policy(
            T1,
            begins=date(2026, 6, 1),
            scope=(ScopeRule("ed", frozenset({Kind.EMERGENCY}), Period(months=3), "Policy"),),
        )
    ]
)


def terms(on: date = TODAY, policies: Policies | None = None) -> Terms:
    known = Knowledge(DIRECTORY, national(), on, policies or Policies())
    return Terms(known, NUMBERS, Retention())


def fact(statement: Statement) -> Fact:
    assert statement.recorded is not None
    return Fact(statement, london_date(statement.recorded))


def held(
    *statements: Statement,
    on: date = TODAY,
    policies: Policies | None = None,
    is_shown: bool = False,
) -> list[Holding]:
    return holdings(map(fact, statements), terms(on, policies), is_shown=is_shown)


def whys(holding: Holding) -> set[Why]:
    return {reason.why for reason in holding.reasons}


def the_only(*statements: Statement, on: date = TODAY) -> Holding:
    (holding,) = held(*statements, on=on)
    return holding


def stay(sender: Sender, begins: str, ends: str, kind: str = "IMP", visit: str = "V1") -> Statement:
    """One message that tells a whole stay, recorded as it ended."""
    stated = StayStated(visit, "finished", kind, begins, ends, discharge_method="1")
    return sender.states("A03", f"{ends}T12:00", stay=stated)


def test_a_stay_is_held_for_30_days_and_the_allowance() -> None:
    told = stay(Sender(), "2025-01-01", "2025-01-10")
    last_day = date(2025, 1, 10) + timedelta(days=30 + 335)
    kept = the_only(told, on=last_day)
    assert (kept.remains, kept.until, kept.look_on) == (
        told,
        last_day,
        last_day + timedelta(days=1),
    )
    assert "within 30 days" in kept.reasons[0].sentence
    assert the_only(told, on=last_day + timedelta(days=1)).is_erased


def test_all_messages_about_a_stay_go_together_and_not_before_the_newest() -> None:
    t1 = Sender()
    admitted, left = t1.admits("2024-01-01", at="2024-01-01T09:00"), t1.discharges("2024-02-01")
    left = replace(left, recorded=datetime(2024, 2, 1, 9, tzinfo=LONDON))
    late = t1.states("A08", "2024-06-01T09:00", stay=left.stay)
    for on in (date(2025, 2, 1), date(2025, 5, 2)):
        assert {h.remains for h in held(admitted, left, late, on=on)} == {admitted, left, late}
    assert all(h.is_erased for h in held(admitted, left, late, on=date(2025, 5, 3)))


def test_a_maternity_admission_is_held_for_a_year_and_the_allowance() -> None:
    t1 = Sender()
    born = t1.states(
        "A03",
        "2024-01-10T12:00",
        stay=StayStated("V1", "finished", "IMP", "2024-01-09", "2024-01-10", admission_method="31"),
    )
    last_day = date(2024, 1, 10) + timedelta(days=365 + 335)
    assert whys(the_only(born, on=last_day)) == {Why.MATERNITY}
    assert the_only(born, on=last_day + timedelta(days=1)).is_erased


def test_the_longest_time_that_a_rule_asks_about_maternity_is_the_one_used() -> None:
    assert national().maternity_days == 365


def test_a_contact_is_held_as_long_as_the_rule_for_its_provider_says() -> None:
    contact = stay(Sender(MH1), "2025-01-01", "2025-01-31", "AMB")
    last_day = date(2025, 7, 31) + timedelta(days=335)
    kept = the_only(contact, on=last_day)
    assert kept.until == last_day
    assert "6 months" in kept.reasons[0].sentence
    elsewhere = the_only(stay(Sender(T1), "2025-01-01", "2025-01-31", "AMB"), on=date(2025, 3, 1))
    assert whys(elsewhere) == {Why.NOT_COVERED}
    assert elsewhere.until == date(2025, 1, 31) + timedelta(days=335)


def test_a_contact_at_an_unknown_provider_is_held_as_if_it_were_of_the_type_that_counts() -> None:
    contact = stay(Sender("RZZ"), "2025-01-01", "2025-01-31", "AMB")
    assert the_only(contact, on=date(2025, 3, 1)).until == date(2025, 7, 31) + timedelta(days=335)


def test_a_policy_counts_even_before_it_begins() -> None:
    attended = stay(Sender(T1), "2026-03-01", "2026-03-01", "EMER")
    (kept,) = held(attended, on=date(2026, 4, 1), policies=CRISIS_TEAM)
    assert kept.until == date(2026, 6, 1) + timedelta(days=335)
    (kept,) = held(attended, on=date(2026, 4, 1))
    assert kept.until == date(2026, 3, 1) + timedelta(days=335)


def test_a_stay_without_an_end_is_held_until_ten_years_without_a_word() -> None:
    t1 = Sender()
    admitted = t1.admits("2015-01-01", at="2015-01-01T09:00")
    moved = t1.states("A02", "2016-11-20T09:00", stay=admitted.stay)
    assert {h.remains for h in held(admitted, moved, on=date(2026, 11, 20))} == {admitted, moved}
    assert all(h.is_erased for h in held(admitted, moved, on=date(2026, 11, 21)))


def test_an_attendance_without_an_end_that_no_rule_covers_is_held_for_the_allowance() -> None:
    stated = StayStated("V1", "in-progress", "EMER", "2025-12-20")
    attended = Sender().states("A04", "2025-12-20T12:00", stay=stated)
    assert the_only(attended, on=date(2026, 11, 20)).until == date(2026, 11, 20)
    assert the_only(attended, on=date(2026, 11, 21)).is_erased


def test_a_cancelled_stay_is_held_for_the_allowance_from_the_newest_message() -> None:
    t1 = Sender()
    admitted = t1.admits("2025-01-01", at="2025-01-01T09:00")
    cancelled = t1.cancels("A11", at="2025-01-02T09:00")
    last_day = date(2025, 1, 2) + timedelta(days=335)
    assert [whys(h) for h in held(admitted, cancelled, on=last_day)] == [{Why.CANCELLED}] * 2
    assert all(h.is_erased for h in held(admitted, cancelled, on=last_day + timedelta(days=1)))


def test_a_stay_left_behind_is_held_no_longer_than_it_could_matter() -> None:
    forgotten = Sender().admits("2023-01-01", at="2023-01-01T09:00")
    later = stay(Sender(T2), "2024-01-01", "2024-01-10", visit="V2")
    last_day = date(2024, 1, 1) + timedelta(days=335)
    assert [whys(h) for h in held(forgotten, later, on=last_day)] == [
        {Why.LEFT_BEHIND},
        {Why.IN_PERIOD},
    ]
    first, second = held(forgotten, later, on=last_day + timedelta(days=1))
    assert first.is_erased
    assert second.remains == later


def test_what_shows_that_a_stay_was_left_behind_is_held_as_long_as_that_stay() -> None:
    t1 = Sender()
    forgotten = t1.admits("2023-01-01", at="2023-01-01T09:00")
    heard_of_again = t1.states("A08", "2026-06-01T09:00", stay=forgotten.stay)
    later = stay(Sender(T2), "2024-01-01", "2024-01-10", visit="V2")
    by_source = {h.fact.statement: h for h in held(forgotten, heard_of_again, later)}
    assert by_source[later].remains == later
    assert whys(by_source[later]) == {Why.SHOWS_END}
    assert by_source[later].until == by_source[forgotten].until


def test_what_is_told_years_later_is_held_for_the_allowance_from_then() -> None:
    """Years of messages may come at once, the death among the last."""
    told = Fact(stay(Sender(), "2015-01-01", "2015-01-10"), came_on=date(2026, 3, 1))
    last_day = date(2026, 3, 1) + timedelta(days=335)
    (kept,) = holdings([told], terms(last_day), is_shown=False)
    assert kept.until == last_day
    (gone,) = holdings([told], terms(last_day + timedelta(days=1)), is_shown=False)
    assert gone.is_erased


def test_evidence_for_a_flag_outlives_the_stay_and_nothing_else_does() -> None:
    told = replace(
        stay(Sender(identifiers=(mrn("A"), NUMBER)), "2020-01-01", "2020-01-10"),
        evidence=(evidence("F72", "learning-disability"),),
        demographics=Demographics("TESTER", ("Terry",), "male", "1950-01-01"),
        issues=("code-unknown",),
    )
    kept = the_only(told)
    assert kept.is_reduced
    assert kept.until == date(2030, 1, 10)
    assert kept.remains == replace(
        told, stay=None, demographics=Demographics(), practice=None, issues=()
    )
    assert "learning-disability" in kept.reasons[0].sentence
    assert the_only(told, on=date(2030, 1, 11)).is_erased


def test_the_specialty_of_a_forgotten_stay_stays_evidence_unless_it_was_cancelled() -> None:
    t1 = Sender()
    admitted = t1.admits("2020-01-01", at="2020-01-01T09:00")
    assert admitted.stay is not None
    on_ward = replace(admitted, stay=replace(admitted.stay, specialty="700"))
    left = t1.states(
        "A03",
        "2020-01-10T09:00",
        stay=replace(admitted.stay, status="finished", discharged="2020-01-10", specialty="100"),
    )
    first, second = held(on_ward, left)
    assert first.remains is not None
    assert [e.flag for e in first.remains.evidence] == ["possible-learning-disability"]
    assert first.remains.stay is None
    assert second.is_erased
    assert all(h.is_erased for h in held(on_ward, t1.cancels("A11", at="2020-01-02T09:00")))


def test_of_repeated_evidence_the_newest_word_is_kept() -> None:
    t1 = Sender()
    said = evidence("F72", "learning-disability")
    older = replace(stay(t1, "2020-01-01", "2020-01-10", visit="V1"), evidence=(said,))
    newer = replace(stay(t1, "2021-01-01", "2021-01-10", visit="V2"), evidence=(said,))
    first, second = held(older, newer)
    assert (first.is_erased, second.is_reduced) == (True, True)


def test_who_is_who_is_held_while_anything_else_is() -> None:
    a, b = Sender(identifiers=(mrn("A"), NUMBER)), Sender(identifiers=(mrn("B"),), practice=None)
    named = stay(a, "2023-01-01", "2023-01-10", visit="V1")
    merged = a.states("A40", "2023-02-01T09:00", prior=(mrn("B"),), practice=None)
    recent = stay(b, "2026-10-01", "2026-10-10", visit="V2")
    first, second, third = held(named, merged, recent)
    assert first.remains is not None
    assert whys(first) == {Why.DESCRIPTION}
    assert first.remains.practice == named.practice
    assert second.remains is not None
    assert whys(second) == {Why.IDENTITY}
    assert third.remains == recent
    assert first.until == second.until == third.until
    later = date(2028, 1, 1)
    assert all(h.is_erased for h in held(named, merged, recent, on=later))


def test_nothing_is_forgotten_of_the_dead_nor_of_whom_something_is_asked() -> None:
    t1 = Sender()
    old, died = stay(t1, "2015-01-01", "2015-01-10"), t1.reports("2016-01-01", "2016-01-02T09:00")
    suspected = t1.states("A08", "2016-01-02T09:00", issues=("death-suspected",))
    for told in (held(old, died), held(old, suspected), held(old, is_shown=True)):
        assert [h.remains for h in told] == [h.fact.statement for h in told]
        assert all(h.until is None and h.look_on is None for h in told)


def test_a_discharge_that_says_died_without_a_death_is_held_for_people_to_mend() -> None:
    told = Sender().discharges("2024-01-01", method="4", at="2024-01-01T09:00")
    assert whys(the_only(told)) == {Why.CONTRADICTORY}


def test_a_date_far_in_the_future_holds_no_longer_than_a_stay_without_an_end() -> None:
    told = Sender().discharges("9999-12-31", at="2015-01-01T09:00")
    assert the_only(told, on=date(2025, 1, 1)).remains == told
    assert the_only(told, on=date(2026, 11, 21)).is_erased


def test_a_message_that_identifies_nobody_is_forgotten_as_well() -> None:
    unknown = Sender(identifiers=(Identifier(addresses.NHS_NUMBER, "9990000010"),))
    told = stay(unknown, "2024-01-01", "2024-01-10")
    assert the_only(told, on=date(2024, 2, 1)).remains == told
    assert the_only(told).is_erased


def late(statement: Statement) -> Fact:
    """The same as a fact that came up to a quarter of a year after its event."""
    told = fact(statement)
    days = int(statement.content_hash[:4], 16) % 90
    return replace(told, came_on=min(TODAY, told.came_on + timedelta(days=days)))


# Most histories have something old and something recent.
ages = st.integers(0, 60) | st.integers(300, 420) | st.integers(421, 1000)
dates = ages.map(lambda days: TODAY - timedelta(days=days))
RECORDS = {
    trust: [
        (mrn("A", trust), NUMBER),
        (mrn("B", trust), OTHER_NUMBER),
        (mrn("A", trust),),
        (NUMBER,),
    ]
    for trust in (T1, T2, MH1)
}
trusts = st.sampled_from([T1, T2, MH1])
evidences = st.sampled_from(
    [
        evidence("F72", "learning-disability"),
        evidence("F72", "learning-disability", withdrawn=True),
        evidence("F20.0", "severe-mental-illness"),
    ]
)


@st.composite
def stays_told(draw: st.DrawFn, on: date, record: str) -> StayStated:
    """What a message of a day says of a stay; its end is no later than the message. A visit number
    belongs to one record of its sender."""
    begins = on - timedelta(days=draw(st.integers(0, 60)))
    ends = draw(st.none() | st.dates(begins, on))
    is_cancelled = ends is None and draw(st.integers(0, 9)) == 0
    return StayStated(
        number=f"{record}{draw(st.integers(1, 3))}",
        status="cancelled" if is_cancelled else "in-progress",
        encounter_class=draw(st.sampled_from(["IMP", "IMP", "SS", "EMER", "AMB", "PRENC"])),
        admitted=draw(st.none() | st.just(begins.isoformat())),
        discharged=ends.isoformat() if ends else None,
        discharge_method="1" if ends else None,
        admission_method=draw(st.none() | st.sampled_from(["11", "21", "31"])),
        specialty=draw(st.none() | st.sampled_from(["100", "700", "710"])),
    )


@st.composite
def told(draw: st.DrawFn) -> Statement:
    on, trust = draw(dates), draw(trusts)
    trigger = draw(st.sampled_from(["A01", "A03", "A08", "A13", "A31", "A40", "A37"]))
    identifiers = draw(st.sampled_from(RECORDS[trust]))
    others = tuple(i for i in draw(st.sampled_from(RECORDS[trust])) if i not in identifiers)
    stated = (
        None if trigger in ("A31", "A40", "A37") else draw(stays_told(on, identifiers[0].value))
    )
    return Sender(
        trust, identifiers, draw(st.none() | st.sampled_from(["P81001", "P81002"]))
    ).states(
        trigger,
        f"{on}T{draw(st.integers(0, 22)):02d}:{draw(st.integers(0, 59)):02d}",
        prior=others if trigger == "A40" else (),
        unlinked=others if trigger == "A37" else (),
        stay=stated,
        death=draw(st.none() | st.just(DeathStated(Verdict.RETRACTED))),
        evidence=tuple(draw(st.lists(evidences, max_size=1))),
        demographics=Demographics(
            family=draw(st.none() | st.just("TESTER")),
            birth_date=draw(st.none() | st.sampled_from(["1950-01-01", "2012-05-01"])),
        ),
    )


def one_after_another(statements: Iterable[Statement]) -> list[Statement]:
    """The same with control ids in the order of time, so that no two are equally new; and none a
    second time under another control id, as the registry keeps them."""
    unique = {replace(s, control_id=""): s for s in statements}.values()
    ordered = sorted(unique, key=lambda s: (s.recorded or datetime.now(LONDON), s.content_hash))
    return [replace(s, control_id=str(n)) for n, s in enumerate(ordered)]


histories = st.lists(told(), min_size=2, max_size=8).map(one_after_another)


def forget(facts: Collection[Fact], on: date, policies: Policies | None = None) -> list[Fact]:
    found = holdings(facts, terms(on, policies), is_shown=False)
    return [replace(h.fact, statement=h.remains) for h in found if h.remains]


def end(facts: Iterable[Fact], death: Statement, on: date) -> list[PersonState]:
    """What follows for those who died, once the death is told."""
    known = terms(on, CRISIS_TEAM).knowledge
    statements = [f.statement for f in facts]
    states = [derive(p, (), known) for p in identity.persons([*statements, death], NUMBERS)]
    return [state for state in states if state.death]


def joins_nobody(death: Statement, history: Collection[Statement]) -> bool:
    """True when who is who is known before the death: a message that joins two records may bring
    together what neither of them was held for."""

    def persons(statements: Collection[Statement]) -> set[frozenset[Statement]]:
        found = identity.persons(statements, NUMBERS)
        return {frozenset(person.statements) - {death} for person in found} - {frozenset()}

    return persons(history) == persons([*history, death])


def in_scope(state: PersonState) -> list[Finding]:
    return [finding for finding in state.findings if finding.is_in_scope]


def flagged(state: PersonState) -> list[tuple[str, bool]]:
    return [(flag.code, flag.is_confirmed) for flag in state.flags]


@st.composite
def deaths_told(
    draw: st.DrawFn, on: date, history: Collection[Statement]
) -> tuple[Statement, date]:
    """A death and the day on which it is told: from a day on, with the allowance at most after the
    death. Many deaths come soon after a stay."""
    earliest = on - timedelta(days=ALLOWANCE)
    ends = {date.fromisoformat(s.stay.discharged) for s in history if s.stay and s.stay.discharged}
    recent = sorted(end for end in ends if end >= earliest - timedelta(days=40))
    near = st.tuples(st.sampled_from(recent or [on]), st.integers(0, 40)).map(
        lambda drawn: max(earliest, drawn[0] + timedelta(days=drawn[1]))
    )
    died = draw(near | st.dates(earliest, on + timedelta(days=400)))
    first = max(on, died)
    told_on = draw(st.dates(first, max(first, died + timedelta(days=ALLOWANCE))))
    trust = draw(trusts)
    message = Sender(trust, draw(st.sampled_from(RECORDS[trust])), None).states(
        "A31",
        f"{told_on}T23:30",
        death=DeathStated(Verdict.DIED, died.isoformat()),
    )
    return replace(message, control_id="999999"), told_on


@given(histories, st.data())
def test_forgetting_changes_nothing_that_a_death_would_bring_about(
    history: list[Statement], data: st.DataObject
) -> None:
    facts, on = [late(s) for s in history], TODAY
    remaining = forget(facts, on, CRISIS_TEAM)
    assume(len(remaining) < len(facts) or [f.statement for f in remaining] != history)
    death, told_on = data.draw(deaths_told(on, [f.statement for f in facts]))
    assume(joins_nobody(death, history))
    before, after = end(facts, death, told_on), end(remaining, death, told_on)
    for one, other in zip(before, after, strict=True):
        assert in_scope(one) == in_scope(other)
        assert flagged(one) == flagged(other)
        assert one.reviews == other.reviews


MOTHER = Sender().states(
    "A03",
    "2024-01-10T12:00",
    stay=StayStated("V1", "finished", "IMP", "2024-01-09", "2024-01-10", admission_method="31"),
)


@pytest.mark.parametrize(
    "told",
    [
        stay(Sender(), "2024-01-01", "2024-01-10"),
        stay(Sender(MH1), "2024-01-01", "2024-01-31", "AMB"),
        MOTHER,
    ],
    ids=["inpatient", "mental-health contact", "maternity"],
)
def test_the_last_day_is_the_last_on_which_a_death_would_bring_anything_about(
    told: Statement,
) -> None:
    last_day = the_only(told, on=date(2024, 2, 1)).until
    assert last_day is not None
    for on, matters in ((last_day, True), (last_day + timedelta(days=1), False)):
        died = (on - timedelta(days=ALLOWANCE)).isoformat()
        death = Sender(T2).discharges(died, "V2", method="4", died=died, at=f"{on}T12:00")
        (before,) = end([fact(told)], death, on)
        (after,) = end(forget([fact(told)], on), death, on)
        is_in_scope = any(f.spell.provider == told.source for f in in_scope(before))
        is_maternal = any(r.route.code == "maternal-death-review" for r in before.reviews)
        assert (is_in_scope or is_maternal) is matters
        assert (in_scope(before), before.reviews) == (in_scope(after), after.reviews)


@given(histories, dates)
def test_forgetting_twice_is_forgetting_once(history: list[Statement], on: date) -> None:
    facts = [late(s) for s in history if late(s).came_on <= on]
    once = forget(facts, on)
    assert forget(once, on) == once


@given(histories, dates, st.integers(0, 4000))
def test_forgetting_on_the_way_changes_nothing_later(
    history: list[Statement], on: date, days: int
) -> None:
    facts = [late(s) for s in history if late(s).came_on <= on]
    later = on + timedelta(days=days)
    assert forget(forget(facts, on), later) == forget(facts, later)


@given(histories, dates, st.integers(0, 4000))
def test_what_is_forgotten_does_not_come_back_and_nothing_goes_before_its_day(
    history: list[Statement], on: date, days: int
) -> None:
    facts = [late(s) for s in history if late(s).came_on <= on]
    later = on + timedelta(days=days)
    for now, then in zip(
        holdings(facts, terms(on), is_shown=False),
        holdings(facts, terms(later), is_shown=False),
        strict=True,
    ):
        if now.is_erased:
            assert then.is_erased
        if now.look_on is not None and later < now.look_on:
            assert then.remains == now.remains


@given(histories, st.data())
def test_nothing_of_a_person_with_a_death_is_touched(
    history: list[Statement], data: st.DataObject
) -> None:
    death, _ = data.draw(deaths_told(TODAY, history))
    facts = [late(s) for s in (*history, death)]
    assert {f.statement for f in forget(facts, date(2060, 1, 1))} == {*history, death}


@given(histories)
def test_in_the_end_nothing_is_left(history: list[Statement]) -> None:
    assert forget([late(s) for s in history], date(2060, 1, 1)) == []


@given(histories, dates)
def test_whatever_is_held_has_a_reason_that_is_not_over(history: list[Statement], on: date) -> None:
    facts = [late(s) for s in history if late(s).came_on <= on]
    for holding in holdings(facts, terms(on), is_shown=False):
        assert holding.is_erased is not bool(holding.reasons)
        assert all(reason.until and reason.until >= on for reason in holding.reasons)
        assert all(reason.sentence.endswith(".") for reason in holding.reasons)


def test_evidence_has_a_code() -> None:
    """The words on evidence are told apart by what they say, not by when it was diagnosed."""
    one = EvidenceStated("learning-disability", addresses.ICD10, "F72", recorded="2020")
    t1 = Sender()
    first = t1.states("A31", "2020-01-01T09:00", evidence=(one,))
    second = t1.states("A31", "2021-01-01T09:00", evidence=(replace(one, recorded="2021"),))
    assert [h.is_erased for h in held(first, second)] == [True, False]
