"""From what follows about a person to the death as each organisation's return counts it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from registry.core import identity
from registry.core.decision import Decision, Outcome, Step
from registry.core.derive import derive
from registry.core.identity import NumberPolicy
from registry.core.statement import DeathStated, Statement, Verdict
from registry.directory.organisation import Directory
from registry.returns import kept_death
from registry.returns.of_person import reviewed_deaths
from registry.returns.reviewed_death import (
    Action,
    AgeGroup,
    DaysOfDeath,
    Evidence,
    Judgement,
    Place,
    Review,
    ReviewedDeath,
    State,
    Theme,
)
from registry.returns.scales import PRISM
from tests.registry.core.stating import (
    DIRECTORY,
    KNOWLEDGE,
    ORGANISATIONS,
    T1,
    T2,
    TODAY,
    Sender,
    at_time,
)

POLICY = NumberPolicy(allow_test_numbers=True)
ROUTE = "case-record-review"


def found(
    *stated: Statement,
    decided: tuple[Decision, ...] = (),
    directory: Directory = DIRECTORY,
    on: date = TODAY,
) -> dict[str, ReviewedDeath]:
    (person,) = identity.persons(stated, POLICY)
    knowledge = replace(KNOWLEDGE, directory=directory, on=on)
    return reviewed_deaths(derive(person, decided, knowledge), "case", directory, on)


def died_in(trust: str = T1, on: str = "2026-01-10", born: str | None = None) -> list[Statement]:
    sender = Sender(trust, born=born)
    return [sender.admits("2026-01-05"), sender.discharges(on, method="4", died=on)]


def case_record_review(deaths: dict[str, ReviewedDeath]) -> Review:
    (review,) = [review for review in deaths[T1].reviews if review.route == ROUTE]
    return review


def decision(number: int, step: Step, *outcomes: Outcome, selected: bool | None = None) -> Decision:
    at = at_time(f"2026-02-{number:02}T10:00")
    return Decision(ROUTE, step, T1, at, number, outcomes=outcomes, selected=selected)


def test_a_death_in_a_bed_is_in_care_and_of_nobody_else() -> None:
    (death,) = found(*died_in()).items()
    assert death[0] == T1
    assert death[1].place is Place.IN_CARE
    assert death[1].died == DaysOfDeath(date(2026, 1, 10), date(2026, 1, 10))
    (review,) = death[1].reviews
    assert (review.route, review.state, review.is_selected) == (ROUTE, State.PROPOSED, True)


def test_a_death_after_discharge_is_so_for_whoever_discharged() -> None:
    before = Sender(T2)
    stated = [
        before.admits("2025-12-20"),
        before.discharges("2025-12-28"),
        *died_in(),
    ]
    places = {ods: death.place for ods, death in found(*stated).items()}
    assert places == {T1: Place.IN_CARE, T2: Place.AFTER_DISCHARGE}


def test_a_death_out_of_scope_or_taken_back_is_in_no_return() -> None:
    sender = Sender(T1)
    left = [sender.admits("2025-09-20"), sender.discharges("2025-09-28")]
    assert found(*left, sender.reports("2026-01-10")) == {}
    assert found(*left, sender.reports("2025-10-05")) != {}
    assert found(*left, sender.reports("2025-10-05"), sender.takes_back()) == {}


def test_a_stillbirth_is_no_death_in_care() -> None:
    sender = Sender(T1, born="2026-01-05")
    assert found(sender.admits("2026-01-05"), sender.discharges("2026-01-05", method="5")) == {}


@pytest.mark.parametrize(
    ("born", "group"),
    [
        (None, AgeGroup.UNKNOWN),
        ("2008-01-10", AgeGroup.ADULT),
        ("2008-01-11", AgeGroup.UNDER_18),
        ("2008", AgeGroup.UNKNOWN),
        ("2007", AgeGroup.ADULT),
        ("2008-02", AgeGroup.UNDER_18),
    ],
)
def test_age_group(born: str | None, group: AgeGroup) -> None:
    assert found(*died_in(born=born))[T1].age_group is group


def test_flags_with_how_sure_they_are() -> None:
    sender = Sender(T1)
    sure = sender.diagnoses("F72", "learning-disability")
    perhaps = sender.diagnoses("F60.3", "possible-severe-mental-illness")
    death = found(*died_in(), sure, perhaps)[T1]
    assert death.learning_disability is Evidence.CONFIRMED
    assert death.severe_mental_illness is Evidence.POSSIBLE
    assert found(*died_in())[T1].learning_disability is Evidence.NONE


def test_a_completed_review_with_all_it_found() -> None:
    outcomes = (
        Outcome("judgement", PRISM.id, "5"),
        Outcome("theme", text=" Fluid  balance "),
        Outcome("theme", "urn:themes", "falls", "Falls"),
        Outcome("action", text="Teach the wards."),
        Outcome("action", text="Change the chart."),
        Outcome("impact", text="Fewer gaps."),
        Outcome("learning", text="Not counted here."),
    )
    steps = (decision(1, Step.ACCEPT), decision(2, Step.COMPLETE, *outcomes))
    review = case_record_review(found(*died_in(), decided=steps))
    assert (review.state, review.completed_at) == (State.COMPLETED, at_time("2026-02-02T10:00"))
    assert review.judgements == (Judgement(PRISM.id, "5"),)
    assert [(t.code, t.display) for t in review.themes] == [
        ("fluid balance", "Fluid balance"),
        ("urn:themes|falls", "Falls"),
    ]
    assert review.actions == (
        Action("Teach the wards.", is_taken=False),
        Action("Change the chart.", is_taken=True, impact="Fewer gaps."),
    )


def test_a_review_taken_up_again_is_under_way_and_judges_nothing() -> None:
    judged = Outcome("judgement", PRISM.id, "5")
    steps = (
        decision(1, Step.ACCEPT),
        decision(2, Step.COMPLETE, judged),
        decision(3, Step.REOPEN),
    )
    review = case_record_review(found(*died_in(), decided=steps))
    assert review.is_under_way
    assert (review.completed_at, review.judgements) == (None, ())


def test_screened_out_is_no_review_and_what_must_be_reviewed_is_under_way() -> None:
    steps = (decision(1, Step.ACCEPT), decision(2, Step.SCREEN, selected=False))
    review = case_record_review(found(*died_in(), decided=steps))
    assert (review.state, review.is_done, review.is_under_way) == (State.COMPLETED, False, False)
    must = Sender(T1).diagnoses("F20.0", "severe-mental-illness")
    review = case_record_review(found(*died_in(), must, decided=steps))
    assert review.is_under_way


def test_a_merger_moves_no_earlier_death_from_one_return_to_another() -> None:
    merged = [
        replace(one, succeeded_by=T2, succeeded_on=date(2026, 1, 9)) if one.ods == T1 else one
        for one in ORGANISATIONS
    ]
    directory = Directory(merged)
    assert set(found(*died_in(on="2026-01-08"), directory=directory)) == {T1}
    assert set(found(*died_in(on="2026-01-09"), directory=directory)) == {T2}


def test_a_death_without_a_date_lies_between_when_the_person_was_alive_and_when_it_was_told() -> (
    None
):
    sender = Sender(T1)
    stay = sender.admits("2026-01-05", at="2026-01-05T10:00")
    told = replace(sender.states("A31", "2026-01-20T10:00"), death=DeathStated(Verdict.DIED))
    death = found(stay, told)[T1]
    assert death.died == DaysOfDeath(date(2026, 1, 5), date(2026, 1, 20))
    untimed = replace(told, recorded=None)
    assert found(untimed, stay)[T1].died.latest == TODAY


def test_it_is_kept_as_it_is() -> None:
    outcomes = (
        Outcome("judgement", PRISM.id, "5"),
        Outcome("theme", text="Falls"),
        Outcome("action", text="Teach."),
    )
    steps = (decision(1, Step.ACCEPT), decision(2, Step.COMPLETE, *outcomes))
    death = found(*died_in(born="1940"), decided=steps)[T1]
    kept = kept_death.from_json(kept_death.to_json(death))
    assert kept == death
    assert kept.reviews[0].themes[0].display == Theme("falls", "Falls").display
