"""Door and conversion together: what each real message is answered, and what becomes of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import orjson
import psycopg
import pytest
from joserfc.jwk import ECKey

from adapter import er7, rules
from adapter.acknowledgement import read_answer
from adapter.metrics import Metrics
from adapter.mllp.client import Client
from adapter.mllp.server import Listening
from adapter.service import Adapter, Settings
from adapter.token import Credentials
from adapter.treatment import CONVERTED, NOT_RELEVANT, QUARANTINED
from lfd.site import of_a_test_system
from mappings import Site

Adt = Callable[..., bytes]
CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
KEY = ECKey.generate_key("P-384").as_pem(private=True).decode()
NO_REGISTRY = "http://127.0.0.1:9/fhir"


@pytest.fixture(scope="module")
def site() -> Site:
    return Site.default()


def test_message_is_converted_and_minimised(site: Site, adt: Adt) -> None:
    treated = rules.treatment(site)(adt("1"))
    assert treated.state == CONVERTED
    assert treated.bundle is not None
    bundle = orjson.loads(treated.bundle)
    assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "message")


def test_refusal_is_quarantined_with_its_reason(site: Site) -> None:
    raw = b"MSH|^~\\&|PAS|RXA|||20260314||ADT^A40|1|P|2.4\rPID|1||1^^^RXA\r"
    treated = rules.treatment(site)(raw)
    assert treated.state == QUARANTINED
    assert treated.reason is not None
    assert treated.reason.location == "MRG"


def test_event_that_says_nothing_about_a_person_is_not_relevant(site: Site) -> None:
    raw = b"MSH|^~\\&|PAS|RXA|||20260314||ADT^A20|1|P|2.4\rEVN|A20|20260314\rNPU|1|U\r"
    assert rules.treatment(site)(raw).state == NOT_RELEVANT


@pytest.mark.parametrize(
    ("raw", "code", "location"),
    [
        (b"MSH|^~\\&|PAS|RXA|||20260314||ORU^R01|1|P|2.4\rPID|1||1\r", "AR", "MSH-9"),
        (b"MSH|^~\\&|PAS|RXA|||20260314||ADT^A01|1|X|2.4\rPID|1||1\r", "AR", "MSH-11"),
        (b"MSH|^~\\&|PAS|RXA|||20260314||ADT^A01|1|P|2.4\r", "AE", "PID"),
        (b"MSH|^~\\&|PAS||||20260314||ADT^A01|1|P|2.4\rPID|1||1\r", "AE", "MSH-4"),
    ],
)
def test_faults_at_the_door(site: Site, raw: bytes, code: str, location: str) -> None:
    verdict = rules.door(site).judge(raw)
    assert verdict.code == code
    assert verdict.reason is not None
    assert verdict.reason.location == location
    assert (verdict.entry is None) == (code == "AR")


@pytest.mark.parametrize(
    ("taken", "code"),
    [
        (["P"], {"P": "AA", "p": "AA", "": "AA", "T": "AR", "t": "AR", "D": "AR", "T^A": "AR"}),
        (["P", "T"], {"P": "AA", "T": "AA", "D": "AR"}),
        (["T"], {"P": "AR", "": "AR", "T": "AA"}),
    ],
)
def test_training_is_refused_where_real_people_are(
    site: Site, taken: list[str], code: dict[str, str]
) -> None:
    door = rules.door(replace(site, processing_ids=frozenset(taken)))
    for processing_id, expected in code.items():
        raw = f"MSH|^~\\&|PAS|RXA|||20260314||ADT^A01|1|{processing_id}|2.4\rPID|1||1\r".encode()
        verdict = door.judge(raw)
        assert verdict.code == expected, processing_id
        assert (verdict.entry is None) == (expected == "AR")
        assert verdict.reason is None or verdict.reason.code == "202"


def test_the_default_takes_production_alone_and_lfd_up_all(site: Site) -> None:
    assert site.processing_ids == {"P"}
    assert of_a_test_system(site).processing_ids == {"P", "T", "D"}


def test_inbox_is_told_the_organisation(site: Site, adt: Adt) -> None:
    for written, organisation in (("RXA", "RXA"), ("St Elsewhere", "ST ELSEWHERE")):
        entry = rules.door(site).judge(adt(organisation=written)).entry
        assert entry is not None
        assert entry.organisation == organisation


def count_by_state(database: str) -> dict[str, int]:
    with psycopg.connect(database) as connection:
        query = "SELECT state, count(*) FROM adapter.inbox GROUP BY state"
        return {str(state): int(count) for state, count in connection.execute(query)}


def wants_no_answer(message: bytes) -> bool:
    with contextlib.suppress(er7.NotHl7):
        header = er7.read(message).header
        return {header.text(15), header.text(16)} == {"NE"}
    return False


def corpus() -> Iterator[Path]:
    yield from (path for path in sorted(CORPUS.rglob("*")) if path.suffix in {".hl7", ".txt"})


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of sample messages is not beside this")
async def test_every_message_of_the_corpus_is_answered_and_comes_to_an_end(
    database: str, metrics: Metrics, site: Site
) -> None:
    settings = Settings(
        database, NO_REGISTRY, Credentials("rxa", KEY), listening=Listening("127.0.0.1", 0)
    )
    adapter = Adapter(settings, rules.door(site), rules.treatment(site), metrics)
    answered: dict[str, int] = {}
    async with adapter, Client("127.0.0.1", adapter.mllp_port) as client:
        for path in corpus():
            for message in er7.split(path.read_bytes()):
                if wants_no_answer(message):
                    await client.write(message)
                    continue
                answer = read_answer(await client.send(message))
                answered[answer.code] = answered.get(answer.code, 0) + 1
        async with asyncio.timeout(60):
            while "received" in count_by_state(database):
                await asyncio.sleep(0.05)
    assert sum(answered.values()) > 500
    assert set(answered) <= {"AA", "AE", "AR", "CA", "CR", "CE"}
    with psycopg.connect(database) as connection:
        query = "SELECT reason_text FROM adapter.inbox WHERE reason_code = '207'"
        assert connection.execute(query).fetchall() == []
