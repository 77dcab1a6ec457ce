"""The drill of docs/backup.md: the registry's disk is lost, it is restored to a point in time
before that, and the adapter delivers again what came after. It then says what it said before."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.backup.archived_server import REDELIVER, Archived
from tests.cluster.exchange import Exchange
from tests.end_to_end.adt import new_nhs_number
from tests.end_to_end.exchange import lfd
from tests.end_to_end.telling import in_hospital

PATIENCE = 60.0
# The adapter's clock and the registry's may differ; too early does no harm.
MARGIN = timedelta(minutes=1)


@pytest.fixture
def place() -> Iterator[Path]:
    # Not tmp_path: the server's account has to get there.
    with tempfile.TemporaryDirectory(prefix="lfd-restore-") as directory:
        Path(directory).chmod(0o711)
        yield Path(directory)


def send(exchange: Exchange, numbers: list[str]) -> None:
    file = exchange.key("messages").with_suffix(".hl7")
    file.write_text("".join(text for n in numbers for text in in_hospital(n)), newline="")
    lfd("send", str(file), "--to", f"127.0.0.1:{exchange.mllp_port}")
    settled(exchange)


def settled(exchange: Exchange) -> None:
    """Waits until every message is delivered."""
    until = time.monotonic() + PATIENCE
    query = "SELECT count(*) FROM adapter.inbox WHERE state <> 'delivered'"
    with psycopg.connect(exchange.databases["adapter"], autocommit=True) as connection:
        while connection.execute(query).fetchone() != (0,):
            assert time.monotonic() < until, "messages are not delivered"
            time.sleep(0.05)


def said(exchange: Exchange) -> dict[tuple[str, str], Any]:
    """All resources about people by type and id, but for what says when they were written."""
    query = "SELECT type, id, content FROM registry.resource WHERE person IS NOT NULL"
    with psycopg.connect(exchange.databases["registry"]) as connection:
        rows = connection.execute(query).fetchall()
    return {(row[0], row[1]): _timeless(json.loads(row[2])) for row in rows}


def redelivering(since: str, database: str) -> list[str]:
    """The words of the page's `lfd redeliver`, with this time and database."""
    program, *words = REDELIVER.split()
    assert program == "lfd"
    words[words.index("--since") + 1] = since
    words[words.index("--database") + 1] = database
    return words


def _timeless(resource: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in resource.items()
        if name not in ("meta", "lastModified", "authoredOn", "recorded")
    }


def numbers_in(resources: dict[tuple[str, str], Any]) -> set[str]:
    return {
        identifier["value"]
        for (kind, _), resource in resources.items()
        if kind == "Patient"
        for identifier in resource["identifier"]
        if identifier["value"].startswith("999")
    }


@pytest.mark.timeout(300)
def test_a_registry_restored_to_a_point_in_time_hears_the_rest_again(place: Path) -> None:
    registry, adapter = Archived(place / "registry"), Archived(place / "adapter")
    exchange = Exchange(place, registry.database("registry"), adapter.database("adapter"))
    before, between, after = ([new_nhs_number() for _ in range(3)] for _ in range(3))
    try:
        exchange.start()
        send(exchange, before)
        registry.base_backup()
        send(exchange, between)
        instant: datetime = registry.now()
        send(exchange, after)
        undisturbed = said(exchange)
        assert numbers_in(undisturbed) == {*before, *between, *after}

        exchange.stop_registry()
        registry.lose()
        registry.restore(to=instant)
        exchange.databases["registry"] = registry.database("registry")
        assert numbers_in(said(exchange)) == {*before, *between}

        exchange.start_registry()
        since = (instant - MARGIN).isoformat()
        told = lfd(*redelivering(since, exchange.databases["adapter"])).stdout
        assert int(told.split()[0]) >= len(after) * 2
        settled(exchange)
        assert said(exchange) == undisturbed
    finally:
        exchange.stop()
        registry.stop()
        adapter.stop()
