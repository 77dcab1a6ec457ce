"""Groups over the API: an organisation's own deaths, and cohorts that all have to agree to."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
from fhir.resources.R4B.group import Group

from nhs.london_time import london_date
from registry.access.roles import Role
from tests.registry.api.conftest import Ask
from tests.registry.api.message import message, number_of
from tests.registry.api.test_reviews import FHIR, IN_HOSPITAL, tell
from tests.registry.core.stating import ICB1, MH1, P1, T1, T2
from tests.registry.export.conftest import ASYNC, exported
from tests.registry.export.test_cohort import proposing, sample
from tests.registry.export.test_exports import ELSEWHERE

Json = dict[str, Any]
NATION = "X26"
# After leaving, at home; and one of another month.
AT_HOME = [
    message("A03", sender=T2, number=number_of(3), admitted="2025-12-20", discharged="2026-01-02",
            method="1", visit="V3", practice="P81001"),
    message(sender=T2, number=number_of(3), died="2026-01-20", control_id="7",
            recorded="2026-03-04T09:00:00+00:00"),
]  # fmt: skip


async def told(ask: Ask) -> None:
    """January: one in Trust One, one at home after Trust Two; February: one in Trust Two."""
    await tell(ask, IN_HOSPITAL)
    await tell(ask, ELSEWHERE, *AT_HOME, sender=T2)


def january(*organisations: str, **more: Any) -> Json:
    body = proposing(name="January", **more)
    (one,) = body["extension"]
    named: list[Json] = []
    for ods in organisations:
        identifier = one["extension"][0]["valueReference"]["identifier"] | {"value": ods}
        part = {"url": "organisation", "valueReference": {"identifier": identifier}}
        named.append({"url": one["url"], "extension": [part]})
    body["extension"] = named
    body["characteristic"][0]["period"] = {"start": "2026-01-01", "end": "2026-01-31"}
    return body


async def proposed(client: httpx.AsyncClient, body: Json) -> Json:
    answer = await client.post("Group", json=body, headers=FHIR)
    assert answer.status_code == 201, answer.text
    group = answer.json()
    assert answer.headers["Location"].endswith(f"/Group/{group['id']}")
    return group


async def says(client: httpx.AsyncClient, group: Json, what: str) -> Json:
    answer = await client.post(f"Group/{group['id']}/${what}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def people(group: Json) -> set[str]:
    return {one["entity"]["reference"].removeprefix("Patient/") for one in group.get("member", [])}


async def test_it_is_active_when_everybody_agreed_and_no_longer(ask: Ask) -> None:
    await told(ask)
    first, second = await ask(T1, "provider"), await ask(T2, "provider")
    group = await proposed(first, january(T1, T2))
    assert (group["active"], "member" in group, "quantity" in group) == (False, False, False)
    refused = await first.get(f"Group/{group['id']}/$export", headers=ASYNC)
    assert refused.status_code == 422
    agreed = await says(second, group, "agree")
    Group.model_validate(agreed)
    assert (agreed["active"], agreed["quantity"], len(people(agreed))) == (True, 2, 2)
    assert people((await first.get(f"Group/{group['id']}")).json()) == people(agreed)
    withdrawn = await says(second, group, "withdraw")
    assert (withdrawn["active"], "member" in withdrawn) == (False, False)
    assert (await says(second, group, "agree"))["active"]


async def test_how_many_are_in_it_is_told_without_who_they_are(ask: Ask) -> None:
    await told(ask)
    first, second = await ask(T1, "provider"), await ask(T2, "provider")
    group = await proposed(first, january(T1, T2))
    agreed = await says(second, group, "agree")
    (theirs,) = (
        people(agreed)
        - people((await first.get(f"Group/{T1}")).json())
        - {
            one["for"]["reference"].removeprefix("Patient/")
            for one in (entry["resource"] for entry in (await first.get("Task")).json()["entry"])
        }
    )

    async def shown() -> int:
        answer = await second.get("AuditEvent", params={"patient": f"Patient/{theirs}"})
        events = [entry["resource"] for entry in answer.json().get("entry", [])]
        return [one["agent"][-1]["who"]["identifier"]["value"] for one in events].count(T1)

    before = await shown()
    for asked in (
        "_summary=true",
        "_elements=quantity,name",
        "_elements=Group.quantity,Group.name",
    ):
        part = (await first.get(f"Group/{group['id']}?{asked}")).json()
        assert (part["quantity"], part["name"], "member" in part) == (2, "January", False)
        assert part["meta"]["tag"][0]["code"] == "SUBSETTED"
        assert await shown() == before
    assert people((await first.get(f"Group/{group['id']}?_elements=member")).json()) == people(
        agreed
    )
    assert await shown() == before + 1
    assert "member" not in (await first.get(f"Group/{T1}?_summary=true")).json()
    for wrong in ("_elements=nonsense", "_summary=text", "_count=1"):
        assert (await first.get(f"Group/{group['id']}?{wrong}")).status_code == 400


async def test_an_export_of_it_has_everybody_in_it_and_nobody_else(ask: Ask) -> None:
    await told(ask)
    first, second = await ask(T1, "provider"), await ask(T2, "provider")
    own = {
        name: (await exported(one)).ids("Patient") for name, one in (("1", first), ("2", second))
    }
    group = await proposed(first, january(T1, T2))
    agreed = await says(second, group, "agree")
    for client in (first, second):
        export = await exported(client, f"Group/{group['id']}/$export")
        assert export.ids("Patient") == people(agreed)
        assert {one["for"]["reference"] for one in export.resources["Task"]} == {
            f"Patient/{one}" for one in people(agreed)
        }
        assert export.ids("Encounter")
    assert people(agreed) <= own["1"] | own["2"]
    assert not people(agreed) <= own["1"]
    # What is shared so is shared in exports of the Group, and nowhere else.
    for person in people(agreed) - own["1"]:
        assert (await first.get(f"Patient/{person}")).status_code == 404
    # Each of those whose patients they are learns who had them.
    (theirs,) = people(agreed) - own["1"]
    answer = await second.get(
        "AuditEvent", params={"patient": f"Patient/{theirs}", "_count": "500"}
    )
    disclosed = [
        e["resource"] for e in answer.json()["entry"] if e["resource"]["type"]["code"] == "110106"
    ]
    assert {a["agent"][-1]["who"]["identifier"]["value"] for a in disclosed} == {T1, T2}


async def test_withdrawal_takes_its_exports_away(ask: Ask) -> None:
    await told(ask)
    first, second = await ask(T1, "provider"), await ask(T2, "provider")
    group = await proposed(first, january(T1, T2))
    await says(second, group, "agree")
    export = await exported(first, f"Group/{group['id']}/$export")
    await says(second, group, "withdraw")
    assert (await first.get(export.address)).status_code == 404
    assert (await first.get(export.manifest["output"][0]["url"])).status_code == 404


async def test_to_others_it_is_not_there(ask: Ask) -> None:
    await told(ask)
    group = await proposed(await ask(T1, "provider"), january(T1, T2))
    outsiders: list[tuple[str, Role]] = [(MH1, "provider"), (ICB1, "icb"), (P1, "gp")]
    for organisation, role in outsiders:
        outsider = await ask(organisation, role)
        for method, path in (
            ("GET", "Group/{}"), ("POST", "Group/{}/$agree"), ("POST", "Group/{}/$withdraw"),
            ("GET", "Group/{}/$export"),
        ):  # fmt: skip
            there = await outsider.request(method, path.format(group["id"]), headers=ASYNC)
            absent = await outsider.request(method, path.format("0" * 32), headers=ASYNC)
            assert there.status_code == absent.status_code == 404, (method, path, there.text)
            assert there.json() == absent.json()
        found = (await outsider.get("Group")).json()["entry"]
        assert [one["resource"]["id"] for one in found] == [organisation]


async def test_a_practice_sees_its_own_patients_of_it(ask: Ask) -> None:
    await told(ask)
    first, second, practice = (
        await ask(T1, "provider"), await ask(T2, "provider"), await ask(P1, "gp"),
    )  # fmt: skip
    unregistered = message("A03", number=number_of(5), practice=None, admitted="2026-01-05",
                           discharged="2026-01-09", method="4", died="2026-01-09", visit="V5",
                           control_id="5")  # fmt: skip
    await tell(ask, unregistered)
    group = await proposed(first, january(T1, T2, P1))
    await says(second, group, "agree")
    seen = await says(practice, group, "agree")
    whole = (await first.get(f"Group/{group['id']}")).json()
    assert len(people(whole)) == 3
    assert people(seen) < people(whole)
    export = await exported(practice, f"Group/{group['id']}/$export")
    assert export.ids("Patient") == people(seen)
    assert all("input" not in one for one in export.resources["Task"])


async def test_a_sample_is_drawn_by_its_seed(ask: Ask) -> None:
    await told(ask)
    client = await ask(T2, "provider")
    body = january(T2, characteristic=january()["characteristic"])
    body["extension"].append(sample(size_PositiveInt=1, seed_String="2026"))
    group = await proposed(client, body)
    assert (group["active"], group["quantity"]) == (True, 1)
    said = {one["url"]: one for one in group["extension"][-1]["extension"]}
    assert said["seed"]["valueString"] == "2026"
    body["extension"][-1] = sample(size_PositiveInt=1)
    made = (await proposed(client, body))["extension"][-1]["extension"]
    assert len(made[-1]["valueString"]) == 16


async def test_ones_own_deaths_are_a_group(ask: Ask) -> None:
    await told(ask)
    client = await ask(T1, "provider")
    group = (await client.get(f"Group/{T1}")).json()
    assert (group["name"], group["quantity"]) == ("Deaths of Trust One", 1)
    export = await exported(client, f"Group/{T1}/$export")
    assert len(export.ids("Patient")) == 1
    assert (await client.get(f"Group/{T2}")).status_code == 404
    assert (await client.get(f"Group/{T2}/$export", headers=ASYNC)).status_code == 404
    board = await exported(await ask(ICB1, "icb"), f"Group/{ICB1}/$export")
    assert len(board.ids("Patient")) == 3


REFUSED: dict[str, tuple[str, Role, Json, int]] = {
    "not the proposer's own": (T1, "provider", january(T2), 403),
    "nobody of that code": (T1, "provider", january(T1, "RX9"), 422),
    "no cohort": (T1, "provider", january(T1, T2) | {"actual": False}, 400),
    "a practice's": (P1, "gp", january(P1), 403),
    "the nation's": (NATION, "national", january(NATION), 403),
}


async def test_what_may_not_be_proposed_is_refused(ask: Ask) -> None:
    for case, (organisation, role, body, status) in REFUSED.items():
        client = await ask(organisation, role)
        answer = await client.post("Group", json=body, headers=FHIR)
        assert answer.status_code == status, (case, answer.text)
        assert (await client.get("Group", params={"name": "x"})).status_code in (400, 403)


async def test_a_national_export_names_nobody(ask: Ask) -> None:
    await told(ask)
    nation = await ask(NATION, "national")
    export = await exported(nation)
    trust = await ask(ICB1, "icb")
    named = await exported(trust)
    assert set(export.resources) == {"Patient", "Observation", "Encounter", "Task"}
    assert len(export.ids("Patient")) == len(named.ids("Patient")) == 3
    for resource_type, found in export.resources.items():
        assert not {one["id"] for one in found} & named.ids(resource_type)
    written = str(export.resources)
    for patient in named.resources["Patient"]:
        assert patient["id"] not in written
        assert patient["identifier"][0]["value"] not in written
    assert {one["deceasedDateTime"] for one in export.resources["Patient"]} == {
        "2026-01",
        "2026-02",
    }
    # The same again has the same pseudonyms; since yesterday is not to be had.
    assert (await exported(nation)).resources == export.resources
    since = {"_since": "2026-01-01T00:00:00Z"}
    assert (await nation.get("$export", params=since, headers=ASYNC)).status_code == 400
    asked = {"_type": "Provenance"}
    assert (await nation.get("$export", params=asked, headers=ASYNC)).status_code == 403
    assert (await nation.get("Patient")).status_code == 403


async def test_another_national_recipient_gets_other_pseudonyms(ask: Ask) -> None:
    await told(ask)
    first = await exported(await ask(NATION, "national"), _type="Patient")
    second = await exported(await ask("X27", "national"), _type="Patient")
    assert len(first.ids("Patient")) == len(second.ids("Patient")) == 3
    assert not first.ids("Patient") & second.ids("Patient")


async def test_a_month_that_has_not_ended_is_not_in_a_national_export(ask: Ask) -> None:
    await told(ask)
    now = london_date(datetime.now(UTC))
    first = f"{now:%Y-%m}-01"
    this_month = message("A03", number=number_of(8), admitted=first, discharged=first, method="4",
                         died=first, visit="V8", control_id="8",
                         recorded=f"{first}T09:00:00+00:00")  # fmt: skip
    await tell(ask, this_month)
    assert len((await exported(await ask(ICB1, "icb"), _type="Patient")).ids("Patient")) == 4
    nation = await exported(await ask(NATION, "national"), _type="Patient")
    assert len(nation.ids("Patient")) == 3
