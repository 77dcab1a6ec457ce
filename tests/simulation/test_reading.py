"""What a registry found, read out of its resources."""

from __future__ import annotations

from typing import Any

from conformance import canonical
from lfd.simulate.reading import conclusions
from simulation.conclusion import NOTHING, Conclusion
from simulation.conditions import AUTISM, LEARNING_DISABILITY
from simulation.life import Fate, Place
from simulation.truth import Truth

Resource = dict[str, Any]
WHO = Truth("9990000018", ("ZA1000001", "ZA2000001"), Fate.SURVIVES, "", NOTHING, NOTHING, ())


def concept(code: str, text: str = "") -> Resource:
    return {"coding": [{"system": "x", "code": code}], "text": text}


def patient(number: str, *values: str) -> Resource:
    return {"id": number, "identifier": [{"system": "s", "value": value} for value in values]}


def death(of: str, *scope: tuple[str, str, str], status: str = "final") -> Resource:
    component = [
        {
            "code": concept("scope", f"Scope for {trust}, by the rule 'inpatients' (a source)"),
            "valueCodeableConcept": concept(relation, sentence),
        }
        for trust, relation, sentence in scope
    ]
    return {
        "status": status,
        "subject": {"reference": f"Patient/{of}"},
        "identifier": [{"system": canonical.CASE_ID, "value": "c"}],
        "component": component,
    }


def review(of: str, route: str, lead: str, status: str = "requested") -> Resource:
    return {
        "status": status,
        "for": {"reference": f"Patient/{of}"},
        "code": concept(route),
        "owner": {"identifier": {"value": lead}},
    }


def flag(of: str, code: str) -> Resource:
    return {
        "status": "active",
        "subject": {"reference": f"Patient/{of}"},
        "code": concept(code),
    }


def found(**resources: list[Resource]) -> Conclusion:
    every = {kind: resources.get(kind, []) for kind in ("Patient", "Observation", "Flag", "Task")}
    return conclusions(every, [WHO])[WHO.nhs_number]


AFTER = "Died 12 days after discharge from ZA1 Hospitals on 9 March 2026."
SAME_DAY = "Died on the day after discharge from ZA2 Hospitals on 9 March 2026."
LATE = "Died 40 days after discharge from ZA2 Hospitals on 9 March 2026: not in scope."


def test_nobody_is_found_in_nothing() -> None:
    assert found() == NOTHING


def test_a_case_is_read_whole() -> None:
    conclusion = found(
        Patient=[patient("p", "9990000018")],
        Observation=[death("p", ("ZA1", "within-30-days", AFTER))],
        Flag=[flag("p", LEARNING_DISABILITY)],
        Task=[review("p", "case-record-review", "ZA1"), review("p", "leder", "ZQ1")],
    )
    assert conclusion == Conclusion(
        place=Place.AFTER_DISCHARGE,
        days=frozenset({("ZA1", 12)}),
        flags=frozenset({LEARNING_DISABILITY}),
        is_for_leder=True,
        leads=frozenset({"ZA1"}),
    )


def test_the_surest_relation_is_the_place_and_only_days_in_scope_count() -> None:
    scope = (
        ("ZA1", "possibly-within-30-days", "May have died within 30 days of discharge."),
        ("ZA2", "within-30-days", SAME_DAY),
        ("ZA2", "more-than-30-days", LATE),
    )
    conclusion = found(Patient=[patient("p", "9990000018")], Observation=[death("p", *scope)])
    assert conclusion.place is Place.AFTER_DISCHARGE
    assert conclusion.days == {("ZA2", 0)}


def test_records_that_nothing_links_count_together() -> None:
    conclusion = found(
        Patient=[patient("p", "9990000018", "ZA1000001"), patient("q", "ZA2000001")],
        Observation=[
            death("p", ("ZA1", "within-30-days", AFTER)),
            death("q", ("ZA2", "died-in-spell", "Died in ZA2 Hospitals.")),
        ],
        Task=[review("p", "case-record-review", "ZA1"), review("q", "case-record-review", "ZA2")],
    )
    assert conclusion.place is Place.IN_HOSPITAL
    assert conclusion.leads == {"ZA1", "ZA2"}


def test_what_was_taken_back_is_not_found() -> None:
    conclusion = found(
        Patient=[patient("p", "9990000018")],
        Observation=[death("p", ("ZA1", "within-30-days", AFTER), status="entered-in-error")],
        Flag=[flag("p", AUTISM)],
        Task=[review("p", "case-record-review", "ZA1", status="cancelled")],
    )
    assert conclusion == NOTHING


def test_somebody_else_is_not_found() -> None:
    assert found(Patient=[patient("p", "9990000026")], Observation=[death("p")]) == NOTHING
