"""Conversion in a process of its own, which may die at any time: nothing is lost or left behind."""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Callable
from concurrent.futures.process import BrokenProcessPool
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import psycopg
import pytest

from adapter import rules
from adapter.acknowledgement import read_answer
from adapter.door import Door
from adapter.metrics import Metrics
from adapter.mllp.client import Client
from adapter.mllp.server import Listening
from adapter.service import Adapter, Settings
from adapter.token import Credentials
from adapter.treatment import CONVERTED, QUARANTINED, Treat, Treated
from adapter.treatment_process import TreatmentProcess
from mappings import Site

HERE = "127.0.0.1"


def treat(raw: bytes) -> Treated:
    """Says which process treated it; `die` ends that process, `fail` is a fault in the rules."""
    if raw == b"die":
        os._exit(1)
    if raw == b"fail":
        raise ValueError("a secret")
    return Treated(CONVERTED, b"%d %s" % (os.getpid(), raw))


def wait_for(gate: Path, _raw: bytes) -> Treated:
    while not gate.exists():
        time.sleep(0.01)
    return Treated(CONVERTED, b"{}")


class NeverMade:
    """Rules that cannot be made in a new process."""

    def __call__(self, raw: bytes) -> Treated:
        raise AssertionError(raw)

    def __reduce__(self) -> tuple[Callable[[int], None], tuple[int]]:
        return os._exit, (1,)


@asynccontextmanager
async def process(treat: Treat) -> AsyncGenerator[TreatmentProcess]:
    made = TreatmentProcess(treat)
    try:
        yield made
    finally:
        made.close()


def said(treated: list[Treated]) -> list[tuple[int, bytes]]:
    """Which process treated each, and what it was given."""
    parts = [(one.bundle or b"0 ").split(b" ") for one in treated]
    return [(int(pid), text) for pid, text in parts]


async def test_messages_are_treated_elsewhere_and_in_order() -> None:
    async with process(treat) as made:
        found = said(await made.treat([b"a", b"b"])) + said(await made.treat([b"c"]))
    assert [text for _, text in found] == [b"a", b"b", b"c"]
    (pid,) = {pid for pid, _ in found}
    assert pid != os.getpid()


async def test_a_killed_process_is_replaced() -> None:
    async with process(treat) as made:
        ((first, _),) = said(await made.treat([b"a"]))
        os.kill(first, signal.SIGKILL)
        ((second, text),) = said(await made.treat([b"b"]))
    assert text == b"b"
    assert second != first


async def test_a_message_that_kills_or_fails_takes_no_other_with_it() -> None:
    async with process(treat) as made:
        treated = await made.treat([b"a", b"die", b"fail", b"b"])
    assert [one.state for one in treated] == [CONVERTED, QUARANTINED, QUARANTINED, CONVERTED]
    reasons = [one.reason.text for one in treated if one.reason]
    assert ["BrokenProcessPool" in reasons[0], "ValueError" in reasons[1]] == [True, True]
    assert "secret" not in reasons[1]


async def test_where_no_process_lives_no_message_is_blamed() -> None:
    async with process(NeverMade()) as made:
        with pytest.raises(BrokenProcessPool):
            await made.treat([b"a"])


def test_the_rules_of_a_site_can_be_sent(tmp_path: Path, adt: Callable[..., bytes]) -> None:
    rows = "z-segments:\n  Encounter:\n    - ZLW-3 -> serviceType as CodeableConcept(specialty)\n"
    (tmp_path / "site.yaml").write_text(f"organisation: RT9\n{rows}")
    treatment = rules.treatment(Site.load(tmp_path / "site.yaml"))
    sent = pickle.loads(pickle.dumps(treatment))
    raw = adt("1") + b"PV1|1|I|||||||||||||||||V1\rZLW|1||100\r"
    assert sent(raw) == treatment(raw)
    assert sent(raw).organisation == "RT9"


def test_it_ends_with_its_parent_even_when_that_is_killed() -> None:
    script = (
        "import asyncio, sys\n"
        "from adapter.treatment_process import TreatmentProcess\n"
        "from tests.adapter.test_treatment_process import treat\n"
        "async def main():\n"
        "    made = TreatmentProcess(treat)\n"
        "    await made.treat([b'a'])\n"
        "    print('ready', flush=True)\n"
        "    await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"ready\n"
        parent.kill()
        # The child has the pipe too: it closes when the last of them is gone.
        assert parent.stdout.read() == b""


async def test_no_answer_waits_for_a_conversion(
    database: str, door: Door, metrics: Metrics, adt: Callable[..., bytes], tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    settings = Settings(
        database,
        "http://127.0.0.1:9/fhir",
        Credentials("rxa", ""),
        listening=Listening(HERE, 0),
        converts_aside=True,
    )
    async with Adapter(settings, door, partial(wait_for, gate), metrics) as adapter:
        async with Client(HERE, adapter.mllp_port) as client:
            for number in range(3):
                answer = await client.send(adt(str(number)))
                assert read_answer(answer).code == "AA"
        assert _states(database) == ["received"] * 3
        gate.touch()
        async with asyncio.timeout(60):
            while _states(database) != [CONVERTED] * 3:
                await asyncio.sleep(0.02)


def _states(database: str) -> list[str]:
    with psycopg.connect(database) as connection:
        query = "SELECT state FROM adapter.inbox ORDER BY id"
        return [str(state) for (state,) in connection.execute(query)]
