"""Which reviews a death needs and who leads them: scenarios 9, 10, 14, 28, 29, 32 to 39 and 43, in
through MLLP and the FHIR API of a running exchange."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from conformance import canonical
from nhs import addresses
from registry.core.fhir.elements import concept, task_input, task_output
from tests.end_to_end.adt import Person, Stay, new_nhs_number
from tests.end_to_end.exchange import Exchange, lfd
from tests.end_to_end.telling import (
    code,
    death,
    in_hospital,
    inputs,
    lead,
    necessity,
    open_tasks,
    routes,
    scopes,
    tasks,
    tell,
    the_review,
)
from tests.registry.core.client import organisation as reference_to

Resource = dict[str, Any]
FHIR = {"Content-Type": "application/fhir+json"}
NATIONAL = "X26"


def national(exchange: Exchange) -> None:
    file = exchange.data.parent / "national.csv"
    file.write_text(f"ods,name,type\n{NATIONAL},NHS England,national\n")
    lfd("organisation", "load", str(file), "--data", str(exchange.data))


def notification(number: str, status: str, died: str | None, serial: int) -> Resource:
    """A national death notification as the registry takes it: a message Bundle."""
    patient: Resource = {
        "resourceType": "Patient",
        "id": "patient",
        "extension": [
            {
                "url": addresses.EXTENSION_DEATH_NOTIFICATION_STATUS,
                "extension": [
                    {
                        "url": "deathNotificationStatus",
                        "valueCodeableConcept": {
                            "coding": [
                                {"system": addresses.DEATH_NOTIFICATION_STATUS, "code": status}
                            ]
                        },
                    }
                ],
            }
        ],
        "identifier": [{"system": addresses.NHS_NUMBER, "value": number}],
    }
    if died:
        patient["deceasedDateTime"] = died
    organisation = {
        "resourceType": "Organization",
        "id": "sender",
        "identifier": [{"system": addresses.ODS_ORGANISATION, "value": NATIONAL}],
    }
    header = {
        "resourceType": "MessageHeader",
        "id": f"header-{serial}",
        "eventCoding": {"system": canonical.NATIONAL_EVENT, "code": "pds-death-notification-2"},
        "source": {"endpoint": "urn:example:national"},
        "sender": {"reference": "urn:uuid:sender"},
        "focus": [{"reference": "urn:uuid:patient"}],
    }
    provenance = {
        "resourceType": "Provenance",
        "id": "provenance",
        "target": [{"reference": "urn:uuid:patient"}],
        "recorded": f"2026-02-{serial + 10:02d}T09:00:00Z",
        "agent": [{"who": {"reference": "urn:uuid:sender"}}],
        "entity": [
            {
                "role": "source",
                "what": {
                    "identifier": {
                        "system": canonical.MESSAGE_CONTROL_ID,
                        "value": f"{number}-{serial}",
                    }
                },
            }
        ],
    }
    entries = [header, organisation, patient, provenance]
    return {
        "resourceType": "Bundle",
        "type": "message",
        "entry": [{"fullUrl": f"urn:uuid:{e['id']}", "resource": e} for e in entries],
    }


def notify(exchange: Exchange, *bundles: Resource) -> None:
    national(exchange)
    with exchange.client(NATIONAL, "national") as client:
        for bundle in bundles:
            answer = client.post("/$process-message", json=bundle, headers=FHIR)
            assert answer.status_code == 200, answer.text


def leaves_alive(number: str) -> list[str]:
    stay = Stay(f"V{number}", "20260105090000", "20260110093000", "1", "19")
    return [Person("RT1", number, f"A{number}").message("A03", "20260110100000", stay=stay)]


def test_9_a_formal_national_notification_alone_opens_the_case(exchange: Exchange) -> None:
    (number,) = tell(exchange, leaves_alive)
    notify(exchange, notification(number, "2", "2026-01-22", 1))
    task = the_review(exchange, number)
    assert lead(task) == "RT1"
    assert [i["valueString"].split(" said")[0] for i in inputs(task, "death-source")] == [
        "NHS England"
    ]
    assert scopes(death(exchange, number))[0]["text"].startswith("Died 12 days after discharge")


def test_10_an_informal_status_removed_closes_the_case_and_keeps_history(
    exchange: Exchange,
) -> None:
    (number,) = tell(exchange, leaves_alive)
    notify(exchange, notification(number, "1", "2026-01-22", 1))
    assert the_review(exchange, number)["status"] == "requested"
    notify(exchange, notification(number, "U", None, 2))
    ended = the_review(exchange, number)
    assert ended["status"] == "entered-in-error"
    with exchange.client("RT1", "provider") as client:
        history = client.get(f"/Task/{ended['id']}/_history").json()["entry"]
    statuses = [entry["resource"]["status"] for entry in history]
    assert statuses == ["entered-in-error", "requested"]


def test_only_a_national_client_speaks_for_the_nation(exchange: Exchange) -> None:
    bundle = notification(new_nhs_number(), "2", "2026-01-22", 1)
    bundle["entry"][1]["resource"]["identifier"][0]["value"] = "RT1"
    with exchange.client("RT1", "adapter") as client:
        answer = client.post("/$process-message", json=bundle, headers=FHIR)
    assert answer.status_code == 403


def test_14_a_stillbirth_is_reviewed_as_such(exchange: Exchange) -> None:
    def story(number: str) -> list[str]:
        baby = Person("RT1", number, f"A{number}", birth="20260110")
        born = Stay(f"V{number}", "20260110", "20260110", "5", "79", admission_method="82")
        return [baby.message("A03", "20260110100000", stay=born)]

    for number in tell(exchange, story):
        found = routes(exchange, number)
        assert set(found) == {"perinatal-mortality-review", "maternity-investigation"}
        assert lead(found["perinatal-mortality-review"]) == "RT1"


def test_28_specialty_700_alone_asks_a_person(exchange: Exchange) -> None:
    def story(number: str) -> list[str]:
        person = Person("RT1", number, f"A{number}")
        first = Stay(f"V{number}", "20260105090000", specialty="700")
        last = Stay(f"V{number}", "20260105090000", "20260110093000", "4", "79")
        return [
            person.message("A01", "20260105090000", stay=first),
            person.message("A03", "20260110100000", stay=last, died="20260110", indicator="Y"),
        ]

    for number in tell(exchange, story):
        assert necessity(routes(exchange, number)["case-record-review"]) == "to-be-screened"
        (question,) = [t for t in tasks(exchange, number) if code(t["code"]) == "confirm-flag"]
        assert lead(question) == "RT1"
        text = question["description"]
        assert text.startswith("Possible learning disability")


def test_29_the_caseload_of_a_mental_health_trust_is_involved(exchange: Exchange) -> None:
    def story(number: str) -> list[str]:
        caseload = Person("RM1", number, f"M{number}")
        contact = Stay(f"C{number}", "20250901", "20251001", "1", "19", patient_class="O")
        return [
            caseload.message("A01", "20250901090000", stay=Stay(contact.visit, "20250901",
                             patient_class="O"), diagnosis="F20.0"),
            caseload.message("A03", "20251001090000", stay=contact),
            *in_hospital(number),
        ]  # fmt: skip

    for number in tell(exchange, story):
        found = routes(exchange, number, "RM1")
        assert necessity(found["case-record-review"]) == "required"
        assert lead(found["case-record-review"]) == "RT1"
        assert lead(found["mental-health-care-review"]) == "RM1"


def test_32_a_child_with_a_learning_disability(exchange: Exchange) -> None:
    def story(number: str) -> list[str]:
        child = Person("RT1", number, f"A{number}", birth="20100110")
        stay = Stay(f"V{number}", "20260105090000", "20260110093000", "4", "79")
        return [
            child.message("A01", "20260105090000", stay=Stay(stay.visit, stay.admitted),
                          diagnosis="F72"),
            child.message("A03", "20260110100000", stay=stay, died="20260110", indicator="Y"),
        ]  # fmt: skip

    for number in tell(exchange, story):
        found = routes(exchange, number)
        assert "leder" not in found
        review = found["child-death-review"]
        assert lead(review) == "QX1"
        assert any("LeDeR" in note["valueString"] for note in inputs(review, "note"))


@pytest.mark.parametrize("method", ["11", "12", "13"])
def test_33_an_elective_admission_was_not_expected_to_end_so(
    exchange: Exchange, method: str
) -> None:
    def story(number: str) -> list[str]:
        person = Person("RT1", number, f"A{number}")
        stay = Stay(f"V{number}", "20260105090000", "20260110093000", "4", "79")
        planned = Stay(stay.visit, stay.admitted, admission_method=method)
        return [
            person.message("A01", "20260105090000", stay=planned),
            person.message("A03", "20260110100000", stay=stay, died="20260110", indicator="Y"),
        ]

    for number in tell(exchange, story):
        task = the_review(exchange, number)
        (criterion,) = inputs(task, "criterion")
        assert code(criterion["valueCodeableConcept"]) == "not-expected-to-die"
        assert necessity(task) == "required"


def test_34_a_concern_makes_the_review_required_and_few_read_it(exchange: Exchange) -> None:
    (number, *_) = tell(exchange, in_hospital)
    words = "The family asks why the call bell was out of reach."
    concern = {
        "resourceType": "ServiceRequest",
        "status": "active",
        "intent": "proposal",
        "subject": {"identifier": {"system": addresses.NHS_NUMBER, "value": number}},
        "reasonCode": [
            {"coding": [{"system": canonical.CONCERN_KIND, "code": "bereaved-concern"}]}
        ],
        "note": [{"text": words}],
    }
    with exchange.client("RM1", "provider") as client:
        made = client.post("/ServiceRequest", json=concern, headers=FHIR)
        assert made.status_code == 201, made.text
        assert client.get(f"/ServiceRequest/{made.json()['id']}").json()["note"][0]["text"] == words
    assert necessity(the_review(exchange, number)) == "required"
    (request,) = exchange.search("RT1", "provider", "ServiceRequest", number)
    assert request["note"][0]["text"] == words
    with exchange.client("P81001", "gp") as practice:
        person = f"{addresses.NHS_NUMBER}|{number}"
        for kind in ("ServiceRequest", "Task"):
            seen = practice.get(f"/{kind}", params={"patient.identifier": person})
            assert words not in seen.text
    assert tasks(exchange, number, "RM1") == []


def put(exchange: Exchange, organisation: str, task: Resource, role: str = "provider") -> Any:
    match = {"If-Match": f'W/"{task["meta"]["versionId"]}"'}
    with exchange.client(organisation, role) as client:
        return client.put(f"/Task/{task['id']}", json=task, headers=FHIR | match)


def test_36_a_decline_asks_the_next_and_the_board_is_last(exchange: Exchange) -> None:
    (number, *_) = tell(exchange, in_hospital)
    reason = {"statusReason": {"text": "We did not give the care in question."}}
    task = the_review(exchange, number)
    declined = put(exchange, "RT1", {**task, "status": "rejected", **reason})
    assert declined.status_code == 200, declined.text
    assert (declined.json()["status"], lead(declined.json())) == ("requested", "QX1")
    assert "We did not give the care" in inputs(declined.json(), "declined")[0]["valueString"]
    last = put(exchange, "QX1", {**declined.json(), "status": "rejected", **reason}, "icb")
    assert last.status_code == 422
    taken = put(exchange, "QX1", {**declined.json(), "status": "accepted"}, "icb")
    assert (taken.status_code, lead(taken.json())) == (200, "QX1")


def test_37_a_lead_is_handed_over_and_never_missing(exchange: Exchange) -> None:
    (number, *_) = tell(exchange, in_hospital)
    task = put(exchange, "RT1", {**the_review(exchange, number), "status": "accepted"}).json()
    offered = put(exchange, "RT1", {**task, "owner": reference_to("RM1")}).json()
    assert lead(offered) == "RT1"
    assert inputs(offered, "offered-to")
    taken = put(
        exchange, "RM1", {**the_review(exchange, number, "RM1"), "owner": reference_to("RM1")}
    )
    assert (taken.status_code, lead(taken.json())) == (200, "RM1")
    with exchange.client("RT1", "provider") as client:
        entries = client.get(f"/Task/{task['id']}/_history").json()["entry"]
    leads = [lead(e["resource"]) for e in entries if "executionPeriod" in e["resource"]]
    assert leads == ["RM1", "RT1", "RT1"]


def test_38_two_accept_at_once_and_exactly_one_wins(exchange: Exchange) -> None:
    """T1 leads and has offered to T2; T2 takes while T1 withdraws: one of them wins."""
    for _ in range(100 if os.environ.get("LFD_NIGHTLY") else 20):
        number = new_nhs_number()
        before = Stay(f"W{number}", "20251220", "20251224", "1", "19")
        other = Person("RT2", number, f"B{number}").message("A03", "20251224100000", stay=before)
        exchange.send(other, *in_hospital(number))
        exchange.wait_settled()
        task = put(exchange, "RT1", {**the_review(exchange, number), "status": "accepted"}).json()
        offered = put(exchange, "RT1", {**task, "owner": reference_to("RT2")}).json()
        kept = [i for i in offered["input"] if i not in inputs(offered, "offered-to")]
        takes = {**offered, "owner": reference_to("RT2")}
        withdraws = {**offered, "input": kept}
        with ThreadPoolExecutor(2) as both:
            one = both.submit(put, exchange, "RT2", takes)
            other_one = both.submit(put, exchange, "RT1", withdraws)
            answers = [one.result(), other_one.result()]
        assert sorted(a.status_code for a in answers) == [200, 412]
        (stale,) = [a for a in answers if a.status_code == 412]
        assert "has led since" in stale.json()["issue"][0]["details"]["text"]


def test_39_to_the_uninvolved_it_is_as_if_there_were_nothing(exchange: Exchange) -> None:
    (number, *_) = tell(exchange, in_hospital)
    task = the_review(exchange, number)
    assert tasks(exchange, number, "RT2") == []
    with exchange.client("RT2", "provider") as client:
        there, nowhere = client.get(f"/Task/{task['id']}"), client.get("/Task/nothing")
    assert there.status_code == nowhere.status_code == 404
    assert there.json()["issue"][0]["details"] == nowhere.json()["issue"][0]["details"]


def test_43_an_inquest_holds_the_review_with_its_reason(exchange: Exchange) -> None:
    (number, *_) = tell(exchange, in_hospital)
    task = put(exchange, "RT1", {**the_review(exchange, number), "status": "accepted"}).json()
    coroner = {"coding": [{"system": canonical.REVIEW_REASON, "code": "coroner"}]}
    held = put(exchange, "RT1", {**task, "status": "on-hold", "statusReason": coroner})
    assert held.status_code == 200, held.text
    assert (held.json()["status"], code(held.json()["statusReason"])) == ("on-hold", "coroner")
    assert "restriction" not in held.json()


def test_44_a_judgement_keeps_the_scale_it_was_made_on(exchange: Exchange) -> None:
    (number, *_) = tell(exchange, in_hospital)
    task = put(exchange, "RT1", {**the_review(exchange, number), "status": "accepted"}).json()
    without = put(exchange, "RT1", {**task, "status": "completed"})
    assert without.status_code == 422
    assert canonical.JUDGEMENT_PRISM in without.json()["issue"][0]["details"]["text"]
    judged = task_output("judgement", concept(canonical.JUDGEMENT_RCP_NQB, "2", "Strong evidence"))
    done = put(exchange, "RT1", {**task, "status": "completed", "output": [judged]})
    assert done.status_code == 200, done.text
    (output,) = done.json()["output"]
    assert output["valueCodeableConcept"]["coding"][0]["system"] == canonical.JUDGEMENT_RCP_NQB
    assert "patient-safety-incident-investigation" in routes(exchange, number)
    assert [code(t["code"]) for t in open_tasks(exchange, number)]


def test_contributors_join_and_leave_and_disagreement_is_kept(exchange: Exchange) -> None:
    (number, *_) = tell(exchange, in_hospital)
    task = the_review(exchange, number)
    joins = [*task["input"], task_input("contributor", reference_to("QX1"))]
    joined = put(exchange, "QX1", {**task, "input": joins}, "icb").json()
    assert inputs(joined, "contributor")
    words = [*joined["input"], task_input("disagreement", "The practice should be asked.")]
    said = put(exchange, "QX1", {**joined, "input": words}, "icb").json()
    assert "The practice should be asked." in inputs(said, "disagreement")[0]["valueString"]
    left = [i for i in said["input"] if i not in inputs(said, "contributor")]
    gone = put(exchange, "QX1", {**said, "input": left}, "icb").json()
    assert inputs(gone, "contributor") == []
    assert inputs(gone, "disagreement")
