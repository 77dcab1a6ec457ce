"""Returns over the API: one's own as of now, published ones, one organisation at a time."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from io import StringIO
from typing import Any, cast

import httpx
import pytest
from fhir.resources.R4B import get_fhir_model_class

from registry.access.roles import Role
from registry.access.scopes import OF_ROLE
from registry.api.interactions import OFFERED, SHAPES
from registry.service import Registry
from tests.registry.api.conftest import BASE, Ask
from tests.registry.api.message import message
from tests.registry.api.test_reviews import FHIR, IN_HOSPITAL, tell
from tests.registry.core.stating import ICB1, P1, T1, T2

Resource = dict[str, Any]
MEASURE = "Measure/learning-from-deaths-quarter"
EVALUATE = f"{MEASURE}/$evaluate-measure"
QUARTER = {"periodStart": "2026-01-01", "periodEnd": "2026-03-31"}
YEAR = {"periodStart": "2025-04-01", "periodEnd": "2026-03-31"}
OF_OTHERS: tuple[tuple[str, Role], ...] = ((ICB1, "icb"), ("X26", "national"))


def count(report: Resource, code: str) -> Any:
    """The number of a figure, `masked` where it is not shown."""
    (group,) = [g for g in report["group"] if g["code"]["coding"][0]["code"] == code]
    (population,) = group["population"]
    return population.get("count", "masked")


def parameters(**said: Any) -> Resource:
    """A Parameters resource."""
    made: list[Resource] = []
    for name, value in said.items():
        for one in cast(list[Any], value if isinstance(value, list) else [value]):
            kind = "valueBoolean" if isinstance(one, bool) else "valueString"
            made.append({"name": name, kind: one})
    return {"resourceType": "Parameters", "parameter": made}


async def publish(client: httpx.AsyncClient, measure: str = MEASURE, **said: Any) -> httpx.Response:
    sent = parameters(**(QUARTER | said))
    return await client.post(f"{measure}/$publish-return", json=sent, headers=FHIR)


async def search(client: httpx.AsyncClient, **asked: str) -> Resource:
    answer = await client.get("MeasureReport", params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_the_measures_are_part_of_the_guide_for_anybody(ask: Ask) -> None:
    anybody = await ask(None, "adapter")
    found = await anybody.get("Measure", headers={"Authorization": ""})
    assert found.json()["total"] == 4
    for entry in found.json()["entry"]:
        get_fhir_model_class("Measure").model_validate(entry["resource"])
    refused = await anybody.get(EVALUATE, params=QUARTER, headers={"Authorization": ""})
    assert refused.status_code == 401


async def test_a_return_as_of_now(ask: Ask) -> None:
    await tell(ask, IN_HOSPITAL)
    provider = await ask(T1, "provider")
    for answer in (
        await provider.get(EVALUATE, params=QUARTER),
        await provider.post(EVALUATE, json=parameters(**QUARTER), headers=FHIR),
        await provider.get(EVALUATE, params=QUARTER | {"subject": f"Organization/{T1}"}),
    ):
        assert answer.status_code == 200, answer.text
        report = answer.json()
        get_fhir_model_class("MeasureReport").model_validate(report)
        assert count(report, "all-in-care.deaths") == count(report, "all-in-care.awaited") == 1
    public = await provider.get(
        "Measure/learning-from-deaths-quarter-public/$evaluate-measure", params=QUARTER
    )
    assert count(public.json(), "all-in-care.deaths") == "masked"
    account = await provider.get("Measure/quality-account-deaths/$evaluate-measure", params=YEAR)
    assert count(account.json(), "27-1-deaths.q4") == 1


WRONG: list[tuple[dict[str, str], int]] = [
    ({}, 400),
    ({"periodStart": "2026-01-01"}, 400),
    ({"periodStart": "2026-01-02", "periodEnd": "2026-03-31"}, 400),
    (YEAR, 400),
    ({"periodStart": "2026-01-01", "periodEnd": "banana"}, 400),
    ({"periodStart": "0001-01-01", "periodEnd": "0001-03-31"}, 400),
    (QUARTER | {"subject": "Organization/RT1,Organization/RT2"}, 400),
    (QUARTER | {"subject": "Organization/RT2"}, 403),
    (QUARTER | {"reportType": "subject-list"}, 400),
    (QUARTER | {"practitioner": "1"}, 400),
]


async def test_what_is_asked_wrongly(ask: Ask) -> None:
    provider = await ask(T1, "provider")
    for asked, status in WRONG:
        answer = await provider.get(EVALUATE, params=asked)
        assert answer.status_code == status, answer.text
        assert answer.json()["resourceType"] == "OperationOutcome"


async def test_a_parameter_twice_or_an_unknown_measure(ask: Ask) -> None:
    provider = await ask(T1, "provider")
    twice = f"{EVALUATE}?periodStart=2026-01-01&periodEnd=2026-03-31&subject=RT1&subject=RT2"
    assert (await provider.get(twice)).status_code == 400
    other = await provider.get("Measure/other/$evaluate-measure", params=QUARTER)
    assert other.status_code == 404


OTHERS: tuple[tuple[str, Role], ...] = ((P1, "gp"), (T1, "adapter"), *OF_OTHERS)


async def test_only_providers_make_returns(ask: Ask) -> None:
    for organisation, role in OTHERS:
        other = await ask(organisation, role)
        assert (await other.get(EVALUATE, params=QUARTER)).status_code == 403
        assert (await publish(other)).status_code == 403
        page = await other.get(f"{BASE}/returns/{T1}/2025-26-Q4.html")
        assert page.status_code == 403
        action = parameters(quarter="2025-26-Q4", action="x")
        recorded = await other.post("Measure/$record-learning-action", json=action, headers=FHIR)
        assert recorded.status_code == 403


async def test_publication_and_who_reads_it(ask: Ask) -> None:
    await tell(ask, IN_HOSPITAL)
    provider = await ask(T1, "provider")
    made = await publish(provider)
    assert made.status_code == 201, made.text
    assert count(made.json(), "all-in-care.deaths") == 1
    get_fhir_model_class("MeasureReport").model_validate(made.json())
    again = await publish(provider)
    assert again.status_code == 422
    assert "already" in again.json()["issue"][0]["diagnostics"]
    own = await search(provider, reporter=T1)
    assert own["total"] == 2
    read = await provider.get(f"MeasureReport/{made.json()['id']}")
    assert read.json() == made.json()
    for organisation, role in OF_OTHERS:
        reader = await ask(organisation, role)
        (entry,) = (await search(reader, reporter=f"Organization/{T1}"))["entry"]
        report = entry["resource"]
        assert report["measure"].endswith("-public")
        assert count(report, "all-in-care.deaths") == "masked"
        assert (await reader.get(f"MeasureReport/{report['id']}")).json() == report
        assert (await reader.get(f"MeasureReport/{made.json()['id']}")).status_code == 404
        assert (await search(reader, reporter=T2))["total"] == 0
        assert (await search(reader, reporter=T1, period="2026-27-Q1"))["total"] == 0
        assert (await search(reader, reporter=T1, measure=report["measure"]))["total"] == 1
    other = await ask(T2, "provider")
    assert (await search(other, reporter=T1))["total"] == 0
    for entry in own["entry"]:
        assert (await other.get(f"MeasureReport/{entry['resource']['id']}")).status_code == 404
    practice = await ask(P1, "gp")
    assert (await practice.get("MeasureReport", params={"reporter": T1})).status_code == 403


async def test_themes_and_actions_are_given_by_people(ask: Ask) -> None:
    provider = await ask(T1, "provider")
    said = {"quarter": "2025-26-Q4", "action": "New charts.", "taken": True, "cleared": True}

    async def record(**more: Any) -> httpx.Response:
        sent = parameters(**(said | more))
        return await provider.post("Measure/$record-learning-action", json=sent, headers=FHIR)

    (parameter,) = (await record()).json()["parameter"]
    changed = await record(id=parameter["valueString"], impact="Fewer gaps.")
    assert changed.json()["parameter"] == [parameter]
    assert (await record(id="unknown")).status_code == 422
    assert (await record(action=" ")).status_code == 422
    assert (await record(action=True)).status_code == 400
    assert (await record(quarter="2025-26")).status_code == 400
    assert (await record(other="x")).status_code == 400
    await publish(provider)
    page = await provider.get(f"{BASE}/returns/{T1}/2025-26-Q4.html?version=public")
    assert "New charts.: Fewer gaps." in page.text
    withdrawn = await record(id=parameter["valueString"], withdrawn=True)
    assert withdrawn.status_code == 200
    page = await provider.get(f"{BASE}/returns/{T1}/2025-26-Q4.html")
    assert "New charts." not in page.text
    other = await publish(await ask(T2, "provider"), theme=["Falls"])
    assert other.status_code == 422


async def test_documents_for_people(ask: Ask) -> None:
    await tell(ask, IN_HOSPITAL)
    provider = await ask(T1, "provider")
    page = await provider.get(f"{BASE}/returns/{T1}/2025-26-Q4.html")
    assert page.status_code == 200, page.text
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "quarter 4 of 2025/26 (January to March 2026)" in page.text
    assert page.text.count("<svg") == 2
    style = await provider.get(f"{BASE}/returns/return.css", headers={"Authorization": ""})
    assert style.headers["content-type"].startswith("text/css")
    table = await provider.get(f"{BASE}/returns/{T1}/2025-26-Q4.csv")
    rows = {row["figure"]: row for row in csv.DictReader(StringIO(table.text))}
    assert rows["all-in-care.deaths"]["number"] == "1"
    account = await provider.get(f"{BASE}/returns/{T1}/2025-26.html")
    assert "Quality Account 2025/26" in account.text
    published = f"{BASE}/returns/{T1}/2025-26-Q4.csv?version=public"
    assert (await provider.get(published)).status_code == 404
    await publish(provider)
    board = await ask(ICB1, "icb")
    shown = await board.get(published)
    rows = {row["figure"]: row for row in csv.DictReader(StringIO(shown.text))}
    assert rows["all-in-care.deaths"]["number"] == "*"
    assert (await board.get(f"{published}&publication=1")).text == shown.text
    assert (await board.get(f"{published}&publication=2")).status_code == 404
    own = f"{BASE}/returns/{T1}/2025-26-Q4.csv?publication=1"
    assert (await board.get(own)).status_code == 404
    assert (await provider.get(own)).status_code == 200
    other = await ask(T2, "provider")
    assert (await other.get(published)).status_code == 404


WRONG_NAMES = (
    "2025-26-Q4.pdf",
    "2025-Q4.html",
    "2025-26-Q5.html",
    "2025-26-Q4.html?version=all",
    "2025-26-Q4.html?version=own&version=public",
    "2025-26-Q4.html?organisation=RT2",
    "2025-26-Q4.html?publication=-1",
)


async def test_documents_that_there_are_not(ask: Ask) -> None:
    provider = await ask(T1, "provider")
    for name in WRONG_NAMES:
        answer = await provider.get(f"{BASE}/returns/{T1}/{name}")
        assert answer.status_code == 400, answer.text
    nobody = await provider.get(
        f"{BASE}/returns/{T1}/2025-26-Q4.html", headers={"Authorization": ""}
    )
    assert nobody.status_code == 401


async def test_reading_and_publishing_are_on_record(ask: Ask) -> None:
    provider = await ask(T1, "provider")
    await provider.get(EVALUATE, params=QUARTER)
    await publish(provider)
    await provider.get(f"{BASE}/returns/{T1}/2025-26-Q4.html")
    events = await provider.get("AuditEvent", params={"_count": "50"})
    named = [
        entity["what"]["reference"]
        for entry in events.json()["entry"]
        for entity in entry["resource"]["entity"]
        if "reference" in entity.get("what", {})
    ]
    assert named.count(MEASURE) == 3


# Nothing answers with two organisations' figures.


SEVERAL = (
    "",
    "?period=2025-26-Q4",
    f"?reporter={T1}&reporter={T2}",
    f"?reporter={T1},{T2}",
    f"?reporter=Organization/{T1}&reporter:identifier={T2}",
    "?reporter=*",
    f"?reporter={T1}%7C{T2}",
)


async def test_no_search_names_two_reporters(ask: Ask) -> None:
    for trust in (T1, T2):
        await publish(await ask(trust, "provider"))
    for organisation, role in OF_OTHERS:
        reader = await ask(organisation, role)
        for asked in SEVERAL:
            answer = await reader.get(f"MeasureReport{asked}")
            assert answer.status_code == 400, answer.text
            posted = await reader.post(
                "MeasureReport/_search",
                content=asked.removeprefix("?"),
                headers={"Content-Type": "application/x-www-form-urlencoded"},
            )
            assert posted.status_code == 400


@pytest.mark.parametrize("kind", ["batch", "transaction"])
async def test_no_bundle_holds_returns(ask: Ask, kind: str) -> None:
    reports: list[str] = []
    for trust in (T1, T2):
        reports.append((await publish(await ask(trust, "provider"))).json()["id"])
    reader = await ask(ICB1, "icb")
    public = [
        entry["resource"]["id"]
        for trust in (T1, T2)
        for entry in (await search(reader, reporter=trust))["entry"]
    ]
    urls = [f"MeasureReport/{one}" for one in public]
    urls += [f"MeasureReport?reporter={T1}", f"MeasureReport?reporter={T2}", EVALUATE]
    entries = [{"request": {"method": "GET", "url": url}} for url in urls]
    bundle = {"resourceType": "Bundle", "type": kind, "entry": entries}
    answer = await reader.post("", json=bundle, headers=FHIR)
    assert "MeasureReport" not in str([e.get("resource") for e in answer.json().get("entry", [])])
    statuses = [e["response"]["status"] for e in answer.json().get("entry", [])]
    assert all(status.startswith(("4",)) for status in statuses)
    assert statuses or answer.status_code == 422


async def test_every_address_of_returns_is_of_one_organisation(
    ask: Ask, registry: Registry
) -> None:
    """By inspection: an address of returns names its organisation, or asks for one reporter, or is
    the caller's own; and there is no other."""
    of_returns = {"evaluate-measure", "publish-return", "record-learning-action"}
    shapes = {shape.template for shape in SHAPES if of_returns & set(shape.methods.values())}
    assert shapes == {
        "{type}/{id}/$evaluate-measure",
        "{type}/{id}/$publish-return",
        "{type}/$record-learning-action",
    }
    assert set(OFFERED["MeasureReport"]) == {"read", "search-type"}
    paths = {route.path for route in registry.routes if "return" in route.path.lower()}
    of_measures = {path for path in paths if path.startswith("/fhir/")}
    assert paths - of_measures == {"/returns/{organisation}/{name}", "/returns/return.css"}
    offered = {name for name, codes in OFFERED.items() if {"publish-return"} & set(codes)}
    assert offered == {"Measure"}
    stated = (await (await ask(T1, "provider")).get("metadata")).json()["rest"][0]["resource"]
    named = {one["type"]: {p["name"] for p in one.get("searchParam", [])} for one in stated}
    assert named["MeasureReport"] == {"reporter", "measure", "period"}
    makers = {role for role, scopes in OF_ROLE.items() if ("MeasureReport", "c") in scopes}
    assert makers == {"provider"}


async def test_two_trusts_publish_apart(ask: Ask) -> None:
    await tell(ask, IN_HOSPITAL)
    elsewhere = message(
        "A03",
        admitted="2026-02-01",
        discharged="2026-02-03",
        method="4",
        died="2026-02-03",
        mrn="B1",
        number="9990000026",
        sender=T2,
    )
    await tell(ask, elsewhere, sender=T2)
    board = await ask(ICB1, "icb")
    for trust in (T1, T2):
        provider = await ask(trust, "provider")
        report = (await publish(provider)).json()
        assert report["reporter"]["identifier"]["value"] == trust
        assert count(report, "all-in-care.deaths") == 1
        shown = await search(board, reporter=trust)
        reporters = {e["resource"]["reporter"]["identifier"]["value"] for e in shown["entry"]}
        assert reporters == {trust}
    assert datetime.now(UTC) > datetime(2026, 3, 31, tzinfo=UTC)
