"""The ledger: what it counts is in the inbox, nothing is there twice, live traffic is first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapter import quarantine
from adapter.door import Entry
from adapter.history.judging import LEFT_OUT, Judged
from adapter.history.ledger import REPEATED, AnotherLoad, File, Ledger, Stands, Stretch
from adapter.history.pacing import Pace
from adapter.history.piece import Piece
from adapter.reason import Reason
from adapter.treatment import CONVERTED, NOT_RELEVANT, QUARANTINED

FILE = File.of(["a"], "archive/a.hl7")
BAD = Reason("102", "PID[1]-7", "PID-7 is no date.")


def piece(number: int, text: str) -> Piece:
    return Piece(number, number * 100, text.encode())


def judged(text: str, organisation: str = "RXA") -> Judged:
    """What happens stands in the message."""
    sha256 = text.encode().ljust(32, b".")
    entry = Entry(organisation, text, "A03", text.encode(), sha256)
    match text.split(" ")[0]:
        case "left":
            return Judged(LEFT_OUT, reasons=(BAD,))
        case "bad":
            return Judged(QUARANTINED, entry, reasons=(BAD,))
        case "skip":
            return Judged(NOT_RELEVANT, entry)
        case _:
            return Judged(CONVERTED, entry, b'{"of":"%s"}' % text.encode())


def stretch(
    texts: Sequence[str], was: int = 0, file: File = FILE, *, finished: bool = False
) -> Stretch:
    pieces = [piece(was + n, text) for n, text in enumerate(texts, 1)]
    return Stretch(file, was, pieces, [judged(text) for text in texts], finished)


@pytest.fixture
def ledger(database: str) -> Iterator[Ledger]:
    with closing(Ledger(database)) as opened:
        yield opened


def inbox(database: str) -> dict[str, str]:
    with psycopg.connect(database) as connection:
        query = "SELECT control_id, state FROM adapter.inbox ORDER BY id"
        return dict(connection.execute(query).fetchall())


def outbox(database: str) -> list[bytes]:
    with psycopg.connect(database) as connection:
        query = "SELECT bundle FROM adapter.outbox ORDER BY inbox_id"
        return [bytes(bundle) for (bundle,) in connection.execute(query)]


def test_each_message_comes_to_its_state(database: str, ledger: Ledger) -> None:
    kept = ledger.keep([stretch(["good 1", "bad", "skip", "left", "good 2", "good 1"])])
    assert inbox(database) == {
        "good 1": "converted",
        "bad": "quarantined",
        "skip": "not-relevant",
        "good 2": "converted",
    }
    assert outbox(database) == [b'{"of":"good 1"}', b'{"of":"good 2"}']
    counts = {CONVERTED: 2, QUARANTINED: 1, NOT_RELEVANT: 1, LEFT_OUT: 1, REPEATED: 1}
    assert kept.outcomes == counts
    assert ledger.stands(FILE) == Stands(6, finished=False, outcomes=kept.outcomes)


def test_quarantine_names_file_and_byte(database: str, ledger: Ledger) -> None:
    ledger.keep([stretch(["bad", "left"])])
    with psycopg.connect(database) as connection:
        (waiting,) = quarantine.messages(connection)
    assert waiting.text == "PID-7 is no date. (loaded from archive/a.hl7, byte 100)"
    first, second = ledger.problems(FILE)
    assert (first.number, first.place, first.inbox_id) == (1, 100, waiting.id)
    assert (second.number, second.place, second.inbox_id) == (2, 200, None)


def test_what_came_live_stays_as_it_is(database: str, ledger: Ledger) -> None:
    with psycopg.connect(database) as connection:
        connection.execute(
            "INSERT INTO adapter.inbox (organisation, control_id, trigger, sha256, raw, state)"
            " VALUES ('RXA', 'live', 'A03', %s, 'live', 'delivered')",
            [b"good".ljust(32, b".")],
        )
    assert ledger.keep([stretch(["good"])]).outcomes == {REPEATED: 1}
    assert inbox(database) == {"live": "delivered"}
    assert outbox(database) == []


def test_two_loads_of_one_file_do_not_go_on_beside_each_other(
    database: str, ledger: Ledger
) -> None:
    ledger.keep([stretch(["good 1"])])
    with closing(Ledger(database)) as other, pytest.raises(AnotherLoad, match=r"a[.]hl7"):
        other.keep([stretch(["good 1", "good 2"])])
    assert inbox(database) == {"good 1": "converted"}
    assert ledger.stands(FILE).done == 1


def test_a_finished_file_is_not_begun_again(ledger: Ledger) -> None:
    ledger.keep([stretch(["good 1"], finished=True)])
    assert ledger.stands(FILE).finished
    with pytest.raises(AnotherLoad):
        ledger.keep([stretch(["good 2"], was=1)])
    ledger.forget(FILE)
    assert ledger.keep([stretch(["good 1"])]).outcomes == {REPEATED: 1}


def test_what_is_wrong_with_a_whole_file_counts_no_message(ledger: Ledger) -> None:
    broken = Stretch(FILE, 0, [Piece(0, None, b"")], [Judged(LEFT_OUT, reasons=(BAD,))])
    for _ in range(2):
        assert not ledger.keep([broken]).outcomes
    assert [problem.number for problem in ledger.problems(FILE)] == [0]
    assert ledger.stands(FILE).done == 0


def test_a_row_that_the_database_does_not_take_harms_no_other(
    database: str, ledger: Ledger
) -> None:
    texts = ["good 1", "good\0", "good 2"]
    other = stretch(["good 3"], file=File.of(["b"], "b.hl7"), finished=True)
    kept = ledger.keep([stretch(texts, finished=True), other])
    assert kept.outcomes == {CONVERTED: 3, LEFT_OUT: 1}
    assert list(inbox(database)) == ["good 1", "good 2", "good 3"]
    assert ledger.stands(FILE).finished
    assert [problem.number for _, problem in kept.problems] == [2]


def test_a_load_gives_way_to_live_traffic(database: str, ledger: Ledger) -> None:
    insert = (
        "INSERT INTO adapter.inbox (organisation, control_id, trigger, sha256, raw, state)"
        " VALUES ('RXA', 'live', 'A03', %s, 'live', 'received')"
    )
    with psycopg.connect(database) as live:
        live.execute(insert, [b"good".ljust(32, b".")])
        with pytest.raises(psycopg.errors.LockNotAvailable):
            ledger.keep([stretch(["good"])])
    assert ledger.stands(FILE) == Stands()
    assert ledger.keep([stretch(["good"])]).outcomes == {REPEATED: 1}


def test_waiting_counts_no_further_than_asked(ledger: Ledger) -> None:
    ledger.keep([stretch([f"good {n}" for n in range(5)])])
    assert [ledger.waiting(most) for most in (3, 5, 9)] == [3, 5, 5]
    newest = ledger.newest()
    assert (ledger.undelivered(newest), ledger.undelivered(newest - 1)) == (5, 4)


_TEXTS = st.lists(
    st.sampled_from(["good 1", "good 2", "good 3", "bad 1", "skip 1", "left 1"]), max_size=12
)


@settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(texts=_TEXTS, cut=st.integers(0, 12), others=_TEXTS)
def test_however_it_is_cut_and_repeated_each_message_is_there_once(
    database: str, ledger: Ledger, texts: list[str], cut: int, others: list[str]
) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("TRUNCATE adapter.inbox, adapter.outbox, adapter.history_file CASCADE")
    first, second = File.of(["1"], "1"), File.of(["2"], "2")
    cut = min(cut, len(texts))
    ledger.keep([stretch(texts[:cut], file=first), stretch(others, file=second, finished=True)])
    ledger.keep([stretch(texts[cut:], cut, first, finished=True)])
    expected = {text for text in texts + others if not text.startswith("left")}
    assert set(inbox(database)) == expected
    good = sorted(text for text in expected if text.startswith("good"))
    assert sorted(outbox(database)) == [b'{"of":"%s"}' % text.encode() for text in good]
    assert ledger.stands(first).done == len(texts)
    assert sum(ledger.stands(first).outcomes.values()) == len(texts)


@pytest.fixture
def clock() -> list[float]:
    """A clock that stands still until somebody sets it."""
    return [0.0]


def test_pace_keeps_to_its_rate_and_makes_up_for_nothing(clock: list[float]) -> None:
    now: Callable[[], float] = lambda: clock[0]  # noqa: E731 - a clock in one word
    pace = Pace(10, now)
    waits = [pace.wait(5), pace.wait(5)]
    clock[0] = 0.5
    waits.append(pace.wait(5))
    clock[0] = 100.0
    waits += [pace.wait(5), pace.wait(1)]
    assert waits == [0.0, 0.5, 0.5, 0.0, 0.5]
    assert Pace(None, now).wait(10_000) == 0.0
