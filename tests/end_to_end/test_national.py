"""`lfd up` with the national services' stand-in: a death that only the nation knows."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from joserfc.jwk import RSAKey

from conformance.national_stand_in.application import DEMOGRAPHICS, TOKEN
from tests.end_to_end.adt import Person, Stay, new_nhs_number
from tests.end_to_end.exchange import PATIENCE, Exchange
from tests.end_to_end.telling import lead, relation, tasks
from tests.registry.national.conftest import CLIENT, KEY_ID, serving_nation

DIED = "2026-01-22"


@pytest.mark.timeout(300)
def test_a_death_that_only_the_nation_knows_reaches_the_trust(tmp_path: Path) -> None:
    key = tmp_path / "application.pem"
    made = RSAKey.generate_key(2048, private=True)
    key.write_bytes(made.as_pem(private=True))
    number = new_nhs_number()
    person = Person("RT1", number, f"A{number}")
    left = Stay(f"V{number}", "20260105090000", "20260110093000", "1", "19")
    with serving_nation(made) as nation:
        options = ["--pds-url", nation.url + DEMOGRAPHICS, "--pds-token-url", nation.url + TOKEN]
        options += ["--pds-client", CLIENT, "--pds-key", str(key), "--pds-key-id", KEY_ID]
        exchange = Exchange(tmp_path / "data", options)
        exchange.start()
        try:
            exchange.load_directory()
            (answer,) = exchange.send(person.message("A03", "20260110100000", stay=left))
            assert answer.split("|")[1] == "AA"
            exchange.wait_settled()
            assert tasks(exchange, number) == []
            nation.says(number, status="2", died=DIED)
            with exchange.client("X26", "national") as messenger:
                event = {
                    "specversion": "1.0", "id": "1", "source": "test", "subject": number,
                    "type": "pds-death-notification-2", "time": "2026-01-25T13:00:00Z",
                }  # fmt: skip
                door = f"{exchange.url}/national/events"
                taken = messenger.post(
                    door, json=event, headers={"Content-Type": "application/cloudevents+json"}
                )
            assert taken.status_code == 202, taken.text
            until = time.monotonic() + PATIENCE
            while not tasks(exchange, number):
                assert time.monotonic() < until, "the registry has not read it"
                time.sleep(0.05)
            (review,) = tasks(exchange, number)
            assert lead(review) == "RT1"
            assert relation(review)
        finally:
            exchange.stop()
    assert number not in exchange.log()
