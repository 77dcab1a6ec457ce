"""The product as its users run it: `lfd up` on a directory of its own, with the demo's
organisations, spoken to by `lfd` commands and HTTP."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx

import lfd.demo
from adapter.token import Credentials, assertion
from conformance import canonical
from lfd.keys import private_key, public_key
from nhs import addresses
from nhs.nhs_number import of_test_range

Resource = dict[str, Any]
TRUST, CLIENT, BOARD_CLIENT = "ZT1", "conformance", "conformance-board"
BOARD = "ZB1"
PATIENCE = 120.0
LOOK_EVERY = 0.1
_DEMO = files(lfd.demo)
# One person's stay and death, of the demo; each telling is about a person of its own.
_STORY = ("01-admitted-as-an-emergency.hl7", "02-died-in-hospital.hl7")
_TOLD = {"number": "9990000018", "hospital": "A100418", "visit": "N2600412", "message": "ZT1-01"}


class NotRunning(Exception):
    """The product did not start, or did not do what every suite needs of it; says what."""


@dataclass(frozen=True, slots=True)
class Death:
    """Somebody new, by their NHS number, and the messages that say that they came into the trust's
    hospital and died there."""

    number: str
    messages: tuple[str, ...]


@dataclass
class Product:
    """A running `lfd up`."""

    folder: Path
    http: str
    mllp: str
    _numbers: Iterator[str]

    @property
    def origin(self) -> str:
        """Where it serves HTTP."""
        return f"http://{self.http}"

    @property
    def base(self) -> str:
        """The FHIR base address."""
        return f"{self.origin}/fhir"

    def lfd(self, *words: str) -> str:
        """Takes the words of an `lfd` command; runs it to its end and returns what it printed.
        NotRunning where it fails."""
        done = subprocess.run(
            [sys.executable, "-m", "lfd", *words], capture_output=True, text=True, timeout=PATIENCE
        )
        if done.returncode != 0:
            raise NotRunning(f"lfd {words[0]} failed: {done.stderr.strip()}")
        return done.stdout

    def register(self, client: str, organisation: str, role: str) -> None:
        """Takes a client's id, whom it acts for and in which role; registers its key."""
        public = self.folder / f"{client}.pub.pem"
        public.write_text(public_key(private_key(self._key(client))))
        who = ["--organisation", organisation, "--role", role, "--public-key", str(public)]
        self.lfd("client", "add", client, *who, "--data", str(self.folder / "data"))

    def token(self, client: str = CLIENT) -> str:
        """Takes a client; returns a new access token of it, good for five minutes."""
        key = str(self._key(client))
        return self.lfd("token", "--client", client, "--key", key, "--url", self.origin).strip()

    def assertion(self, client: str = CLIENT) -> str:
        """Takes a client; returns a signed JWT with which it can get one token."""
        credentials = Credentials(client, private_key(self._key(client)))
        return assertion(credentials, f"{self.origin}/oauth2/token", int(time.time()))

    def tell_of_a_death(self) -> str:
        """Has the trust's system say that somebody new died in its hospital; returns the NHS
        number once a review is proposed to the trust."""
        death = self.next_death()
        file = self.folder / "messages.hl7"
        file.write_text("".join(death.messages), encoding="utf-8", newline="")
        self.lfd("send", str(file), "--to", self.mllp)
        self.wait_for_review(death.number)
        return death.number

    def next_death(self) -> Death:
        """Returns a death of which nobody has told yet."""
        number = next(self._numbers)
        serial = number[3:9]
        new = [number, f"C{serial}", f"CV{serial}", f"C-{serial}-"]
        messages: list[str] = []
        for name in _STORY:
            text = (_DEMO / "story" / name).read_text(encoding="utf-8")
            for old, word in zip(_TOLD.values(), new, strict=True):
                text = text.replace(old, word)
            messages.append(text.replace("\n", "\r"))
        return Death(number, tuple(messages))

    def wait_for_review(self, number: str) -> None:
        """Takes an NHS number; returns once a review of that death is proposed. NotRunning: there
        is none after a while."""
        asked = {"patient.identifier": f"{addresses.NHS_NUMBER}|{number}"}
        headers = {"Authorization": f"Bearer {self.token()}"}
        until = time.monotonic() + PATIENCE
        with httpx.Client(headers=headers, timeout=PATIENCE) as client:
            while time.monotonic() < until:
                found = client.get(f"{self.base}/Task", params=asked).json()
                if any(e["resource"]["status"] == "requested" for e in found.get("entry", [])):
                    return
                time.sleep(LOOK_EVERY)
        raise NotRunning("a death was told, and no review came of it")

    def _key(self, client: str) -> Path:
        return self.folder / f"{client}.pem"


@contextmanager
def running(folder: Path) -> Generator[Product]:
    """Takes an empty directory; gives the product, ready, with a provider's and a board's client
    registered, and stops it at the end. NotRunning: it does not start."""
    http, mllp = (f"127.0.0.1:{_free_port()}" for _ in range(2))
    words = ["up", "--data", str(folder / "data"), "--http", http, "--mllp", mllp]
    with (folder / "product.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "lfd", *words], stdout=log, stderr=log, start_new_session=True
        )
    try:
        product = Product(folder, http, mllp, of_test_range(700_000))
        _wait_ready(product, process)
        directory = folder / "organisations.csv"
        directory.write_bytes((_DEMO / "organisations.csv").read_bytes())
        product.lfd("organisation", "load", str(directory), "--data", str(folder / "data"))
        product.register(CLIENT, TRUST, "provider")
        product.register(BOARD_CLIENT, BOARD, "icb")
        yield product
    finally:
        process.terminate()
        process.wait(PATIENCE)


def concern(number: str) -> Resource:
    """Takes an NHS number; returns a concern about that person's death, as a client raises it."""
    kinds = ("medical-examiner-referral", "recommended-case-record-review")
    return {
        "resourceType": "ServiceRequest",
        "status": "active",
        "intent": "proposal",
        "subject": {"identifier": {"system": addresses.NHS_NUMBER, "value": number}},
        "reasonCode": [
            {"coding": [{"system": canonical.CONCERN_KIND, "code": kind}]} for kind in kinds
        ],
        "note": [{"text": "The family asks why the transfer took so long."}],
    }


def _wait_ready(product: Product, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx.get(f"{product.origin}/readyz", timeout=10).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(LOOK_EVERY)
    said = (product.folder / "product.log").read_text(errors="replace")[-2000:]
    raise NotRunning(f"lfd up is not ready: {said}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
