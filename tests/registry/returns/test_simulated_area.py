"""A simulated area whose truth is known: the figures of each trust and quarter, made of nothing but
its messages and of what people decided, are those of the truth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import orjson
import pytest

from adapter.conversion.converter import Converter
from adapter.conversion.minimised import minimise
from nhs.london_time import LONDON
from registry.core import bundle_reading, identity
from registry.core.decision import Decision, Outcome, Step
from registry.core.derive import derive
from registry.core.identity import NumberPolicy
from registry.core.knowledge import Knowledge
from registry.core.statement import Statement
from registry.directory.organisation import Directory, Organisation, is_type
from registry.returns.history import DeathHistory, Deaths
from registry.returns.of_person import reviewed_deaths
from registry.returns.periods import Quarter, quarters
from registry.returns.quarterly import quarterly_return
from registry.returns.scales import PRISM, RCP_NQB
from registry.rules.reading import national
from simulation.dice import Dice
from simulation.life import Fate, Place
from simulation.living import Living
from simulation.people import People
from simulation.plan import Plan
from simulation.story import Story, Told
from simulation.truth import truth
from tests.registry.returns.made import known
from tests.simulation.areas import small

TODAY = date(2026, 11, 21)
NOW = datetime(2026, 11, 21, 12, tzinfo=LONDON)
ROUTE = "case-record-review"
# (trust, quarter, population, measure) -> how many deaths
Figures = Counter[tuple[str, str, str, str]]


@dataclass(frozen=True)
class Reviewed:
    """What people did about a death: how far they went, and the score they gave."""

    steps: tuple[Step, ...] = ()
    scale: str = ""
    score: str = ""

    def decisions(self, lead: str) -> Iterator[Decision]:
        for number, step in enumerate(self.steps, 1):
            found = Outcome("judgement", self.scale, self.score) if self.score else None
            outcomes = (found,) if found and step is Step.COMPLETE else ()
            selected = False if step is Step.SCREEN else None
            at = datetime.combine(TODAY - timedelta(days=30), time(number), LONDON)
            yield Decision(ROUTE, step, lead, at, number, outcomes=outcomes, selected=selected)

    def measures(self, *, is_must: bool) -> Iterator[str]:
        """What of the return counts it, by the words of the framework."""
        if Step.COMPLETE in self.steps:
            yield from ("reviewed", "reviewed-or-investigated")
            name, counted = {
                PRISM.id: ("prism", self.score in "456"),
                RCP_NQB.id: ("rcp-nqb", self.score in "123"),
            }[self.scale]
            yield f"assessed-{name}"
            if counted:
                yield f"due-to-problems-{name}"
        elif self.steps and (is_must or Step.SCREEN not in self.steps):
            # What must be reviewed cannot be screened out: its lead has it still to do.
            yield "ongoing"


def lives(plan: Plan, seed: int) -> Iterator[Told]:
    """All that is told of the people of an area, as simulation.simulate has it."""
    people = People(seed, plan.area, plan.rates.people)
    living, story = Living(plan.area, plan.rates.care), Story(plan.area, plan.rates, people)
    begin = datetime.combine(plan.start, time())
    for number, (fate, until) in enumerate(plan.deaths(Dice(f"{seed} deaths"))):
        dice = Dice(f"{seed} person {number}")
        if fate is Fate.STILLBORN:
            who = people.baby(dice, until.date())
        elif dice.happens(0.2):
            who = people.child(dice, until.date())
        else:
            who = people.adult(dice, until.date())
        yield from story.tell(dice, who, living.life(dice, who, fate, begin, until))


def choose(dice: Dice) -> Reviewed:
    scale = dice.one_of((PRISM.id, RCP_NQB.id))
    done = Reviewed((Step.ACCEPT, Step.START, Step.COMPLETE), scale, dice.one_of("123456"))
    waits = Reviewed((Step.ACCEPT, Step.START, Step.HOLD))
    return dice.one_of((Reviewed(), done, done, waits, Reviewed((Step.ACCEPT, Step.SCREEN))))


def statements(told: Told, converter: Converter) -> list[Statement]:
    found: list[Statement] = []
    for message in told.messages:
        bundle = converter.convert(message.text.encode()).bundle
        if bundle is not None:
            # As it goes over the wire.
            found += bundle_reading.statements(orjson.loads(orjson.dumps(minimise(bundle))))
    return found


def is_must(told: Told) -> bool:
    """Categories 2 and 4 of the framework; the area has no concerns and no alarms."""
    last = told.life.stay_of_death
    is_flagged = bool(told.who.flags & {"learning-disability", "severe-mental-illness"})
    return is_flagged or (last is not None and last.is_elective)


def populations(told: Told) -> Iterator[tuple[str, str]]:
    """Trust and population of each count that the death is in, by the truth alone."""
    found = truth(told).happened
    assert told.life.died is not None
    days = told.life.died.date()
    after = {trust for trust, _ in found.days}
    if found.place is Place.IN_HOSPITAL:
        (trust,) = found.leads
        after -= {trust}
        yield trust, "all-in-care"
        yield trust, "adults-in-care" if told.who.is_adult(days) else "under-18-in-care"
        for flag in ("learning-disability", "severe-mental-illness"):
            if flag in found.flags:
                yield trust, f"{flag}-in-care"
    for trust in after:
        yield trust, "after-discharge"


@pytest.mark.parametrize("seed", [3, 4, 5, 6])
def test_the_figures_are_those_of_the_truth(seed: int) -> None:
    plan = small(seed, people=250)
    directory = Directory(
        Organisation(one.ods, one.name, one.kind, one.parent or None)
        for one in plan.area.all
        if is_type(one.kind)
    )
    knowledge = Knowledge(directory, national(), TODAY)
    converter = Converter()
    expected: Figures = Counter()
    histories: dict[str, list[DeathHistory]] = {}
    for number, told in enumerate(lives(plan, seed)):
        known_truth = truth(told)
        if told.life.died is None or known_truth.gaps or told.life.fate is Fate.STILLBORN:
            continue
        reviewed = choose(Dice(f"{seed} review {number}"))
        happened = known_truth.happened
        if happened.is_case:
            quarter = str(Quarter.containing(told.life.died.date()))
            for trust, population in populations(told):
                for measure in ("deaths", *reviewed.measures(is_must=is_must(told))):
                    expected[trust, quarter, population, measure] += 1
        lead = min(happened.leads, default="")
        shown = returned(statements(told, converter), reviewed, lead, directory, knowledge)
        for ods, death in shown:
            histories.setdefault(ods, []).append(death)
    assert sum(expected.values()) > 200
    found = counted(histories, directory)
    assert {key: (found[key], n) for key, n in expected.items() if found[key] != n} == {}
    assert found - expected == Counter()


def returned(
    stated: list[Statement],
    reviewed: Reviewed,
    lead: str,
    directory: Directory,
    knowledge: Knowledge,
) -> Iterator[tuple[str, DeathHistory]]:
    for person in identity.persons(stated, NumberPolicy(allow_test_numbers=True)):
        state = derive(person, reviewed.decisions(lead) if lead else (), knowledge)
        case = f"{person.key.system}|{person.key.value}"
        for ods, death in reviewed_deaths(state, case, directory, TODAY).items():
            yield ods, known(death)


def counted(histories: dict[str, list[DeathHistory]], directory: Directory) -> Figures:
    """Every figure that is not 0, but those of what the truth does not say: possible flags, and
    reviews that nobody took up."""
    found: Figures = Counter()
    left_out = {"awaited", "investigated", "reviewed-under-another-process", "assessed-otherwise"}
    for ods, of_trust in histories.items():
        deaths = Deaths(directory[ods], tuple(of_trust))
        for quarter in quarters(Quarter.parse("2023-24-Q1"), Quarter.parse("2026-27-Q4")):
            one = quarterly_return(deaths, quarter, NOW)
            assert one.not_certain.number == 0
            for figure in one.figures:
                is_known = "possible" not in figure.population.code
                if is_known and figure.measure.code not in left_out and figure.count.number:
                    key = (ods, str(quarter), figure.population.code, figure.measure.code)
                    found[key] = figure.count.number
    return found
