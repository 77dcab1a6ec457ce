"""Nothing personal is written outside the databases: the demo's story, told of marked people by
every way in and out, and then the marks looked for in whatever else was written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from lfd.demo import participants
from nhs import addresses
from tests.end_to_end.exchange import PATIENCE, Exchange, Resource, lfd
from tests.end_to_end.marked import Marked, Person
from tests.tracing.collector import Collector, collecting

FHIR = {"Content-Type": "application/fhir+json"}
TYPES = ("Task", "Patient", "Observation", "Flag", "Encounter", "Condition", "Provenance",
         "ServiceRequest", "AuditEvent")  # fmt: skip
CONCERN = "https://fhir.learning-from-deaths.example/CodeSystem/concern"
# The cluster's own files are the database.
DATABASE = "postgres"


@dataclass
class Seen:
    """What came out beside the data: where it was, and what it said."""

    texts: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def note(self, where: str, text: str) -> None:
        """Keeps a text for the search."""
        self.texts.append((where, text))

    def answer(self, where: str, answer: httpx.Response) -> Any:
        """Keeps an answer's headers, and its body where it is an error; of a body that is data,
        the addresses in it. Returns the body's JSON, None where it has none."""
        self.note(f"{where}: headers", str(answer.headers.multi_items()))
        if answer.status_code >= 400:
            self.note(f"{where}: {answer.status_code}", answer.text)
        if "json" not in answer.headers.get("content-type", ""):
            return None
        body = answer.json()
        for url in _addresses(body):
            self.note(f"{where}: address", url)
        return body

    def holding(self, marks: list[str]) -> list[str]:
        """Where any of the marks stands; each place once, with what is around the mark."""
        pattern = re.compile("|".join(re.escape(mark) for mark in marks), re.IGNORECASE)
        return sorted({where for where, text in self.texts if pattern.search(text)})


def _addresses(value: Any) -> Iterator[str]:
    """Links, full URLs, references and ids: what clients write down and put into addresses."""
    if isinstance(value, list):
        for item in cast(list[Any], value):
            yield from _addresses(item)
    elif isinstance(value, dict):
        for name, inner in cast(dict[str, Any], value).items():
            if name in ("url", "fullUrl", "reference", "id", "location", "etag"):
                yield str(inner)
            else:
                yield from _addresses(inner)


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as made:
        yield made


@pytest.fixture
def exchange(tmp_path: Path, collector: Collector) -> Iterator[Exchange]:
    running = Exchange(tmp_path / "data", ("--traces", collector.url))
    running.start()
    directory = Path(participants.__file__).with_name("organisations.csv")
    lfd("organisation", "load", str(directory), "--data", str(running.data))
    yield running
    if running.process is not None and running.process.poll() is None:
        running.stop()


def _asks(client: httpx.Client, seen: Seen, person: Person) -> None:
    """Searches of every type by everything that identifies, by GET and by POST."""
    number = f"{addresses.NHS_NUMBER}|{person.number}"
    for kind in TYPES:
        name = "identifier" if kind == "Patient" else "patient.identifier"
        asked = {name: number, "_count": "1", "_total": "accurate"}
        found = seen.answer(f"GET {kind}", client.get(f"/{kind}", params=asked))
        seen.answer(f"POST {kind}", client.post(f"/{kind}/_search", data=asked))
        for _ in range(4):
            following = _next(found)
            if following is None:
                break
            found = seen.answer(f"page of {kind}", client.get(following))
        if kind == "AuditEvent" and found:
            seen.note("audit record", str(found))
    seen.answer("include", client.get("/Task", params={"_include": "*", "patient": person.number}))
    for url in ("/Task/_history", "/Patient/_history", "/metadata"):
        seen.answer(url, client.get(url))


def _next(bundle: Any) -> str | None:
    links: list[dict[str, str]] = bundle.get("link", []) if bundle else []
    return next((link["url"] for link in links if link["relation"] == "next"), None)


def _mistakes(client: httpx.Client, seen: Seen, person: Person) -> None:
    """Personal data where none belongs."""
    for mark in (person.number, person.surname, person.hospital_number, "Qzxfreetext"):
        for path in (
            f"/Patient/{mark}",
            f"/Task/{mark}/_history/{mark}",
            f"/{mark}",
            # The name of a parameter is repeated, where it is made of letters as a name is.
            f"/Task?{person.number}={mark}",
            f"/Task?status={mark}|{mark}|{mark}",
            f"/Task?_lastUpdated={mark}",
            f"/Task?_sort={mark}&_elements={mark}",
            f"/Task?patient.identifier={mark}",
            f"/Patient?identifier={mark}|x",
            f"/Task?_page={mark}",
            f"/Patient?name={mark}",
        ):
            seen.answer(f"mistake {path.replace(mark, 'MARK')}", client.get(path))
            lenient = client.get(path, headers={"Prefer": "handling=lenient"})
            body: Resource = seen.answer("left aside", lenient) or {}
            said: list[dict[str, Resource]] = body.get("entry", [])
            for entry in said:
                if entry["resource"]["resourceType"] == "OperationOutcome":
                    seen.note("left aside", str(entry))
        for body in (
            {"resourceType": mark},
            {"resourceType": "Task", mark: mark},
            {"resourceType": "Bundle", "type": "message", "entry": [{mark: mark}]},
            {"resourceType": "Patient", "birthDate": mark, "name": [{"family": mark, "use": mark}]},
            {"resourceType": "ServiceRequest", "status": mark, "intent": mark, "note": mark},
        ):
            for where in ("/ServiceRequest", "/$process-message", "/", "/Task/$validate"):
                seen.answer(f"mistake in {where}", client.post(where, json=body, headers=FHIR))
            seen.answer(
                "mistake in PUT",
                client.put("/Task/1", json=body, headers=FHIR | {"If-Match": mark}),
            )
        content = f'{{"resourceType": "{mark}", '.encode()
        seen.answer("broken", client.post("/ServiceRequest", content=content, headers=FHIR))
        for name in ("X-Request-ID", "X-Correlation-ID", "Accept", "Prefer", "If-None-Match",
                     "User-Agent", "Referer", "traceparent", "tracestate", "baggage"):  # fmt: skip
            answer = client.get("/Task?_count=1", headers={name: mark})
            seen.answer(f"header {name}", answer)


def _steps(exchange: Exchange, seen: Seen, person: Person) -> None:
    """A concern with words, a review declined with words and, by the next, taken."""
    with exchange.client("ZT1", "provider") as client:
        concern = {
            "resourceType": "ServiceRequest",
            "identifier": [{"system": "https://example.org/x", "value": f"Qzxtold{person.number}"}],
            "status": "active",
            "intent": "proposal",
            "subject": {"identifier": {"system": addresses.NHS_NUMBER, "value": person.number}},
            "reasonCode": [{"coding": [{"system": CONCERN, "code": "staff-concern"}]}],
            "note": [{"text": f"Qzxtold about {person.surname}"}],
        }
        answer = client.post("/ServiceRequest", json=concern, headers=FHIR)
        assert answer.status_code == 201, answer.text
        seen.answer("concern", answer)
        for task in _tasks(client, person):
            changes: list[Resource] = [
                {"status": "rejected", "statusReason": {"text": f"Qzxtold {person.surname}"}},
                {"status": "Qzxtold"},
                {"status": "accepted", "note": [{"text": f"Qzxtold {person.number}"}]},
            ]
            for change in changes:
                match = {"If-Match": f'W/"{task["meta"]["versionId"]}"'}
                address = f"/Task/{task['id']}"
                made = client.put(address, json={**task, **change}, headers=FHIR | match)
                seen.answer("step", made)
            seen.answer("versions", client.get(f"/Task/{task['id']}/_history"))


def _tasks(client: httpx.Client, person: Person) -> list[Resource]:
    asked = {"patient.identifier": f"{addresses.NHS_NUMBER}|{person.number}"}
    found = client.get("/Task", params=asked).json().get("entry", [])
    return [entry["resource"] for entry in found]


def _bad_messages(exchange: Exchange, seen: Seen, good: str) -> None:
    """Messages for the quarantine and the door, by MLLP and by HTTP."""
    bad = [
        good.replace("ADT^A03^ADT_A03", "ADT^A99^Qzxtold").replace("ZT1-0102", "BAD-1"),
        good.replace("ADT^A03^ADT_A03", "ORU^R01").replace("ZT1-0102", "BAD-2"),
        re.sub(r"\rPID[^\r]*", "", good).replace("ZT1-0102", "BAD-3"),
        good.replace("|P|2.4", "|Q|2.4").replace("ZT1-0102", "BAD-4"),
        re.sub(r"\|20260309042000", "|Qzxtold", good).replace("ZT1-0102", "BAD-5"),
        f"{good.replace('ZT1-0102', 'BAD-6')}ZZZ|Qzxtold\r" * 2,
        good.replace("|ZT1|", "|NOWHERE|").replace("ZT1-0102", "BAD-7"),
    ]
    for answer in exchange.send(*bad):
        seen.note("acknowledgement", answer)
    for message in (*bad, "Qzxtold", "MSH|Qzxtold"):
        answer = httpx.post(f"{exchange.url}/hl7v2", content=message.encode(), timeout=PATIENCE)
        seen.note("acknowledgement by HTTP", answer.text)
    exchange.wait_settled()
    listed = lfd("quarantine", "list", "--data", str(exchange.data), check=False)
    seen.note("lfd quarantine list", listed.stdout + listed.stderr)


def _token_mistakes(exchange: Exchange, seen: Seen, person: Person) -> None:
    for mark in (person.number, person.surname):
        for form in (
            {"grant_type": mark},
            {"grant_type": "client_credentials", "client_assertion": mark, mark: mark},
            {"grant_type": "client_credentials", "client_assertion_type": mark, "client_id": mark},
        ):
            url = f"{exchange.url}/oauth2/token"
            seen.answer("token", httpx.post(url, data=form, timeout=PATIENCE))
    for path in (person.number, f"{person.surname}/{person.number}?{person.number}"):
        answer = httpx.get(f"{exchange.url}/{path}", timeout=PATIENCE)
        seen.note("nowhere", f"{answer.text} {answer.headers}")


def _commands(exchange: Exchange, seen: Seen, person: Person) -> None:
    """Commands that fail at personal data; those whose purpose is to show it are not asked."""
    where = ["--data", str(exchange.data)]
    for words in (
        ["explain", f"{person.number[:9]}0{person.surname}", *where],
        ["held", f"{person.surname}", *where],
        ["forget", "--dry-run", *where],
        ["held", *where],
        ["quarantine", "release", "999999", *where],
    ):
        done = lfd(*words, check=False)
        # What was typed is on the terminal already; that it is repeated there is no disclosure.
        said = done.stdout + done.stderr
        seen.note(f"lfd {words[0]}", said.replace(words[1], "") if words[1] else said)


def _files(exchange: Exchange, seen: Seen) -> None:
    for path in sorted(exchange.data.parent.rglob("*")):
        inside = path.relative_to(exchange.data.parent)
        is_database = inside.parts[:2] == (exchange.data.name, DATABASE)
        if path.is_file() and not is_database and path.name != "messages.hl7":
            seen.note(f"file {inside}", path.read_bytes().decode(errors="replace"))
            seen.note(f"name {inside}", str(inside))


@pytest.mark.timeout(900)
def test_marked_people_leave_no_mark(exchange: Exchange, collector: Collector) -> None:
    marked, seen = Marked(), Seen()
    told = marked.messages()
    answers = exchange.send(*told.values())
    assert [answer.split("|")[1] for answer in answers] == ["AA"] * len(told)
    for answer in answers:
        seen.note("acknowledgement", answer)
    exchange.wait_settled()

    _bad_messages(exchange, seen, told["ZT1-0102"])
    people = list(marked.people.values())
    reviewed = 0
    callers = [("ZT1", "provider"), ("ZT2", "provider"), ("ZM1", "provider"), ("Z99901", "gp"),
               ("ZB1", "icb")]  # fmt: skip
    for organisation, role in callers:
        with exchange.client(organisation, role) as client:
            for person in people:
                _asks(client, seen, person)
                reviewed += len(_tasks(client, person))
    assert reviewed > len(callers), "there was nothing to be seen"
    for person in people[:2]:
        _steps(exchange, seen, person)
    for organisation, role in (("ZT1", "provider"), ("Z99901", "gp")):
        with exchange.client(organisation, role) as client:
            _mistakes(client, seen, people[0])
    _token_mistakes(exchange, seen, people[0])
    _commands(exchange, seen, people[0])
    seen.note("metrics", httpx.get(f"{exchange.url}/metrics", timeout=PATIENCE).text)
    assert exchange.stop() == 0
    _files(exchange, seen)
    for text in collector.texts:
        seen.note("traces", text)
    traced = {span.name for span in collector.spans}
    assert {"adapter receipt", "adapter delivery", "registry transaction", "GET none"} <= traced

    stored = exchange.rows("SELECT content FROM registry.resource WHERE type = 'Patient'")
    assert marked.marks[0] in str(stored), "the marks never came as far as the database"
    assert {"data.log", "data/postgres.log"} <= {
        where.removeprefix("file ") for where, _ in seen.texts if where.startswith("file ")
    }
    assert seen.holding(marked.marks) == []


def test_a_mark_that_is_there_is_found() -> None:
    """Without this the test above would show nothing."""
    seen, marked = Seen(), Marked()
    marked.messages()
    person = next(iter(marked.people.values()))
    seen.note("spaced", f"x {person.number[:3]} {person.number[3:6]} {person.number[6:]} y")
    seen.note("small", person.surname.lower())
    body = {"link": [{"url": f"http://x/?identifier={person.number}"}], "entry": [{"id": "Qzxada"}]}
    request = httpx.Request("GET", "http://x")
    seen.answer("found", httpx.Response(200, json=body, request=request))
    headers = {"Location": f"/Patient/{person.hospital_number}"}
    seen.answer("made", httpx.Response(201, headers=headers, request=request))
    seen.note("clean", "nothing here")
    places = ["found: address", "made: headers", "small", "spaced"]
    assert seen.holding(marked.marks) == places
