"""What trusts may have told of a person, for properties of forgetting."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta

from hypothesis import strategies as st

from nhs.london_time import LONDON
from registry.core import identity
from registry.core.derive import PersonState, derive
from registry.core.policy import Policies
from registry.core.retention.holding import Fact
from registry.core.retention.holdings import holdings
from registry.core.scope import Finding
from registry.core.statement import (
    DeathStated,
    Demographics,
    Statement,
    StayStated,
    Verdict,
)
from tests.registry.core.retention.facts import ALLOWANCE, CRISIS_TEAM, NUMBERS, TODAY, fact, terms
from tests.registry.core.stating import (
    MH1,
    NUMBER,
    OTHER_NUMBER,
    T1,
    T2,
    Sender,
    evidence,
    mrn,
)


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
