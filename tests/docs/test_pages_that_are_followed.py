"""Getting started and the pages that go on from it: a reader who pastes what stands there, in
that order, gets what the pages say."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue
from threading import Thread

from adapter.door import CANNOT_BE_STORED
from tests.docs.blocks import program, shell
from tests.docs.pages import ROOT
from tests.docs.reader import STARTED, Reader
from tests.end_to_end.exchange import PATIENCE

DOCS = ROOT / "docs"
ASK = DOCS / "ask-who-leads.md"
QUARANTINE = DOCS / "quarantine.md"
ENGINES = DOCS / "mirth-and-rhapsody.md"
CONNECT = DOCS / "connect-an-epr.md"
TOLD = DOCS / "subscriptions.md"
NO_PID = "MSH|^~\\&|PAS|ZT1|LFD|ROUTE|20260302101622||ADT^A01|ZT1-0900|P|2.4\rEVN||20260302101500\r"


@contextmanager
def endpoint() -> Generator[tuple[str, SimpleQueue[tuple[bytes, str]]]]:
    """A subscriber's endpoint: its address, and the bodies and signatures that it was sent."""
    received: SimpleQueue[tuple[bytes, str]] = SimpleQueue()

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.put((body, self.headers["X-Signature"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Taking) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"127.0.0.1:{server.server_port}", received
        server.shutdown()
        thread.join()


def test_getting_started_ends_with_the_review_and_its_lead(started: list[str]) -> None:
    loaded, sent, explained, asked = started
    text = STARTED.read_text(encoding="utf-8")
    assert loaded.strip() in text
    assert re.findall(r"^MSA\|AA\|[\w-]+", sent, re.M) == re.findall(r"`(MSA\|AA\|[\w-]+)`", text)
    assert "candidate to lead case-record-review: 1. Northmoor Hospitals" in explained
    (task,) = [one["resource"] for one in json.loads(asked[asked.index("{") :])["entry"]]
    assert (task["status"], task["owner"]["display"]) == ("requested", "Northmoor Hospitals")
    assert f"`{task['status']}`" in text
    assert f"`{task['owner']['display']}`" in text


def test_its_programs_print_what_it_says(reader: Reader, started: list[str]) -> None:
    (said,) = re.findall(r"It prints `(case-record-review [^`]+)`", ASK.read_text("utf-8"))
    environment = {**os.environ, "BASE": reader.exchange.url}
    (reader.folder / "surgery.py").write_text(program(ASK, "python"))
    (reader.folder / "surgery.mjs").write_text(program(ASK, "javascript"))
    commands = [[sys.executable, "surgery.py"]]
    if node := shutil.which("node"):
        commands.append([node, "surgery.mjs"])
    for words in commands:
        done = subprocess.run(
            words, cwd=reader.folder, env=environment, capture_output=True, text=True, timeout=60
        )
        assert done.stdout == f"{said}\n", done.stderr


def test_asking_who_leads_ends_with_an_accepted_lead(reader: Reader, started: list[str]) -> None:
    printed = [reader.follow(block) for block in shell(ASK)]
    task = json.loads(printed[-1][printed[-1].index("{") :])
    assert (task["resourceType"], task["status"]) == ("Task", "accepted")
    assert task["owner"]["display"] == "Northmoor Hospitals"


def test_the_quarantine_is_read_and_released(reader: Reader, started: list[str]) -> None:
    reader.exchange.send(NO_PID)
    reader.exchange.wait_settled()
    listing, *others = shell(QUARANTINE)
    (line,) = reader.follow(listing).strip().splitlines()
    number, _, *stated = line.split("\t")
    (example,) = re.findall(r"^```text\n(.*)\n```", QUARANTINE.read_text("utf-8"), re.M)
    assert re.split(r" {2,}", example)[2:] == stated
    printed = [reader.follow(re.sub(r" 1\b", f" {number}", block)) for block in others]
    assert "MSH|" in printed[0]
    assert [said.strip() for said in printed[1:]] == ["1 released"] * 3
    assert (reader.folder / "message.hl7").read_bytes() == NO_PID.encode()


def test_an_archive_is_counted_and_looked_at(reader: Reader) -> None:
    archive = reader.folder / "archive"
    archive.mkdir()
    story = list((ROOT / "lfd" / "demo" / "story").glob("*.hl7"))
    for message in story:
        shutil.copy(message, archive)
    shutil.copy(archive / "02-died-in-hospital.hl7", reader.folder / "one.hl7")
    (archive / "broken.hl7").write_text(NO_PID, newline="")
    (reader.folder / "your-site.yaml").write_text("organisation: ZT1\n")
    counted, shown, _, checked = (reader.session.tried(block) for block in shell(CONNECT))
    assert re.findall(r"(\d+)  (converted|refused: no PID)", counted) == [
        (str(len(story)), "converted"),
        ("1", "refused: no PID"),
    ]
    assert '"resourceType": "Bundle"' in shown
    assert (reader.folder / "unmapped.ndjson").exists()
    assert "9990000018" not in counted + checked


def test_a_message_of_the_story_tries_the_engines_settings(reader: Reader) -> None:
    (said,) = [reader.follow(block) for block in shell(ENGINES)]
    assert said.startswith("MSA|AA|")


def test_a_subscriber_subscribes_is_told_and_ends_it(reader: Reader, started: list[str]) -> None:
    (registered,) = [block for block in shell(ASK) if "client add trust" in block]
    with endpoint() as (address, received):
        blocks = [block.replace("127.0.0.1:9000", address) for block in shell(TOLD)]
        topics, subscribe, show_secret, status, again, events, end = blocks
        reader.follow(registered)
        assert "review-proposed" in reader.follow(topics)
        reader.follow(subscribe)
        secret = reader.follow(show_secret).strip()
        until = time.monotonic() + PATIENCE
        while '"active"' not in reader.follow(status):
            assert time.monotonic() < until, "the handshake was not taken"
        body, signature = received.get(timeout=PATIENCE)
        assert signature == hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        assert '"resourceType":"Subscription"' in reader.follow(again)
        assert '"type":"history"' in reader.follow(events)
        assert reader.follow(end).strip() == ""
        assert "RESOURCE_NOT_FOUND" in reader.follow(status)


def test_what_the_engines_look_for_is_what_the_adapter_says() -> None:
    (looked_for,) = re.findall(r"indexOf\('([^']+)'\)", program(ENGINES, "javascript"))
    assert looked_for in CANNOT_BE_STORED.text
    assert ENGINES.read_text("utf-8").count(f'"{looked_for}"') == 2
