"""More stories of finding the death, and of corrections, merges and repeats."""

from __future__ import annotations

import pytest

from tests.end_to_end.adt import Person, Stay
from tests.end_to_end.exchange import Exchange
from tests.end_to_end.telling import (
    code,
    death,
    inputs,
    lead,
    necessity,
    open_tasks,
    relation,
    scopes,
    tell,
    the_review,
)


def discharged(
    number: str,
    left: str,
    *,
    trust: str = "RT1",
    method: str = "1",
    destination: str = "19",
    recorded: str = "",
    **said: str,
) -> str:
    person = Person(trust, number, f"{trust}{number}")
    stay = Stay(f"V{number}", "20260101090000", left, method, destination)
    return person.message("A03", recorded or left[:14], stay=stay, **said)


def reported(number: str, died: str, trust: str = "RT1", indicator: str = "Y") -> str:
    person = Person(trust, number, f"{trust}{number}")
    return person.message("A31", "20260901090000", died=died, indicator=indicator)


@pytest.mark.parametrize(
    ("left", "died", "expected", "text"),
    [
        ("20260701003000", "20260731", "within-30-days", "30 days"),  # 5: London dates
        ("20260110090000", "20260110", "within-30-days", "on the day"),  # 6
        ("20260110090000", "202601", "possibly-within-30-days", "not known to the day"),  # 15
    ],
)
def test_5_6_15_days_are_counted_in_london_and_never_invented(
    exchange: Exchange, left: str, died: str, expected: str, text: str
) -> None:
    def story(number: str) -> list[str]:
        return [discharged(number, left), reported(number, died)]

    for number in tell(exchange, story):
        task = the_review(exchange, number)
        assert relation(task) == [expected]
        assert text in inputs(task, "scope")[0]["valueCodeableConcept"]["text"]


def test_8_the_latest_discharge_is_proposed_and_the_earlier_is_involved(
    exchange: Exchange,
) -> None:
    def story(number: str) -> list[str]:
        return [
            discharged(number, "20260110090000"),
            discharged(number, "20260125090000", trust="RT2"),
            reported(number, "20260130", trust="RT2"),
        ]

    for number in tell(exchange, story):
        for organisation in ("RT1", "RT2"):
            assert lead(the_review(exchange, number, organisation)) == "RT2"


def test_11_contradicting_words_open_nothing(exchange: Exchange) -> None:
    def dated(number: str) -> list[str]:
        return [discharged(number, "20260110090000"), reported(number, "20260120", indicator="N")]

    def discharged_dead(number: str) -> list[str]:
        return [discharged(number, "20260110090000", method="4", indicator="N")]

    for story in (dated, discharged_dead):
        for number in tell(exchange, story):
            (question,) = open_tasks(exchange, number)
            assert (code(question["code"]), lead(question)) == ("data-quality", "RT1")
            assert code(question["reasonCode"]) == "death-statement-conflict"
            assert exchange.search("RT1", "provider", "Observation", number) == []


def test_13_babies_born_on_the_way_are_not_deaths(exchange: Exchange) -> None:
    def story(number: str) -> list[str]:
        born = discharged(number, "20260110090000")
        fields = [line.split("|") for line in born.split("\r")]
        for line in fields:
            if line[0] == "PV1":
                line[14] = "79"
        return ["\r".join("|".join(line) for line in fields)]

    for number in tell(exchange, story):
        assert open_tasks(exchange, number) == []


def test_16_a_death_a_year_before_the_archive(exchange: Exchange) -> None:
    def story(number: str) -> list[str]:
        late = discharged(number, "20260110090000", recorded="20270301090000")
        return [reported(number, "20260120"), late]

    for number in tell(exchange, story):
        assert relation(the_review(exchange, number)) == ["within-30-days"]


def test_19_a_corrected_discharge_moves_the_case_out_of_scope(exchange: Exchange) -> None:
    def story(number: str) -> list[str]:
        person = Person("RT1", number, f"RT1{number}")
        moved = Stay(f"V{number}", "20260101090000", "20260115090000", "1", "19")
        return [
            discharged(number, "20260125090000"),
            reported(number, "20260219"),
            person.message("A08", "20260301090000", stay=moved),
        ]

    for number in tell(exchange, story):
        assert open_tasks(exchange, number) == []
        (scope,) = scopes(death(exchange, number))
        assert code(scope) == "more-than-30-days"


def merge_story(number: str) -> list[str]:
    a, b = Person("RT1", "", f"A{number}"), Person("RT1", number, f"B{number}")
    stay = Stay(f"V{number}", "20260101090000", "20260110090000", "1", "19")
    return [
        a.message("A03", "20260110100000", stay=stay),
        b.message("A31", "20260301090000", died="20260120", indicator="Y"),
        b.message("A40", "20260302090000", merges=f"A{number}"),
    ]


def test_21_22_a_merge_makes_one_person_whenever_it_comes(exchange: Exchange) -> None:
    for number in tell(exchange, lambda number: merge_story(number)[:2]):
        assert open_tasks(exchange, number) == []
    for number in tell(exchange, merge_story):
        assert relation(the_review(exchange, number)) == ["within-30-days"]


def test_23_a_wrong_merge_undone_is_two_people_again(exchange: Exchange) -> None:
    def story(number: str) -> list[str]:
        a, b = Person("RT1", "", f"A{number}"), Person("RT1", number, f"B{number}")
        return [*merge_story(number), b.unlinked_from(a, "20260303090000")]

    for number in tell(exchange, story):
        assert open_tasks(exchange, number) == []
        assert death(exchange, number)["effectiveDateTime"] == "2026-01-20"


@pytest.mark.parametrize("wrong", ["9990000019", "3333333333"])
def test_25_a_number_that_is_none_is_not_an_identity(exchange: Exchange, wrong: str) -> None:
    def story(_: str) -> list[str]:
        unique = f"X{_}"
        person = Person("RT1", wrong, unique)
        stay = Stay(unique, "20260101090000", "20260110090000", "4", "79")
        return [person.message("A03", "20260110100000", stay=stay, indicator="Y")]

    tell(exchange, story)
    assert exchange.search("RT1", "provider", "Task", wrong) == []
    held = exchange.rows(f"SELECT count(*) FROM registry.identifier WHERE value = '{wrong}'")
    assert held == [(0,)]


@pytest.mark.parametrize(
    ("diagnosis", "flag", "required", "routes"),
    [
        ("F81.0", None, False, ["case-record-review"]),  # 27
        ("F81.9", "possible-learning-disability", False, ["case-record-review"]),  # 28
        ("Q90.9", "possible-learning-disability", False, ["case-record-review"]),  # 28
        ("F20.0", "severe-mental-illness", True, ["case-record-review"]),  # 29
        ("F31", "severe-mental-illness", True, ["case-record-review"]),  # 29
        ("F84.0", "autism", False, ["case-record-review", "leder"]),  # 31
    ],
)
def test_27_28_29_31_what_a_diagnosis_makes_of_a_review(
    exchange: Exchange, diagnosis: str, flag: str | None, required: bool, routes: list[str]
) -> None:
    def story(number: str) -> list[str]:
        died = discharged(number, "20260110090000", method="4", indicator="Y")
        person = Person("RT1", number, f"RT1{number}")
        return [person.message("A08", "20260105090000", diagnosis=diagnosis), died]

    for number in tell(exchange, story):
        found = {code(t["code"]): t for t in exchange.search("QX1", "icb", "Task", number)}
        assert sorted(found) == routes
        wanted = "required" if required else "to-be-screened"
        assert necessity(found["case-record-review"]) == wanted
        flags = exchange.search("RT1", "provider", "Flag", number)
        assert [code(f["code"]) for f in flags] == ([flag] if flag else [])


def test_30_withdrawn_evidence_takes_the_flag_with_it(exchange: Exchange) -> None:
    def story(number: str) -> list[str]:
        person = Person("RT1", number, f"RT1{number}")
        return [
            person.message("A08", "20260105090000", diagnosis="F72"),
            person.message("A08", "20260106090000", diagnosis="F72", action="D"),
            discharged(number, "20260110090000", method="4", indicator="Y"),
        ]

    for number in tell(exchange, story):
        (task,) = open_tasks(exchange, number)
        assert necessity(task) == "to-be-screened"
