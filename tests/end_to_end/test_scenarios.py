"""Stories that must come out as told, in through the real MLLP socket, out through the FHIR API.

Each is told in several orders: what follows from facts cannot depend on how they arrive.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.end_to_end.adt import Person, Stay
from tests.end_to_end.exchange import Exchange
from tests.end_to_end.telling import (
    ORDERS,
    Story,
    code,
    death,
    in_hospital,
    inputs,
    lead,
    necessity,
    open_tasks,
    orders,
    relation,
    scopes,
    tell,
    the_review,
)


def test_1_death_in_hospital(exchange: Exchange) -> None:
    for number in tell(exchange, in_hospital):
        task = the_review(exchange, number)
        assert (task["status"], lead(task), necessity(task)) == (
            "requested",
            "RT1",
            "to-be-screened",
        )
        assert relation(task) == ["died-in-spell"]
        assert death(exchange, number)["effectiveDateTime"] == "2026-01-10"


def test_2_no_date_of_death_is_the_date_of_discharge(exchange: Exchange) -> None:
    def story(number: str) -> list[str]:
        person, stay = Person("RT1", number, f"A{number}"), f"V{number}"
        return [
            person.message("A01", "20260105090000", stay=Stay(stay, "20260105090000")),
            person.message(
                "A03",
                "20260110100000",
                stay=Stay(stay, "20260105090000", "20260110093000", "4"),
                indicator="Y",
            ),
        ]

    for number in tell(exchange, story):
        assert relation(the_review(exchange, number)) == ["died-in-spell"]
        assert death(exchange, number)["effectiveDateTime"].startswith("2026-01-10")


def dies_after(days_in_february: str) -> Story:
    def story(number: str) -> list[str]:
        person, stay = Person("RT1", number, f"A{number}"), f"V{number}"
        return [
            person.message("A01", "20260105090000", stay=Stay(stay, "20260105090000")),
            person.message(
                "A03",
                "20260110100000",
                stay=Stay(stay, "20260105090000", "20260110093000", "1", "19"),
            ),
            person.message("A31", "20260303090000", died=days_in_february, indicator="Y"),
        ]

    return story


def test_3_thirty_days_after_discharge_is_in_scope(exchange: Exchange) -> None:
    for number in tell(exchange, dies_after("20260209")):
        task = the_review(exchange, number)
        assert lead(task) == "RT1"
        assert relation(task) == ["within-30-days"]
        sentence = inputs(task, "scope")[0]["valueCodeableConcept"]["text"]
        assert sentence == "Died 30 days after discharge from Trust One on 10 January 2026."


def test_4_thirty_one_days_is_a_death_with_the_reason_why_not(exchange: Exchange) -> None:
    for number in tell(exchange, dies_after("20260210")):
        assert open_tasks(exchange, number) == []
        (scope,) = scopes(death(exchange, number))
        assert "31 days after discharge" in scope["text"]


def test_7_dies_in_another_trust_the_day_after(exchange: Exchange) -> None:
    def story(number: str) -> list[str]:
        one, two = Person("RT1", number, f"A{number}"), Person("RT2", number, f"B{number}")
        first, second = f"V{number}", f"W{number}"
        return [
            one.message(
                "A03",
                "20260110100000",
                stay=Stay(first, "20260105090000", "20260110093000", "1", "19"),
            ),
            two.message("A01", "20260111090000", stay=Stay(second, "20260111090000")),
            two.message(
                "A03",
                "20260115100000",
                stay=Stay(second, "20260111090000", "20260115093000", "4", "79"),
                died="20260115091500",
                indicator="Y",
            ),
        ]

    for number in tell(exchange, story):
        for organisation in ("RT1", "RT2"):
            task = the_review(exchange, number, organisation)
            assert lead(task) == "RT2"
            assert sorted(relation(task)) == ["died-in-spell", "within-30-days"]


def cancelled_death(number: str) -> list[str]:
    person, stay = Person("RT1", number, f"A{number}"), f"V{number}"
    return [
        person.message("A01", "20260105090000", stay=Stay(stay, "20260105090000")),
        person.message(
            "A03",
            "20260110100000",
            stay=Stay(stay, "20260105090000", "20260110093000", "4", "79"),
            died="20260110",
            indicator="Y",
        ),
        person.message("A13", "20260110110000", stay=Stay(stay, "20260105090000")),
        person.message(
            "A03",
            "20260112100000",
            stay=Stay(stay, "20260105090000", "20260112093000", "1", "19"),
        ),
    ]


def test_17_and_18_a_cancelled_discharge_takes_its_death_with_it(exchange: Exchange) -> None:
    for number in tell(exchange, cancelled_death):
        assert open_tasks(exchange, number) == []
        for found in exchange.search("RT1", "provider", "Observation", number):
            assert found["status"] == "entered-in-error"


def test_17_without_the_last_message_the_person_is_alive_in_hospital(exchange: Exchange) -> None:
    for number in tell(exchange, lambda number: cancelled_death(number)[:3]):
        assert open_tasks(exchange, number) == []


@pytest.mark.parametrize("same_control_id", [True, False])
def test_20_the_same_message_five_times_is_one_case(
    exchange: Exchange, same_control_id: bool
) -> None:
    def story(number: str) -> list[str]:
        admitted, died = in_hospital(number)
        again = [
            died if same_control_id else died.replace(f"A{number}-2|P", f"A{number}-2{i}|P")
            for i in range(4)
        ]
        return [admitted, died, *again]

    for number in tell(exchange, story):
        task = the_review(exchange, number)
        assert (task["status"], relation(task)) == ("requested", ["died-in-spell"])


def test_26_a_learning_disability_known_only_elsewhere(exchange: Exchange) -> None:
    def story(number: str) -> list[str]:
        two = Person("RT2", number, f"B{number}")
        known = two.message(
            "A01",
            "20240105090000",
            stay=Stay(f"W{number}", "20240105090000"),
            diagnosis="F72",
        )
        return [known, *in_hospital(number)]

    for number in tell(exchange, story):
        found = exchange.search("QX1", "icb", "Task", number)
        by_route = {code(task["code"]): task for task in found}
        assert {route: lead(task) for route, task in by_route.items()} == {
            "case-record-review": "RT1",
            "leder": "QX1",
        }
        task = by_route["case-record-review"]
        assert necessity(task) == "required"
        assert code(inputs(task, "criterion")[0]["valueCodeableConcept"]) == "learning-disability"
        evidence = inputs(task, "evidence")[0]["valueReference"]["display"]
        assert all(part in evidence for part in ("F72", "RT2", "5 January 2024", f"B{number}-1"))
        (flag,) = exchange.search("RT1", "provider", "Flag", number)
        assert code(flag["code"]) == "learning-disability"
        assert exchange.search("RT2", "provider", "Task", number) == []


def test_35_the_practice_sees_who_leads(exchange: Exchange) -> None:
    number = tell(exchange, in_hospital)[0]
    task = the_review(exchange, number)
    version = {"If-Match": f'W/"{task["meta"]["versionId"]}"'}
    with exchange.client("RT1", "provider") as client:
        accepted = client.put(
            f"/Task/{task['id']}",
            json={**task, "status": "accepted"},
            headers=version | {"Content-Type": "application/fhir+json"},
        )
    assert accepted.status_code == 200, accepted.text
    seen, owner = exchange.search("P81001", "gp", "Task", number, _include="Task:owner")
    assert (seen["status"], owner["name"]) == ("accepted", "Trust One")
    assert seen["executionPeriod"]["start"]
    assert "input" not in seen
    assert "reasonCode" not in seen
    assert exchange.search("RT2", "provider", "Task", number, _include="Task:owner") == []


def test_orders_are_many() -> None:
    """The tellings above really differ: a guard for the guard."""
    tellings: Sequence[tuple[str, list[str]]] = orders(cancelled_death)
    assert len({tuple(m.split("|")[6] for m in told) for _, told in tellings}) == ORDERS
