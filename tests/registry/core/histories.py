"""Whole histories of one cluster, as generators: messages, concerns, decisions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from hypothesis import strategies as st

from conformance import canonical
from registry.core.concern import Concern, ConcernKind, Recommendation
from registry.core.decision import REGISTRY, Decision, Outcome, Reason, Step
from registry.core.flags import CONFIRMATION, LEARNING_DISABILITY
from registry.core.judgement import KIND
from registry.core.policy import Period, Policy, Sample
from registry.core.reviews import CASE_RECORD_REVIEW
from registry.core.spells import Kind
from registry.core.statement import (
    DeathStated,
    Demographics,
    Identifier,
    NationalStatus,
    Statement,
    StayStated,
    Verdict,
)
from registry.rules.reading import national
from tests.registry.core.deciding import DECIDED, alarm, concern, policy
from tests.registry.core.stating import (
    ICB1,
    MH1,
    NATION,
    NUMBER,
    OTHER_NUMBER,
    P1,
    T1,
    T2,
    THIRD_NUMBER,
    Sender,
    evidence,
    mrn,
)
from tests.registry.core.telling import knowing

DAYS = [f"2026-01-{day:02d}" for day in range(1, 28, 3)] + [
    "2025-11-30",
    "2026-01",
    "2026-02-20",
    "2026-01-12T08:30:00+00:00",
]
TRUSTS = [T1, T2, MH1]
NUMBERS = [NUMBER, OTHER_NUMBER, THIRD_NUMBER]
# What the family said: nobody but those entitled may ever read it.
FAMILY_WORDS = "they never listened to us"

KNOWN = knowing(
    policy(T1, Kind.EMERGENCY, within=Period(days=7)),
    Policy(T2, policy(T2).begins, sample=Sample(50, "a seed")),
    alarms=(alarm("300"), alarm(diagnosis_groups=("Sepsis",), organisation=T2)),
)

days = st.sampled_from(DAYS)
stays = st.builds(
    StayStated,
    number=st.sampled_from(["V1", "V2"]),
    status=st.just("in-progress"),
    encounter_class=st.sampled_from(["IMP", "UNK", "IMP", "EMER", "SS", "AMB", "PRENC"]),
    admitted=st.none() | days,
    discharged=st.none() | days,
    discharge_deleted=st.booleans(),
    admission_method=st.none() | st.sampled_from(["11", "21", "31", "82"]),
    discharge_method=st.none() | st.sampled_from(["1", "4", "5"]),
    discharge_destination=st.none() | st.sampled_from(["19", "79"]),
    specialty=st.none() | st.sampled_from(["300", "700", "710"]),
)
deaths = st.builds(DeathStated, verdict=st.sampled_from(Verdict), at=st.none() | days)
flagged = st.sampled_from(
    [
        evidence("F72", LEARNING_DISABILITY),
        evidence("F72", LEARNING_DISABILITY, withdrawn=True),
        evidence("F20.0", "severe-mental-illness"),
        evidence("F81.9", f"possible-{LEARNING_DISABILITY}"),
        evidence("F84.0", "autism"),
    ]
)
births = st.sampled_from([None, "1950-02-03", "2009-06-01", "2026-01-01"])
issues = st.sampled_from([(), ("nhs-number-invalid",), ("death-suspected",)])
_TRIGGERS = ["A01", "A03", "A08", "A11", "A13", "A21", "A22", "A24", "A31", "A37", "A40", "A53"]
_NAMED = {"A24": "linked", "A37": "unlinked", "A40": "prior"}


@st.composite
def statements(draw: st.DrawFn) -> Statement:
    """One message of a trust."""
    trust = draw(st.sampled_from(TRUSTS))
    own_mrn = mrn(draw(st.sampled_from("AAB")), trust)
    number = draw(st.sampled_from([(NUMBER,), (NUMBER,), (), (OTHER_NUMBER,)]))
    trigger = draw(st.sampled_from(_TRIGGERS))
    other: dict[str, tuple[Identifier, ...]] = {}
    if trigger in _NAMED:
        other[_NAMED[trigger]] = (mrn(draw(st.sampled_from("AB")), trust),)
    said = Sender(trust, (own_mrn, *number), draw(st.sampled_from([P1, None]))).states(
        trigger,
        _hour(draw),
        stay=draw(st.none() | stays),
        death=draw(st.none() | deaths),
        evidence=tuple(draw(st.lists(flagged, max_size=2))),
        demographics=Demographics(birth_date=draw(births)),
        issues=draw(issues),
        **other,
    )
    return replace(said, control_id=str(draw(st.integers(1, 3))))


@st.composite
def national_statements(draw: st.DrawFn) -> Statement:
    """One event of the national demographics service."""
    number = draw(st.sampled_from([NUMBER, *NUMBERS]))
    nation = Sender(NATION, (number,), None)
    if draw(st.booleans()):
        old = draw(st.sampled_from([n for n in NUMBERS if n != number]))
        said = nation.states("nhs-number-change-2", _hour(draw), superseded=(old,))
    else:
        status = draw(st.sampled_from(NationalStatus))
        verdict = Verdict.RETRACTED if status is NationalStatus.REMOVED else Verdict.DIED
        at = None if status is NationalStatus.REMOVED else draw(st.none() | days)
        death = DeathStated(verdict, at, status)
        said = nation.states("pds-death-notification-2", _hour(draw), death=death)
    return replace(said, control_id=str(draw(st.integers(1, 3))))


def _hour(draw: st.DrawFn) -> str:
    return f"2026-02-01T{draw(st.integers(0, 23)):02d}:0{draw(st.integers(0, 1))}"


def _usual() -> list[list[Statement]]:
    """Stories that end in a case, for others to disturb."""
    t1 = Sender(T1, (mrn("A"), NUMBER), born="1950-02-03")
    t2 = Sender(T2, (mrn("A", T2), NUMBER))
    mh1 = Sender(MH1, (mrn("A", MH1), NUMBER))
    at_home = [
        t1.discharges("2026-01-05", at="2026-01-31T09:00"),
        t1.reports("2026-01-20", at="2026-01-31T10:00"),
    ]
    in_t2 = [
        t2.admits("2026-01-10", at="2026-01-31T09:00", specialty="700"),
        t2.discharges("2026-01-20", method="4", died="2026-01-20", at="2026-01-31T10:00"),
    ]
    on_caseload = [mh1.admits("2025-10-10", at="2026-01-31T09:00", kind="AMB")]
    disabled = [t2.diagnoses("F72", LEARNING_DISABILITY, at="2026-01-31T08:00")]
    return [[], at_home, in_t2, [*at_home, *in_t2], [*in_t2, *on_caseload], [*at_home, *disabled]]


@st.composite
def _histories(draw: st.DrawFn) -> list[Statement]:
    usual = draw(st.sampled_from(_usual()))
    disturbing = st.one_of(statements(), statements(), national_statements())
    return [*usual, *draw(st.lists(disturbing, max_size=5))]


histories = _histories()

ROUTES = [route.code for route in national().routes]
_ASKED = [f"{CONFIRMATION}{LEARNING_DISABILITY}", "data-quality death-statement-conflict RT1"]


@st.composite
def decision(draw: st.DrawFn, number: int) -> Decision:
    """A step on any review or question, allowed or not."""
    step = draw(st.sampled_from(Step))
    by = REGISTRY if step is Step.ESCALATE else draw(st.sampled_from([*TRUSTS, ICB1]))
    route = draw(st.just(CASE_RECORD_REVIEW) | st.sampled_from([*ROUTES, *_ASKED]))
    outcomes = [
        Outcome(KIND, canonical.JUDGEMENT_PRISM, "5"),
        Outcome("flag-finding", code="confirmed"),
        Outcome("flag-finding", code="not-confirmed"),
    ]
    return Decision(
        route,
        step,
        by,
        DECIDED + timedelta(hours=draw(st.integers(-2000, 3))),
        number,
        to=draw(st.sampled_from([*TRUSTS, ICB1])) if step is Step.OFFER else None,
        reason=draw(st.none() | st.just(Reason("a reason", "coroner"))),
        selected=draw(st.booleans()) if step is Step.SCREEN else None,
        outcomes=(draw(st.sampled_from(outcomes)),) if step is Step.COMPLETE else (),
        contact="Bereavement office" if step is Step.LIAISE else None,
    )


@st.composite
def concerns(draw: st.DrawFn) -> Concern:
    """A concern of the family, staff or a medical examiner."""
    advice = draw(st.sets(st.sampled_from(Recommendation), max_size=2))
    return concern(
        draw(st.sampled_from(ConcernKind)),
        *advice,
        organisation=draw(st.sampled_from([T1, T2, "ME1"])),
        number=f"C{draw(st.integers(1, 3))}",
        text=FAMILY_WORDS,
        withdrawn=draw(st.booleans()),
    )


@dataclass(frozen=True)
class Whole:
    """All that is kept of one cluster."""

    history: list[Statement]
    decisions: list[Decision]
    concerns: list[Concern]


@st.composite
def wholes(draw: st.DrawFn) -> Whole:
    """Messages, decisions and concerns of one cluster."""
    decisions = [draw(decision(number)) for number in range(2, draw(st.integers(1, 5)) + 1)]
    leader = draw(st.sampled_from([None, T1, T2]))
    if leader:
        decisions.append(Decision(CASE_RECORD_REVIEW, Step.ACCEPT, leader, DECIDED, 1))
    raised = {c.number: c for c in draw(st.lists(concerns(), max_size=2))}
    return Whole(draw(histories), decisions, list(raised.values()))
