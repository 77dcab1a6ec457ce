"""An integration team's own feed: what is shown, mended and released, and that it is theirs."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import orjson
import psycopg
import pytest

from adapter.integration import Integration, MessageChanged, fingerprint
from adapter.mending import CannotMend, text_of
from adapter.quarantine import NotQuarantined
from adapter.site_fixing import BacklogChanged, CannotUseSite, Trial
from adapter.traffic import Traffic
from tests.adapter.conftest import adt

NOW = datetime(2026, 3, 14, 10, 30, tzinfo=UTC)
REASON = ("207", "PV1[1]-36", "The discharge method is not known.")
CODES = "codes: {admission-method: {}}\n"


def keep(database: str, raw: bytes, organisation: str = "RXA", state: str = "quarantined") -> int:
    """Puts a message into the inbox; returns its id."""
    with psycopg.connect(database) as connection:
        row = connection.execute(
            "INSERT INTO adapter.inbox (organisation, control_id, trigger, sha256, raw, state,"
            " reason_code, reason_location, reason_text) VALUES (%s, '1', 'A03', %s, %s, %s,"
            " %s, %s, %s) RETURNING id",
            [organisation, hashlib.sha256(raw).digest(), raw, state, *REASON],
        ).fetchone()
    assert row is not None
    return int(row[0])


def row_of(database: str, message_id: int) -> tuple[object, ...]:
    with psycopg.connect(database) as connection:
        found = connection.execute(
            "SELECT state, releases, corrected, site_fix FROM adapter.inbox WHERE id = %s",
            [message_id],
        ).fetchone()
    assert found is not None
    return found


def outbox(database: str) -> dict[int, bytes]:
    with psycopg.connect(database) as connection:
        rows = connection.execute("SELECT inbox_id, bundle FROM adapter.outbox").fetchall()
    return dict(rows)


async def counted(database: str, organisation: str, at: datetime, messages: int) -> None:
    traffic = Traffic(database, lambda: at)
    for _ in range(messages):
        traffic.count(organisation, "AA")
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        await traffic.write(connection)


async def test_a_feed_says_what_came_and_what_waits(database: str) -> None:
    await counted(database, "RXA", NOW - timedelta(hours=2), 5)
    await counted(database, "RXA", NOW - timedelta(days=3), 7)
    await counted(database, "RXA01", NOW, 1)
    await counted(database, "RXB", NOW, 9)
    keep(database, adt("2"))
    keep(database, adt("3"), state="received")
    (trust, site) = await Integration(database).feeds("RXA", NOW)
    assert (trust.organisation, site.organisation) == ("RXA", "RXA01")
    assert sum(trust.by_hour.values()) == 12
    assert trust.answers == {"AA": 5}
    assert trust.last == NOW - timedelta(hours=2)
    assert (trust.quarantined.messages, trust.received.messages) == (1, 1)
    assert trust.undelivered.messages == 0
    assert trust.lag is None


async def test_the_delivery_lag_is_of_what_needed_nobodys_help(database: str) -> None:
    ids = [keep(database, adt(str(n)), state="delivered") for n in range(4)]
    with psycopg.connect(database) as connection:
        connection.execute(
            "UPDATE adapter.inbox SET state_since = received_at + (id - %s) * interval '1 second'",
            [ids[0] - 1],
        )
        connection.execute("UPDATE adapter.inbox SET releases = 1 WHERE id = %s", [ids[3]])
    (feed,) = await Integration(database).feeds("RXA", NOW)
    assert feed.lag is not None
    assert (feed.lag.messages, feed.lag.median) == (3, 2.0)


async def test_nobody_is_shown_or_releases_anothers(database: str) -> None:
    theirs = Integration(database)
    message_id = keep(database, adt(organisation="RXB"), "RXB")
    for organisation in ("RXA", "RX", "RXBCD1"):
        assert await theirs.feeds(organisation, NOW) == []
        assert await theirs.quarantined(organisation, 0, 10) == []
        with pytest.raises(NotQuarantined):
            await theirs.content(organisation, message_id)
        with pytest.raises(NotQuarantined):
            await theirs.release(organisation, message_id, "")
        assert (await theirs.trial(organisation, "")).tried == ()
    assert row_of(database, message_id)[:2] == ("quarantined", 0)


async def test_a_mended_message_takes_its_place_and_what_came_stays(database: str) -> None:
    feed = Integration(database)
    message_id = keep(database, adt())
    shown = await feed.content("RXA", message_id)
    text = text_of(shown.raw).replace("12345", "67890")
    await feed.release("RXA", message_id, fingerprint(shown), text)
    state, releases, corrected, _ = row_of(database, message_id)
    assert (state, releases) == ("received", 1)
    assert isinstance(corrected, bytes)
    assert corrected == adt(pid3="67890^^^RXA^MR")
    with pytest.raises(NotQuarantined):
        await feed.release("RXA", message_id, fingerprint(shown))


async def test_what_somebody_else_mended_meanwhile_is_not_overwritten(database: str) -> None:
    feed = Integration(database)
    message_id = keep(database, adt())
    shown = fingerprint(await feed.content("RXA", message_id))
    with psycopg.connect(database) as connection:
        connection.execute("UPDATE adapter.inbox SET corrected = %s", [adt("9")])
    with pytest.raises(MessageChanged):
        await feed.release("RXA", message_id, shown, text_of(adt("8")))
    assert row_of(database, message_id)[2] == adt("9")


async def test_a_message_is_not_given_to_another_organisation(database: str) -> None:
    feed = Integration(database)
    message_id = keep(database, adt())
    shown = fingerprint(await feed.content("RXA", message_id))
    with pytest.raises(CannotMend):
        await feed.release("RXA", message_id, shown, text_of(adt(organisation="RXB")))
    assert row_of(database, message_id)[:2] == ("quarantined", 0)


def outcomes(trial: Trial) -> list[tuple[str, dict[str, int]]]:
    return [(one.after.state, dict(one.resources)) for one in trial.tried]


async def test_a_site_file_is_tried_without_changing_anything_then_applied(database: str) -> None:
    feed = Integration(database)
    good, broken = keep(database, adt()), keep(database, adt("2").replace(b"PID|", b"ZZZ|"))
    trial = await feed.trial("RXA", CODES)
    assert [state for state, _ in outcomes(trial)] == ["converted", "quarantined"]
    assert outcomes(trial)[0][1]["Patient"] == 1
    assert trial.is_whole
    assert row_of(database, good)[:2] == row_of(database, broken)[:2] == ("quarantined", 0)
    assert outbox(database) == {}

    assert await feed.apply("RXA", CODES, trial.digest, "999000000001") == 1
    state, releases, corrected, fix = row_of(database, good)
    assert (state, releases, corrected) == ("converted", 1, None)
    assert row_of(database, broken)[0] == "quarantined"
    assert orjson.loads(outbox(database)[good])["resourceType"] == "Bundle"
    with psycopg.connect(database) as connection:
        said = connection.execute(
            "SELECT id, organisation, content, applied_by, released FROM adapter.site_fix"
        ).fetchall()
    assert said == [(fix, "RXA", CODES, "999000000001", 1)]


async def test_what_was_not_tried_is_not_applied(database: str) -> None:
    feed = Integration(database)
    first = keep(database, adt())
    trial = await feed.trial("RXA", CODES)
    second = keep(database, adt("2"))
    with pytest.raises(BacklogChanged):
        await feed.apply("RXA", CODES, trial.digest, "999000000001")
    with pytest.raises(BacklogChanged):
        await feed.apply("RXA", "", trial.digest, "999000000001")
    assert {row_of(database, one)[0] for one in (first, second)} == {"quarantined"}
    assert outbox(database) == {}


@pytest.mark.parametrize("content", ["organisation: RXB\n", "organisations: {RXA: RXB}\n"])
async def test_a_site_file_does_not_make_a_message_anothers(database: str, content: str) -> None:
    feed = Integration(database)
    keep(database, adt())
    trial = await feed.trial("RXA", content)
    (tried,) = trial.tried
    assert not tried.goes_on
    assert tried.after.reason is not None
    assert tried.resources == ()
    with pytest.raises(BacklogChanged):
        await feed.apply("RXA", content, trial.digest, "999000000001")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("nhs-number-in-pid-2: perhaps\n", "Line 1: expected one of"),
        ("codes: [\n", "Line 2"),
        ("time-zone: Europe/London\nunheard-of: 1\n", "Line 2"),
        ("#" * 50_000, "longer than"),
    ],
)
async def test_a_wrong_site_file_is_refused_with_its_line(
    database: str, content: str, said: str
) -> None:
    with pytest.raises(CannotUseSite, match=said) as caught:
        await Integration(database).trial("RXA", content)
    assert "/" not in str(caught.value).replace("Europe/London", "")
