"""What `lfd load` makes of an archive is what the same messages make live: same facts, same state.

One exchange gets a synthetic area by MLLP, in the order of sending. Another gets it loaded:
shuffled, packed in several ways, by two loads at once, a part of it live as well, and one load
killed midway.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import subprocess
import time
import zipfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any, cast

import pytest

from adapter import er7
from tests.end_to_end.adt import Person, Stay
from tests.end_to_end.exchange import LFD, Exchange, lfd

SEED, PEOPLE = "4", "30"
# What depends on the registry's own secret or clock, and on nothing that was sent.
OWN = {"id", "versionId", "lastUpdated", "authoredOn", "lastModified", "recorded", "reference"}
KEYED = re.compile(r"[0-9a-f]{32}")


@pytest.fixture(scope="module")
def area(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("history") / "area"
    size = ["--seed", SEED, "--people", PEOPLE, "--rates", "dense"]
    lfd("simulate", "generate", "--out", str(out), *size)
    return out


@contextmanager
def exchange_of(area: Path, data: Path) -> Generator[Exchange]:
    running = Exchange(data, options=["--forget-allowance-days", "36500"])
    running.start()
    try:
        lfd("organisation", "load", str(area / "organisations.csv"), "--data", str(running.data))
        yield running
    finally:
        assert running.stop() == 0, running.log()


def messages(area: Path) -> list[bytes]:
    """All messages by MSH-7."""
    found = [m for file in sorted(area.glob("*.hl7")) for m in er7.split(file.read_bytes())]
    return sorted(found, key=lambda message: er7.read(message).header.text(7))


def archive(folder: Path, parts: Sequence[Sequence[bytes]]) -> None:
    """Each part packed in another way."""
    bare, framed, zipped, envelope = parts
    (folder / "years").mkdir(parents=True)
    (folder / "bare.hl7").write_bytes(b"".join(bare))
    with gzip.open(folder / "years" / "framed.gz", "wb") as packed:
        packed.write(b"".join(b"\x0b" + message + b"\x1c\r" for message in framed))
    with zipfile.ZipFile(folder / "years" / "each.zip", "w") as packed:
        for number, message in enumerate(zipped):
            packed.writestr(f"{number}.hl7", message)
    whole = b"FHS|^~\\&\rBHS|^~\\&\r" + b"".join(envelope) + b"BTS\rFTS\r"
    (folder / "years" / "envelope.hl7").write_bytes(whole)


def loading(folder: Path, data: Path, *more: str) -> subprocess.Popen[bytes]:
    words = [*LFD, "load", str(folder), "--data", str(data), *more]
    return subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def kill_midway(process: subprocess.Popen[bytes], running: Exchange) -> None:
    begun = "SELECT count(*) FROM adapter.history_file WHERE finished_at IS NULL"
    while not running.rows(begun)[0][0]:
        assert process.poll() is None
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


def facts(running: Exchange) -> list[Any]:
    return sorted(
        running.rows("SELECT source, content_hash, control_order FROM registry.statement")
    )


def state(running: Exchange) -> list[tuple[str, ...]]:
    """Everything that stands in a registry of the deaths in it, without what is its own.

    What an earlier message seemed to say and a later one took back is kept as ended: that is the
    record of what was shown in between, and so of the order, which is another here.
    """
    rows = running.rows(
        "SELECT p.key_system, p.key_value, r.type, r.content"
        " FROM registry.resource r JOIN registry.person p ON p.id = r.person"
        " WHERE coalesce(r.status, r.searched #>> '{verificationStatus,coding,0,code}', '')"
        "   NOT IN ('entered-in-error', 'cancelled', 'completed')"
        "   AND r.type <> 'Patient' AND EXISTS (SELECT FROM registry.resource d"
        "   WHERE d.person = p.id AND d.type = 'Observation' AND d.status = 'final')"
    )
    return sorted((*row[:3], json.dumps(shared(json.loads(row[3])))) for row in rows)


def shared(value: Any) -> Any:
    """Takes a resource or a part of it; returns it without what is the registry's own."""
    if isinstance(value, dict):
        parts = cast("dict[str, Any]", value)
        return {name: shared(part) for name, part in parts.items() if name not in OWN}
    if isinstance(value, list):
        return [shared(part) for part in cast("list[Any]", value)]
    return KEYED.sub("", value) if isinstance(value, str) else value


@pytest.mark.timeout(300)
def test_loaded_in_any_order_and_at_once_it_is_as_if_it_had_come_live(
    area: Path, tmp_path: Path
) -> None:
    sent = messages(area)
    with exchange_of(area, tmp_path / "live") as live:
        file = tmp_path / "all.hl7"
        file.write_bytes(b"".join(sent))
        lfd("send", str(file), "--to", live.mllp, check=False)
        live.wait_settled()
        expected = facts(live), state(live)

    shuffled = list(sent)
    Random("history").shuffle(shuffled)
    both = tmp_path / "one", tmp_path / "other"
    archive(both[0], [shuffled[n::8] for n in range(4)])
    # The other archive repeats some of the first.
    archive(both[1], [shuffled[n::8] + shuffled[:5] for n in range(4, 8)])
    with exchange_of(area, tmp_path / "loaded") as loaded:
        data = loaded.data
        kill_midway(loading(both[0], data, "--rate", "10"), loaded)
        processes = [loading(folder, data, "--wait") for folder in both]
        loaded.send(*(message.decode() for message in sent[:20]))
        assert [process.wait(120) for process in processes] == [0, 0]
        loaded.wait_settled()
        assert (facts(loaded), state(loaded)) == expected
        assert loaded.rows("SELECT DISTINCT state FROM adapter.inbox") == [("delivered",)]


def test_a_csv_ends_in_the_state_of_the_same_messages(exchange: Exchange, tmp_path: Path) -> None:
    """The same story of two people, one told by messages, one by rows: the same reviews."""
    told, loaded = "9990000026", "9990000034"
    stay = Stay("V-CSV-1", "202601050900", "202601100930", "1", "19", specialty="300")
    person = Person("RT1", told, "CSV1")
    sent = (
        person.message("A03", "202601101000", stay=stay, diagnosis="F72"),
        person.message("A31", "202601201000", died="20260115", indicator="Y"),
    )
    exchange.send(*sent)
    names = "organisation,nhs_number,local_id,practice,birth_date,sex,visit,admitted,specialty"
    names += ",discharged,discharge_method,discharge_destination,diagnoses,died,recorded"
    who = f"RT1,{loaded},CSV2,P81001,1950-02-03,2"
    rows = (
        f"{who},V-CSV-2,2026-01-05 09:00,300,2026-01-10 09:30,1,19,F72,,2026-01-10 10:00",
        f"{who},,,,,,,,2026-01-15,2026-01-20 10:00",
    )
    file = tmp_path / "deaths.csv"
    file.write_text("\n".join((names, *reversed(rows))))
    lfd("load", str(file), "--data", str(exchange.data), "--wait")
    exchange.wait_settled()
    assert reviews(exchange, loaded) == reviews(exchange, told) != []


def reviews(exchange: Exchange, number: str) -> list[tuple[str, ...]]:
    found = exchange.search("QX1", "icb", "Task", number)
    return sorted(
        (t["status"], t["code"]["coding"][0]["code"], t["owner"]["display"]) for t in found
    )
