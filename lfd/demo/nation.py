"""The nation of the demo: a stand-in for its services, which knows of a death that no trust of the
story does, and the event by which it says so.

An event is only a pointer: the registry reads the record that it points to, from the stand-in.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from joserfc.jwk import RSAKey

from conformance.national_stand_in.application import DEMOGRAPHICS, FLAGS, TOKEN
from lfd.demo.asking import Asking, by_nhs_number
from lfd.demo.children import Order
from lfd.endpoint import Endpoint
from lfd.failure import Failure

PEOPLE = Path(__file__).with_name("nation.json")
EVENT = "pds-death-notification-2"
READ_WITHIN = 30.0
LOOK_EVERY = 0.05
_CLIENT, _KEY_ID = "lfd", "lfd-1"
_BITS = 2048


@dataclass(frozen=True, slots=True)
class Told:
    """An event that the registry took: its type, and whom it is about."""

    event: str
    person: str
    what: str


@dataclass(frozen=True, slots=True)
class Nation:
    """Where the stand-in serves, and the application's private key with its public half."""

    http: Endpoint
    key: Path
    public_key: Path

    @classmethod
    def at(cls, http: Endpoint, keys: Path) -> Nation:
        """Takes where it serves and the directory of keys; returns it, its key made where there is
        none. Failure: a key can be neither read nor made."""
        key = keys / "national-application.pem"
        made = cls(http, key, key.with_suffix(".pub.pem"))
        try:
            made.public_key.write_bytes(_read_or_make(key).as_pem(private=False))
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or "is none; delete it, and another is made"
            raise Failure(f"the key {key}: {why}") from error
        return made

    @property
    def order(self) -> Order:
        """The process to run."""
        words = ["--port", str(self.http.port), "--client", _CLIENT, "--key-id", _KEY_ID]
        words += ["--public-key", str(self.public_key), "--people", str(PEOPLE)]
        probe = f"http://{self.http}/stand-in/asked"
        return Order("national services", words, probe, "lfd.demo.nation_child")

    @property
    def options(self) -> list[str]:
        """The options of a registry that reads it."""
        base = f"http://{self.http}"
        words = ["--pds-url", base + DEMOGRAPHICS, "--pds-token-url", base + TOKEN]
        words += ["--flags-url", base + FLAGS]
        return [
            *words,
            "--pds-client",
            _CLIENT,
            "--pds-key",
            str(self.key),
            "--pds-key-id",
            _KEY_ID,
        ]


async def tell(national: Asking, trust: Asking, names: Mapping[str, str]) -> list[Told]:
    """Takes the client that passes the nation's events on, the trust that will be told, and the
    names of the people by NHS number; sends an event about each that the nation knows to have died.
    Returns them once the registry has read what it points to. Failure: it does not."""
    numbers: list[str] = list(json.loads(PEOPLE.read_text()))
    for number in numbers:
        await national.send("/national/events", _event(number), "application/cloudevents+json")
    for number in numbers:
        await _read(trust, number)
    return [Told(EVENT, names[number], "Died, says the national record") for number in numbers]


def _read_or_make(path: Path) -> RSAKey:
    """RSA, as the platform wants it; only the owner can read the file."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_bytes(RSAKey.generate_key(_BITS, private=True).as_pem(private=True))
        fresh.replace(path)
    return RSAKey.import_key(path.read_bytes())


def _event(number: str) -> dict[str, str]:
    return {
        "specversion": "1.0",
        "id": str(uuid5(NAMESPACE_URL, f"{EVENT} {number}")),
        "source": "https://fhir.nhs.uk/Id/nhsSpineASID/999999999999",
        "type": EVENT,
        "time": "2026-03-05T10:00:00Z",
        "subject": number,
    }


async def _read(trust: Asking, number: str) -> None:
    try:
        async with asyncio.timeout(READ_WITHIN):
            while True:
                if await trust.search("Observation", [by_nhs_number(number)]):
                    return
                await asyncio.sleep(LOOK_EVERY)
    except TimeoutError as error:
        text = f"the registry has not read the national record within {READ_WITHIN:.0f} seconds"
        raise Failure(f"{text}: see the logs") from error
