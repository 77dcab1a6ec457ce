"""What a caller may not see is not to be found out by asking in another way."""

from __future__ import annotations

import psycopg

from tests.registry.api.conftest import Ask
from tests.registry.api.message import NUMBER, message
from tests.registry.api.test_reviews import IN_HOSPITAL, PERSON, tell, the_task
from tests.registry.core.stating import ICB1, MH1, P1, T1, T2

FLAGGED = message("A31", flag="learning-disability", control_id="2")


async def test_a_filter_on_what_a_role_does_not_see_is_refused(ask: Ask) -> None:
    await tell(ask, IN_HOSPITAL)
    practice = await ask(P1, "gp")
    for query in (
        "Observation?performer=RT1",
        "Observation?performer:missing=false",
        "Observation?component-code=scope",
        "Observation?_include=Observation:performer",
        "Task?based-on=ServiceRequest/1",
        "Task?_include=Task:based-on",
        "Task?priority=stat",
        "Task?_sort=priority",
    ):
        for prefer in ({}, {"Prefer": "handling=lenient"}):
            answer = await practice.get(query, headers=prefer)
            assert answer.status_code == 403, query
    assert (await practice.get("Task?owner=RT1")).json()["entry"]


async def test_a_role_brings_nothing_along_that_it_may_not_read(ask: Ask) -> None:
    await tell(ask, IN_HOSPITAL, FLAGGED)
    practice = await ask(P1, "gp")
    answer = await practice.get(f"Patient?identifier={PERSON}&_revinclude=Flag:patient")
    kinds = {e["resource"]["resourceType"] for e in answer.json()["entry"]}
    assert kinds == {"Patient"}


async def test_elements_asked_for_by_name_stay_hidden(ask: Ask) -> None:
    await tell(ask, IN_HOSPITAL)
    practice = await ask(P1, "gp")
    for asked in ("_elements=input,reasonCode,status", "_summary=data", "_summary=false"):
        (entry,) = (await practice.get(f"Task?{asked}")).json()["entry"]
        assert not {"input", "reasonCode"} & set(entry["resource"])


async def test_outsiders_find_nothing_in_any_way(ask: Ask) -> None:
    await tell(ask, IN_HOSPITAL, FLAGGED)
    provider = await ask(T1, "provider")
    task = (await provider.get("Task?owner=RT1")).json()["entry"][0]["resource"]
    patient = task["for"]["reference"]
    for outsider in (await ask(T2, "provider"), await ask(MH1, "provider")):
        for query in (
            "Task",
            f"Task?_id={task['id']}",
            f"Task?patient={patient}",
            f"Task?patient.identifier={PERSON}",
            "Task?owner=RT1",
            f"Patient?identifier={PERSON}&_revinclude=Task:patient",
            "Patient?deceased=true",
            f"Task?identifier={task['identifier'][0]['value']}",
            "Organization?_id=RT1&_include=Organization:partof",
        ):
            found = await outsider.get(f"{query}{'&' if '?' in query else '?'}_total=accurate")
            kinds = {e["resource"]["resourceType"] for e in found.json().get("entry", [])}
            assert kinds <= {"Organization"}, query
            if not query.startswith("Organization"):
                assert found.json()["total"] == 0, query


async def test_who_is_no_longer_involved_sees_no_more(ask: Ask, database_url: str) -> None:
    await tell(ask, IN_HOSPITAL)
    icb = await ask(ICB1, "icb")
    task = await the_task(icb)
    page = (await icb.get("Task?_sort=_id")).json()["link"][0]["url"]
    with psycopg.connect(database_url) as connection:
        connection.execute(f"DELETE FROM registry.involvement WHERE organisation = '{ICB1}'")
    assert "entry" not in (await icb.get(page)).json()
    for address in (f"Task/{task['id']}", f"Task/{task['id']}/_history/1"):
        assert (await icb.get(address)).status_code == 404
    assert "entry" not in (await icb.get("Task/_history")).json()


async def test_what_may_be_read_follows_the_rows_it_follows_from(
    ask: Ask, database_url: str
) -> None:
    """`readable` is kept by triggers; it must always be what it would be if made anew."""
    await tell(ask, IN_HOSPITAL, FLAGGED)
    died_later = message("A31", died="2026-02-20", control_id="8", recorded="2026-04-01T09:00:00Z")
    merged = message(
        "A40", mrn="B", prior_mrn="A1", control_id="9", recorded="2026-04-02T09:00:00Z"
    )
    await tell(ask, died_later, merged)
    anew = """
        SELECT i.organisation, r.type, r.id, r.updated_at
        FROM registry.resource AS r JOIN registry.involvement AS i ON i.person = r.person
        WHERE registry.may_read(i.is_party, i.organisation, r.audience)
    """
    kept = "SELECT organisation, type, id, updated_at FROM registry.readable"
    with psycopg.connect(database_url) as connection:
        for difference in (f"{anew} EXCEPT {kept}", f"{kept} EXCEPT {anew}"):
            assert connection.execute(difference.encode()).fetchall() == []
        assert connection.execute(kept).fetchall()
        connection.execute("TRUNCATE registry.involvement")
        assert connection.execute(kept).fetchall() == []


async def test_no_refusal_repeats_what_was_asked(ask: Ask) -> None:
    provider = await ask(T1, "provider")
    for query in (
        f"Task?{NUMBER}=1",
        f"Task?patient.identifier={NUMBER}",
        f"Task?status={NUMBER}|{NUMBER}|{NUMBER}",
        f"Patient?name={NUMBER}",
        f"Task?_sort={NUMBER}",
        f"Task?_include={NUMBER}",
        f"Task/{NUMBER}{NUMBER}",
        f"{NUMBER}/1",
    ):
        assert NUMBER not in (await provider.get(query)).text, query
