"""Messages that their sender may not send: refused, on record without content, and in no inbox."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from joserfc.jwk import ECKey
from prometheus_client import CollectorRegistry, generate_latest

from adapter import rules
from adapter.acknowledgement import read_answer
from adapter.door import Entry
from adapter.er7 import read
from adapter.metrics import Metrics
from adapter.mllp.client import Client
from adapter.mllp.server import Listening
from adapter.refusals import Refusals
from adapter.security import Security
from adapter.service import Adapter, Settings
from adapter.tls import TlsFiles
from adapter.token import Credentials
from mappings import Site
from tests.adapter.certificates import Authority, client_context

Adt = Callable[..., bytes]
HERE = "127.0.0.1"
KEY = ECKey.generate_key("P-384").as_pem(private=True).decode()
SENDERS = """
senders:
  - name: engine of RXA
    organisations: [RXA]
    certificates: [cn: engine]
"""
MARK = "MARKEDNAME"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "ca")


@pytest.fixture
def security(tmp_path: Path, authority: Authority) -> Security:
    """Mutual TLS, and a sender file with the certificate `engine` for RXA."""
    pair = authority.server()
    senders = tmp_path / "senders.yaml"
    senders.write_text(SENDERS)
    return Security(TlsFiles(pair.certificate, pair.key, authority.file), senders)


@asynccontextmanager
async def adapting(
    database: str, metrics: Metrics, security: Security, site: Site | None = None
) -> AsyncGenerator[Adapter]:
    site = site or Site.default()
    listening = Listening(HERE, 0, tls=security.mllp_context)
    settings = Settings(
        database, "http://127.0.0.1:9/fhir", Credentials("rxa", KEY), listening=listening
    )
    door, treatment = rules.door(site), rules.treatment(site)
    async with Adapter(settings, door, treatment, metrics, security) as adapter:
        yield adapter


def rows(database: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(database) as connection:
        return connection.execute(query.encode()).fetchall()


async def answer(adapter: Adapter, authority: Authority, name: str, raw: bytes) -> bytes:
    tls = client_context(authority, authority.client(name))
    async with Client(HERE, adapter.mllp_port, tls=tls) as client:
        return await client.send(raw)


async def test_a_sender_is_heard_for_its_own_organisation_only(
    database: str,
    metrics: Metrics,
    samples: CollectorRegistry,
    security: Security,
    authority: Authority,
    adt: Adt,
) -> None:
    forged = adt("2", "RXB")
    async with adapting(database, metrics, security) as adapter:
        assert read_answer(await answer(adapter, authority, "engine", adt("1"))).code == "AA"
        assert not read_answer(await answer(adapter, authority, "engine", forged)).accepted
        said = read(await answer(adapter, authority, "engine", forged))
        msa, err = said.first("MSA"), said.first("ERR")
        assert msa is not None
        assert err is not None
        assert (msa.text(1), msa.text(2)) == ("AR", "2")
        assert [err.text(1, n) for n in (1, 2, 3)] == ["MSH", "1", "4"]
    assert rows(database, "SELECT control_id FROM adapter.inbox") == [("1",)]
    found = rows(
        database,
        "SELECT sender, organisation, control_id, trigger, size, times FROM adapter.refused",
    )
    assert found == [("engine of RXA", "RXB", "2", "A03", len(forged), 2)]
    labels = {"sender": "engine of RXA"}
    assert samples.get_sample_value("adapter_messages_forbidden_total", labels) == 2


@pytest.mark.parametrize(
    "msh_4", ["", "^RXB", "RXB^RXA^L", "RXA-1", "RXAMPLE", "RXB&RXA", "RX", '""', "^^", "RXB~RXA"]
)
async def test_no_spelling_of_msh_4_gets_past_the_binding(
    database: str,
    metrics: Metrics,
    security: Security,
    authority: Authority,
    adt: Adt,
    msh_4: str,
) -> None:
    async with adapting(database, metrics, security) as adapter:
        said = await answer(adapter, authority, "engine", adt("1", msh_4))
        assert read_answer(said).code == "AR"
    assert rows(database, "SELECT 1 FROM adapter.inbox") == []
    assert len(rows(database, "SELECT 1 FROM adapter.refused")) == 1


@pytest.mark.parametrize("msh_4", ["RXA", "rxa", "RXA01", "^RXA", "RXA^RXB"])
async def test_what_counts_is_the_organisation_that_the_conversion_will_name(
    database: str,
    metrics: Metrics,
    security: Security,
    authority: Authority,
    adt: Adt,
    msh_4: str,
) -> None:
    async with adapting(database, metrics, security) as adapter:
        said = await answer(adapter, authority, "engine", adt("1", msh_4))
        assert read_answer(said).code == "AA"
    ((organisation,),) = rows(database, "SELECT organisation FROM adapter.inbox")
    assert str(organisation).startswith("RXA")


async def test_a_certificate_in_no_sender_file_may_send_nothing(
    database: str, metrics: Metrics, security: Security, authority: Authority, adt: Adt
) -> None:
    async with adapting(database, metrics, security) as adapter:
        said = read_answer(await answer(adapter, authority, "other", adt("1")))
        assert (said.code, "sender file" in said.text) == ("AR", True)
    assert rows(database, "SELECT 1 FROM adapter.inbox") == []
    ((sender,),) = rows(database, "SELECT sender FROM adapter.refused")
    assert str(sender).startswith("certificate sha256:")


async def test_a_sender_that_is_taken_away_is_not_heard_on_its_open_connection(
    database: str,
    metrics: Metrics,
    security: Security,
    authority: Authority,
    adt: Adt,
    tmp_path: Path,
) -> None:
    tls = client_context(authority, authority.client("engine"))
    async with (
        adapting(database, metrics, security) as adapter,
        Client(HERE, adapter.mllp_port, tls=tls) as client,
    ):
        assert read_answer(await client.send(adt("1"))).code == "AA"
        (tmp_path / "senders.yaml").write_text(SENDERS.replace("engine]", "another]"))
        assert security.reload()
        assert read_answer(await client.send(adt("2"))).code == "AR"


@pytest.mark.parametrize("two", ["RXB", "RXA"])
async def test_unreadable_messages_are_kept_for_their_own_sender_only(
    database: str, metrics: Metrics, security: Security, authority: Authority, adt: Adt, two: str
) -> None:
    async with adapting(database, metrics, security) as adapter:
        raw = adt("1", two) + adt("2", two)
        code = read_answer(await answer(adapter, authority, "engine", raw)).code
        assert code == ("AE" if two == "RXA" else "AR")
    assert len(rows(database, "SELECT 1 FROM adapter.inbox")) == (two == "RXA")


async def test_nothing_of_a_message_reaches_logs_errors_or_metrics(
    database: str,
    metrics: Metrics,
    samples: CollectorRegistry,
    security: Security,
    authority: Authority,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Every kind of answer, with marked names and with line breaks in each field of MSH."""
    caplog.set_level(logging.DEBUG)
    forged = f"{MARK}\\X0A\\\nWARNING forged \x1b[31m"
    fields = ["MSH|^~\\&", *[f"{forged}{n}" for n in range(3, 20)]]
    marked = f"\rPID|1||9990000018^^^NHS^NH||{MARK}^{MARK}\r"
    messages = [
        "|".join(fields) + marked,
        f"MSH|^~\\&|{forged}|RXA|{forged}||20260314||ADT^A03|{forged}|P|2.4{marked}",
        f"MSH|^~\\&|{forged}|RXA|||20260314||ADT^{MARK}|1|P|2.4{marked}",
        f"MSH|^~\\&|{forged}|{MARK}|||20260314||ADT^A03|1|P|2.4{marked}",
        f"MSH|^~\\&||RXA|||20260314||ADT^A40|1|P|2.4{marked}",
        f"MSH|^~\\&||RXA|||20260314||ADT^A03|1|P|2.4{marked}" * 2,
        f"{MARK}",
        f"MSH{MARK}",
        f"FHS|{MARK}\rMSH|",
    ]
    async with adapting(database, metrics, security) as adapter:
        for sender in ("engine", MARK):
            for raw in messages:
                said = await answer(adapter, authority, sender, raw.encode())
                assert read_answer(said).code in {"AA", "AE", "AR", "CE"}
                assert MARK not in read_answer(said).text
        async with asyncio.timeout(20):
            while rows(database, "SELECT 1 FROM adapter.inbox WHERE state = 'received'"):
                await asyncio.sleep(0.05)
    for text in (caplog.text, generate_latest(samples).decode()):
        assert MARK not in text
        assert "9990000018" not in text
        assert "\x1b" not in text
        assert "WARNING forged" not in text
    assert "message not accepted" in caplog.text


async def test_a_record_that_cannot_be_kept_is_said_and_the_next_is_kept(
    database: str, caplog: pytest.LogCaptureFixture
) -> None:
    entry = Entry("RXB\0", "1", "A03", b"raw", b"x" * 32)
    refusals = Refusals(database)
    await refusals.keep("engine", entry)
    assert "refusal not recorded" in caplog.text
    good = Entry("RXB" * 100, "1" * 1000, "A03", b"raw", b"x" * 32)
    await refusals.keep("engine", good)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'adapter refusals' AND datname = current_database()"
        )
    await refusals.keep("engine", good)
    await refusals.keep("engine", good)
    await refusals.close()
    ((size, times),) = rows(database, "SELECT length(organisation), times FROM adapter.refused")
    assert (size, times) == (100, 2)
