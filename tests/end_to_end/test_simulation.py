"""A synthetic area through a real exchange: all that its messages show is found, in any order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from adapter import er7
from lfd.keys import private_key, public_key
from tests.end_to_end.exchange import Exchange, lfd

# This seed has something to find in every row of the table.
SEED, PEOPLE = "4", "80"
SENT_TOGETHER = 200


@pytest.fixture(scope="module")
def area(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("area")
    size = ["--seed", SEED, "--people", PEOPLE, "--rates", "dense"]
    lfd("simulate", "generate", "--out", str(out), *size)
    return out


@pytest.fixture
def own_exchange(area: Path, tmp_path: Path) -> Iterator[Exchange]:
    """An exchange of its own, since the people of an area are the same each time.

    It does not forget them, although their years are long past.
    """
    running = Exchange(tmp_path / "data", options=["--forget-allowance-days", "36500"])
    running.start()
    lfd("organisation", "load", str(area / "organisations.csv"), "--data", str(running.data))
    yield running
    assert running.stop() == 0, running.log()


def in_sending_order(area: Path) -> list[bytes]:
    """All messages by MSH-7: each trust's own file is in this order."""
    messages = [m for file in sorted(area.glob("*.hl7")) for m in er7.split(file.read_bytes())]
    return sorted(messages, key=lambda message: er7.read(message).header.text(7))


def shuffled(area: Path) -> list[bytes]:
    messages = in_sending_order(area)
    Random("shuffled").shuffle(messages)
    return messages


@pytest.mark.timeout(300)
@pytest.mark.parametrize("order", [in_sending_order, shuffled])
def test_all_that_the_messages_show_is_found(
    own_exchange: Exchange, area: Path, tmp_path: Path, order: Callable[[Path], list[bytes]]
) -> None:
    messages = order(area)
    for first in range(0, len(messages), SENT_TOGETHER):
        file = tmp_path / "messages.hl7"
        file.write_bytes(b"".join(messages[first : first + SENT_TOGETHER]))
        lfd("send", str(file), "--to", own_exchange.mllp)
    own_exchange.wait_settled()
    quarantined = "SELECT count(*) FROM adapter.inbox WHERE state = 'quarantined'"
    assert own_exchange.rows(quarantined) == [(0,)]

    scored = lfd(*as_the_board(own_exchange, area, tmp_path), check=False)
    assert scored.returncode == 0, scored.stdout + scored.stderr
    rows = [line for line in scored.stdout.split("\n\n")[0].splitlines()[1:] if line]
    assert len(rows) > 8
    assert {row.split()[-1] for row in rows} == {"100%"}
    deaths = next(row for row in rows if row.startswith("deaths in scope")).split()
    assert int(deaths[3]) > 30


def as_the_board(running: Exchange, area: Path, tmp_path: Path) -> list[str]:
    """The words that score the area, with a client made for it."""
    key, public = tmp_path / "board.pem", tmp_path / "board.pub.pem"
    public.write_text(public_key(private_key(key)))
    who = ["--organisation", "ZQ1", "--role", "icb", "--public-key", str(public)]
    lfd("client", "add", "board", *who, "--data", str(running.data))
    asking = ["--url", running.url, "--client", "board", "--key", str(key)]
    return ["simulate", "score", "--truth", str(area / "truth.jsonl"), *asking]
