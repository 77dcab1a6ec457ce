"""The day's work as a browser without script does it: steps are done once, stale pages say what
changed, and nothing is shown or found that the API would not show."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest

from tests.console.browsing import Visitor, form_to
from tests.console.filled import (
    ADA,
    BRAM,
    CORA,
    DEV,
    EDITH,
    FARID,
    GWEN,
    HAL,
    FilledConsole,
    Someone,
)  # fmt: skip

Resource = dict[str, Any]


@pytest.fixture
def lead(filled: FilledConsole):
    """Somebody of Trust One, signed in."""
    with filled.visitor() as visitor:
        visitor.sign_in("RT1")
        yield visitor


def case_of(visitor: Visitor, who: Someone) -> httpx.Response:
    """Finds somebody by NHS number, as people do."""
    found = visitor.send(visitor.open("/find"), "/find", number=who.number)
    assert found.status_code == 303, found.text
    assert who.number not in found.headers["location"]
    return visitor.follow(found)


def review_of(page: httpx.Response, name: str = "Case record review") -> str:
    """The id of a review, from the page of its case."""
    found = re.search(rf'id="review-([0-9a-f]{{32}})">\s*<h3[^>]*>{name}', page.text)
    assert found is not None
    return found.group(1)


def take(visitor: Visitor, page: httpx.Response, step: str, **said: str) -> httpx.Response:
    """Takes a step from the page of a case, by its form or by the page of its form."""
    path = f"/reviews/{review_of(page)}/{step}"
    if f'action="{path}"' not in page.text:
        page = visitor.open(path)
    return visitor.send(page, path, None, **said)


def events(console: FilledConsole, *subtypes: str) -> list[Resource]:
    """What the audit record holds of some kinds, the newest last."""
    with psycopg.connect(console.database) as connection:
        rows = connection.execute(
            "SELECT content::jsonb FROM registry.audit_event"
            " WHERE content::jsonb #>> '{subtype,0,code}' = ANY (%s) ORDER BY at, id",
            (list(subtypes),),
        ).fetchall()
    return [row[0] for row in rows]


def test_today_has_what_needs_the_organisation(lead: Visitor) -> None:
    page = lead.open("/").text
    for who in (ADA, BRAM, CORA):
        assert f">{who.name}</a>, died" in page
    assert DEV.name not in page
    assert "Leads proposed to you" in page
    assert "Trust One discharged the person last before the death." in page
    assert "Possible learning disability: please find out" in page
    ended = page[page.index("Ended because facts changed") :]
    assert HAL.name in ended
    assert "The death was taken back by its source." in ended


def test_accepting_is_one_form_and_sent_twice_is_done_once(
    filled: FilledConsole, lead: Visitor
) -> None:
    page = case_of(lead, EDITH)
    form = form_to(page, f"/reviews/{review_of(page)}/accept")
    target = f"{filled.url}{form.action}"
    first, again = (lead.http.post(target, data=form.fields) for _ in range(2))
    assert first.status_code == again.status_code == 303
    done = lead.follow(first)
    assert "Your organisation leads the review." in done.text
    assert done.text.count("Accepted the lead (Case record review)") == 1
    assert "Robin Example, Trust One" in done.text
    forged = done.url.copy_set_param("done", "close")
    assert "The review is closed." not in lead.open(str(forged)).text


def test_a_stale_page_says_who_leads_now_and_what_changed(
    filled: FilledConsole, lead: Visitor
) -> None:
    page = case_of(lead, FARID)
    path = f"/reviews/{review_of(page)}/decline"
    form = lead.open(path)
    with filled.visitor() as colleague:
        colleague.sign_in("RT1")
        assert take(colleague, case_of(colleague, FARID), "accept").status_code == 303
    late = lead.send(form, path, reason="Nobody is free <now>")
    assert late.status_code == 412
    assert "Trust One (RT1) has led since" in late.text
    assert "It was “Lead proposed”, and is now “Accepted”." in late.text
    assert "Nobody is free &lt;now&gt;" in late.text
    assert ">Start the review</a>" in late.text
    assert "Declined" not in case_of(lead, FARID).text


def test_a_review_from_its_lead_to_its_judgement(lead: Visitor) -> None:
    page = lead.follow(take(lead, case_of(lead, GWEN), "accept"))
    assert "Completion by" in page.text
    held = take(lead, page, "hold", reason_code="coroner", reason="Inquest opened")
    page = lead.follow(held)
    assert "Coroner: Inquest opened" in page.text
    page = lead.follow(take(lead, page, "resume"))
    page = lead.follow(take(lead, page, "liaise", contact="Sam Example, 020 7946 0000"))
    assert "Sam Example, 020 7946 0000" in page.text
    page = lead.follow(take(lead, page, "screen", screening="selected"))
    assert "Selected" in page.text
    empty = take(lead, page, "complete")
    assert empty.status_code == 400
    assert "<title>Error: Complete the review" in empty.text
    assert 'href="#judgement"' in empty.text
    done = take(lead, page, "complete", judgement="rcp-nqb-6", theme="Handover\nFluids")
    page = lead.follow(done)
    assert "6 on the RCP scale" in page.text
    assert "not more likely than not due to problems in care" in page.text
    assert page.text.count("<dt>Theme</dt>") == 2
    again = lead.open(f"/reviews/{review_of(page)}/start")
    assert again.status_code == 409
    assert "This can’t be done now" in again.text


def test_an_offer_to_somebody_unknown_is_refused_at_its_field(lead: Visitor) -> None:
    page = lead.follow(take(lead, case_of(lead, BRAM), "accept"))
    refused = take(lead, page, "offer", to="zz9")
    assert refused.status_code == 400
    assert '<a href="#to">The organisation that the lead is offered to' in refused.text
    offered = lead.follow(take(lead, page, "offer", to="rt2"))
    assert "The lead is offered to Trust &lt;b&gt;Two&lt;/b&gt; &amp; Sons." in offered.text


def test_a_question_is_answered_and_leaves_the_list(lead: Visitor) -> None:
    today = lead.open("/")
    found = re.search(r'href="(/reviews/[0-9a-f]{32}/complete)">Answer', today.text)
    assert found is not None
    path = found.group(1)
    assert lead.send(lead.open(path), path).status_code == 400
    answer = lead.send(lead.open(path), path, finding="confirmed", reason="Learning nurse")
    page = lead.follow(answer)
    assert "Your answer is saved." in page.text
    assert "Questions to you" not in page.text
    assert "To be confirmed" not in case_of(lead, CORA).text


def test_a_concern_is_raised_and_taken_back(lead: Visitor) -> None:
    case = case_of(lead, ADA)
    path = f"{urlsplit(str(case.url)).path}/concern"
    form = lead.open(path)
    missing = lead.send(form, path, kind="staff-concern")
    assert missing.status_code == 400
    assert "Say what the concern is" in missing.text
    wrong = {"kind": "staff-concern", "words": "x", "recommended-recommended-pals": "yes"}
    assert "Only a medical examiner recommends" in lead.send(form, path, None, **wrong).text
    raised = lead.send(form, path, kind="bereaved-concern", words="Nine hours <waiting>.")
    page = lead.follow(raised)
    assert "Nine hours &lt;waiting&gt;." in page.text
    assert "The bereaved raised a concern about the care." in page.text
    back = lead.follow(lead.send(page, "/take-back"))
    assert "The concern is taken back." in back.text
    assert "Taken back</strong>" in back.text


def test_every_conclusion_is_explained(lead: Visitor) -> None:
    case = case_of(lead, ADA)
    why = lead.open(f"{case.url.path}/why").text
    assert "standing-claims" in why
    assert "F72 from Trust &lt;b&gt;Two&lt;/b&gt; &amp; Sons (RT2)" in why
    assert "Ada-1 (A03)" in why


def test_outside_ones_own_cases_a_reason_is_asked_and_kept(
    filled: FilledConsole, lead: Visitor
) -> None:
    stranger = Someone("No", "Body", "9990000018")
    answers: list[str] = []
    for who in (DEV, stranger):
        asked = lead.send(lead.open("/find"), "/find", number=who.number)
        assert "Why are you asking?" in asked.text
        missing = lead.send(asked, "/find", asked="yes")
        assert missing.status_code == 400
        told = lead.send(asked, "/find", reason="FAMRQT")
        assert told.status_code == 200
        answers.append(told.text.replace(who.number, "NUMBER"))
    assert answers[0] == answers[1]
    assert DEV.name not in answers[0]
    purposes = [
        event["purposeOfEvent"][0]["coding"][0]["code"]
        for event in events(filled, "search-type")
        if "purposeOfEvent" in event
    ]
    assert set(purposes) == {"FAMRQT"}
    with filled.visitor() as other:
        other.sign_in("RT2")
        case_of(other, DEV)
    found = [e for e in events(filled, "search-type") if "purposeOfEvent" in e]
    about = [e for e in found if any("Patient/" in str(x.get("what")) for x in e["entity"])]
    assert len(about) == 1, "the parties to the case see that it was asked for, and why"
    assert DEV.number not in str(found)


def test_a_concern_about_somebody_outside_reaches_the_case(
    filled: FilledConsole, lead: Visitor
) -> None:
    asked = lead.send(lead.open("/find"), "/find", number=DEV.number)
    outside = lead.send(asked, "/find", reason="HDECD")
    form = lead.send(outside, "/find/concern")
    raised = lead.send(form, "/find/concern", kind="staff-concern", words="Seen at our clinic")
    assert "The concern is raised." in lead.follow(raised).text
    with filled.visitor() as other:
        other.sign_in("RT2")
        page = case_of(other, DEV).text
    assert "Staff raised a concern about the care." in page


def test_a_wrong_number_is_said_at_its_field(lead: Visitor) -> None:
    wrong = lead.send(lead.open("/find"), "/find", number="999 000 0019")
    assert wrong.status_code == 400
    assert '<a href="#number">This is not a valid NHS number: check each digit</a>' in wrong.text
    assert 'value="999 000 0019"' in wrong.text


def test_a_case_is_found_by_its_number(lead: Visitor) -> None:
    case = case_of(lead, ADA)
    number = re.search(r"console-break\">([0-9a-f]{32})<", case.text)
    assert number is not None
    found = lead.send(lead.open("/find"), "/find", number=number.group(1).upper())
    assert found.headers["location"] == case.url.path


def test_whose_case_it_is_not_gets_what_nobody_has(filled: FilledConsole, lead: Visitor) -> None:
    with filled.visitor() as other:
        other.sign_in("RT2")
        theirs = case_of(other, DEV)
        task = review_of(theirs)
    absent = "0" * 32
    for path in (f"{theirs.url.path}", f"{theirs.url.path}/why", f"{theirs.url.path}/concern",
                 f"/reviews/{task}", f"/reviews/{task}/accept"):  # fmt: skip
        mine = lead.open(path)
        none = lead.open(path.replace(task, absent).replace(theirs.url.path, f"/cases/{absent}"))
        assert mine.status_code == none.status_code == 404
        assert mine.text == none.text
    assert lead.open(f"/reviews/{task}/fly").status_code == 404


def test_a_form_without_its_proof_is_refused(filled: FilledConsole, lead: Visitor) -> None:
    page = case_of(lead, ADA)
    path = f"/reviews/{review_of(page)}/accept"
    form = form_to(page, path)
    for left_out in ("csrf_token", "form_id"):
        fields = {name: value for name, value in form.fields.items() if name != left_out}
        assert lead.http.post(filled.url + path, data=fields).status_code == 403
    assert "is proposed to lead" in case_of(lead, ADA).text


def test_what_is_past_due_comes_with_how_long(filled: FilledConsole) -> None:
    with filled.visitor() as visitor:
        visitor.sign_in("RT2")
        page = visitor.follow(take(visitor, case_of(visitor, DEV), "accept"))
        due = re.search(r"Completion by (\d+ \w+ \d{4})", page.text)
        assert due is not None
    filled.clock.forward(timedelta(days=150))
    with filled.visitor() as visitor:
        today = visitor.sign_in("RT2").text
    filled.clock.forward(-timedelta(days=150))
    overdue = today[today.index('id="group-overdue"') :]
    assert DEV.name in overdue
    assert f"Completion due {due.group(1)} (overdue)" in overdue
    assert re.search(r"It was due \d+ days ago\.", overdue)
    assert "<dt>Overdue</dt><dd>1</dd>" in today


def test_sessions_are_on_record(filled: FilledConsole) -> None:
    with filled.visitor() as visitor:
        page = visitor.sign_in("RME")
        visitor.send(page, "/sign-out")
        assert visitor.get("/sign-in/callback?state=x").status_code == 400
    login, refused = events(filled, "110122")[-2:]
    logout = events(filled, "110123")[-1]
    codes = [event["type"]["code"] for event in (login, refused, logout)]
    assert codes == ["110114"] * 3
    assert [event["outcome"] for event in (login, refused, logout)] == ["0", "4", "0"]
    people = [a["who"].get("identifier", {}).get("value") for a in login["agent"]]
    assert "RME" in people
    assert any(str(one).startswith("999") for one in people)
    assert [a["requestor"] for a in refused["agent"]] == [False, False]
